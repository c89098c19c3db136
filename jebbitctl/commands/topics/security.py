"""``help security``."""

from __future__ import annotations

from jebbitctl.commands.topics.layout import table

STORED = {
    "client secret": "the operating system's keyring (macOS Keychain, Windows Credential Locker, "
    "Secret Service); never a file: plaintext and null keyrings are refused",
    "client id, URLs, default business": "config.toml in the configuration directory, mode 0600",
    "access tokens": "tokens/ in the configuration directory, mode 0600; not used if "
    "others can read them or you do not own them",
    "ids and endpoints for completion": "completion/ in the configuration directory, mode 0600; used for "
    "five minutes, removed by logout",
    "shared secrets": "nowhere, except in files that you ask for with --secret-file or "
    "--secrets-dir, mode 0600",
    "deliveries (visitors' answers)": "nowhere, except in the file of listen --record, mode 0600",
}

_DIRECTORY = """\
The configuration directory is ~/.config/jebbitctl on Linux,
~/Library/Application Support/jebbitctl on macOS, %LOCALAPPDATA%\\jebbitctl on
Windows, or JEBBIT_CONFIG_DIR. If the credentials come from the environment,
only the access token is stored, and the keyring is not used. The tests run
against a real Secret Service; the keyrings of macOS and Windows are untested.

jebbitctl waits 3 seconds for the keyring. Unlock it first if your desktop
asks for that.
"""

_TEXT = """\
HOW TO PASS SECRETS

No option takes a secret as its value, since other users can see options with
ps. A secret comes from a prompt that does not echo, standard input
(--client-secret-stdin, --secret-stdin), a file (--secret-file), the
environment or the keyring.

WHAT IS SHOWN

A shared secret prints as ********, except by `integrations create` without
--secret-file (Jebbit may show it only once), `integrations secret` and
--show-secret. `token` prints an access token, and `api` prints responses as
they come. Error messages contain no secrets. A bug prints one line without
values.

--debug logs each request to standard error: method, URL, status, duration and
the first 500 characters of a JSON body, but no headers. Secrets and tokens
are masked by name (client_secret, access_token, shared_secret and so on), and
wherever a response repeats one that is in use. Endpoints and other attributes
are shown: read the log before you share it.

WHAT IS SENT

There is no telemetry. jebbitctl talks to Jebbit's API, Jebbit's token issuer
and the endpoints that you name, and to nothing else.

Requests to Jebbit use HTTPS; plain HTTP is allowed to this machine only. A
delivery that you send with `webhooks` may go to any URL; the secret itself is
never in it. Certificates are verified against the system's and those that
come with requests, or against REQUESTS_CA_BUNDLE alone. Redirects are not
followed, cookies and ~/.netrc are ignored, and further pages are only fetched
from the same server. Each call has one deadline (JEBBIT_TIMEOUT), and a
response may have at most 64 MiB.

A POST, PUT or PATCH is repeated only if it certainly was not applied: no
connection was made, or the response was 429. GET and DELETE are safe to
repeat, so they are also repeated after a lost connection, 502, 503 and 504.

Text from Jebbit is escaped: terminal escape sequences in it have no effect.

HOW TO REPORT A VULNERABILITY

Use the private advisory form of the repository's host (Security, then Report
a vulnerability), not a public issue. Give the output of `jebbitctl --version`
and the steps to reproduce it, if possible with `jebbitctl sandbox`. Leave out
secrets and tokens, and rotate any that have leaked. Fixes are made for the
latest version only.
"""


def text() -> str:
    """Return what is stored, shown and sent, and how to report a vulnerability."""
    return f"WHAT IS STORED\n\n{table(STORED.items())}\n\n{_DIRECTORY}\n{_TEXT}"
