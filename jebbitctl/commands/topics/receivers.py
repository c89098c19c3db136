"""``help receivers``."""

from __future__ import annotations

import textwrap

from jebbitctl.commands.topics.layout import table
from jebbitctl.webhooks.probes import PROBES
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, TOLERANCE, Reason

RECEIVER = """\
from pathlib import Path

import waitress

from jebbitctl.webhooks import verify

SECRET = Path("webhook.secret").read_text().strip()


def app(environ, start_response):
    body = environ["wsgi.input"].read()  # the raw bytes, before any parsing
    header = environ.get("HTTP_X_JEBBIT_SIGNATURE")
    is_post = environ["REQUEST_METHOD"] == "POST"
    genuine = is_post and verify(SECRET, body, header)
    if genuine and "HTTP_X_JEBBIT_TEST" not in environ:
        print("a visitor's answers:", body)
    start_response("200 OK" if genuine else "403 Forbidden", [])
    return [b""]


if __name__ == "__main__":
    waitress.serve(app, listen="127.0.0.1:8080")
"""
"""A correct receiver, as a module to save and run."""

MEANINGS = {
    Reason.OK: "genuine and recent",
    Reason.MALFORMED_HEADER: "the header is missing or cannot be parsed",
    Reason.STALE: f"signed more than {TOLERANCE} seconds ago",
    Reason.FUTURE: f"signed more than {TOLERANCE} seconds in the future",
    Reason.MISMATCH: "the signature does not belong to this body and secret",
}

TOOLS = """\
jebbitctl webhooks check http://127.0.0.1:8080/ --secret-file webhook.secret
jebbitctl webhooks listen --integration L5m24mjs --record monday.jsonl \\
  --forward-to http://127.0.0.1:8080/
jebbitctl webhooks replay monday.jsonl --to http://127.0.0.1:8080/ --re-sign \\
  --secret-file webhook.secret
"""

EXPLAIN = """\
printf %s Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd > example.secret
printf '{}\\n' | jebbitctl webhooks verify --secret-file example.secret \\
  --signature 't=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw=' \\
  --at 1700000000 --explain
"""
"""A command whose body ends in a newline that was not signed."""

EXPLAINED = """\
ok           false
reason       mismatch
timestamp    1700000000
age_seconds  0
explanation  The body ends with a newline that was not there when it was
             signed.
fix          Remove the newline. Editors and echo add one; printf does not.
             Verify the raw bytes of the request, before anything decodes,
             parses or changes them.
error: invalid signature: mismatch
"""
"""What ``EXPLAIN`` prints on a terminal with 78 columns."""

_SCHEME = f"""\
SIGNATURE

Jebbit sends each delivery as a POST with this header:

  {SIGNATURE_HEADER}: t=<unix seconds>,v1=<signature>

The signature is the Base64 of an HMAC-SHA256. Its key is the integration's
shared secret, and its message is "<t>." followed by the raw body.

A receiver must
  - verify the signature over the raw bytes of the body, before any parsing
  - refuse a timestamp that is more than {TOLERANCE} seconds away from now
  - return 2xx quickly, and do slow work afterwards
  - discard deliveries with the header {TEST_HEADER}: they hold sample data
  - accept the same delivery twice: a sender may repeat it

PYTHON

Save this as receiver.py, and the shared secret as webhook.secret:
"""

_PYTHON = """\
verify(secret, body, header) never raises on anything that the sender
controls. Its result is true if the delivery is genuine, and has reason,
timestamp and age_seconds. secret may be a list, such as the old and the new
one. header may be str, bytes, a list of them, or None. A body that is text is
a TypeError. sign(secret, body) returns a value for the header. The
reasons:
"""

_OTHERS = """\
OTHER LANGUAGES

In Node and other languages, compute the HMAC over the raw bytes, so take them
before a framework parses the body (express.raw() in Express). Compare
signatures in constant time, with crypto.timingSafeEqual or its equivalent.

TOOLS

`webhooks check` tells whether an endpoint is a correct receiver; `listen`
receives, verifies, records and forwards; `replay` sends a recording again:
"""

_LISTEN = """\
LISTEN AND RECORDINGS

`listen --forward-to URL` passes valid deliveries on to your app: the same bytes
and headers, with the path and query of the request appended to the URL. The
sender gets the app's response, 502 if the app cannot be reached, and 504 if it
takes longer than --forward-timeout. --ack answers 200 first. A delivery that
comes back to the receiver that forwarded it gets 508.

`listen --record FILE` appends valid deliveries to FILE, each as a line of JSON.
`list`, `show`, `stats` and `export` print them. `inspect` shows them on a page
in the browser, where they can be edited, signed and sent again; so does
`listen --inspect` as they come. Recordings hold personal data: keep them
private, or mask them with --mask, which `list`, `show` and `export` have, too.
A masked delivery can be replayed with --re-sign only.
"""

_CHECK = """\
CHECK

`webhooks check` sends these deliveries, in this order:
"""

_CHECK_RULES = """\
Forged deliveries have a fresh timestamp: some receivers would refuse an old
one without looking at the signature. A refusal (400, 401, 403 or 422) counts
only if the same delivery with the right signature is accepted right after it.
For GET, any 4xx counts; for another content type, 415 counts as well. After
other responses, such as 404, 429, 5xx or a redirect, the result is "unknown".

If a valid delivery is not accepted, `check` finds out why: from the
connection, the status or the clock, or by signing as receivers with the usual
bugs do. A bug that it names is proven: the endpoint accepts its signatures
each time, and neither correct nor forged ones.

If no delivery reaches the endpoint at all, `integrations diagnose ID` follows
a lead from the campaign to the endpoint. With --receipts FILE it tells whether
Jebbit's deliveries arrive. FILE is a recording, or a log that your endpoint
writes, with a line of JSON for each request:

  {"time": "2026-01-31T12:00:00Z",
   "headers": {"x-jebbit-signature": "t=1769860800,v1=..."},
   "body": "the exact text that came"}

The body may be Base64, with "isBase64Encoded": true. The events of an AWS
Lambda function, one in a line, are such a log. Other lines are ignored.

--only and --skip choose probes, and --junit FILE writes the results for a CI
system. The probe live is sent only with --live: it leaves a real record.
"""

_EXPLAIN = """\
The shared secret comes from --integration ID (which asks Jebbit),
--secret-file, --secret-stdin or JEBBIT_WEBHOOK_SECRET, never from the command
line itself.

REFUSED SIGNATURES

If a receiver refuses a signature, `webhooks verify --explain` tries the usual
causes, alone and two at a time: changes of the body, the header or the secret,
JSON parsed and written again by the libraries of six languages, other ways to
sign, and clocks. It names the cause that the signature proves. A value that
only looks wrong, such as a body that breaks off, is a suspicion: "may". In
JSON, "proven" is then false.

Header and body come from --signature and --body, or from a captured request
with --request FILE: raw HTTP, the output of curl --trace, a HAR file, a Lambda
event or a line of a recording. --all-integrations finds the integration whose
secret made the signature.

For example:
"""


def text() -> str:
    """Return the signature scheme, a receiver in Python, and the tools to test one."""
    reasons = table((reason.value, MEANINGS[reason]) for reason in Reason)
    probes = table((probe.name, probe.expectation) for probe in PROBES)
    explained = textwrap.indent(f"{EXPLAIN}\n{EXPLAINED}", "  ")
    return "\n".join(
        [
            _SCHEME,
            RECEIVER,
            f"{_PYTHON}\n{reasons}\n",
            f"{_OTHERS}\n{textwrap.indent(TOOLS, '  ')}",
            _LISTEN,
            f"{_EXPLAIN}\n{explained}",
            f"{_CHECK}\n{probes}\n",
            _CHECK_RULES,
        ]
    )
