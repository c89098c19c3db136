"""The probes that tell a correct receiver from one that only seems to work.

Bodies have the shape of Jebbit's sample, for endpoints that validate a schema. Forged signatures have a fresh
timestamp: an endpoint that reads the clock first would refuse an old one without looking at the signature.
"""

from __future__ import annotations

import base64
import hmac
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.text import escape_controls
from jebbitctl.webhooks.probe_requests import Probe, ProbeKind, ProbeRequest
from jebbitctl.webhooks.sender import SAMPLE_BODY
from jebbitctl.webhooks.signature import TOLERANCE, compute_signature, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.webhooks.probe_target import ProbeTarget

MAX_RESPONSE_SECONDS = 5.0
"""The longest acceptable response time."""
STALE_AGE = TOLERANCE + 30
"""Seconds; a clock that is a little behind still finds this too old."""
_DAY = 24 * 60 * 60
_FUTURE = 60 * 60
_LARGE_BODY_BYTES = 256 * 1024
_PREFIX_LENGTHS = (1, 8, 40)
"""Characters of ``v1``. All 43 without the padding would be the right signature for some decoders."""
_HALF = 22
"""Characters of ``v1``."""
_MISSING_SECRETS = (b"", b"undefined", b"null", b"None")
"""Keys of a receiver that also tries a secret that is not set."""
_MALFORMED_HEADERS = (
    "nonsense",
    "=,=,,=",
    "t=,v1=",
    "v1=AAAA",
    "t=soon,v1=AAAA",
    "t=\u00e9,v1=\u00fc",
    "t={now},v1",
    "t={now},v1=AAAA",
    "t={now},v1=!",
    "t={now},v1=\u00fc",
    "t={now},,v1=AAAA",
)
_TEXT, _FORM = "text/plain", "application/x-www-form-urlencoded"

_NO_DATA = "Jebbit's deliveries are not accepted. No data arrives."
_NO_LIVE_DATA = "Real deliveries are not accepted, though test deliveries are. No data arrives."
FORGERY = "Anyone who finds the URL can send you forged leads."
LIVE_FORGERY = (
    "Anyone who finds the URL can send you forged leads. This one was accepted as a real one: remove the"
    ' record of test@example.com with "webhooks check" in it.'
)
_NOT_RAW = "The endpoint seems to verify something else than the raw bytes. Real deliveries get lost."
REPLAY = "Anyone who once saw a delivery, in a log or a proxy, can send it again forever."
_EARLY = (
    "A delivery signed for a later time can be sent again until then. Jebbit's own example accepts it, too."
)


def _body(name: str) -> bytes:
    """Return Jebbit's sample with a value of its own, so that endpoints do not see repeats."""
    return SAMPLE_BODY.replace(b"attribute_value", f"jebbitctl webhooks check: {name}".encode())


def _data(name: str) -> bytes:
    """Return the ``data`` of a body."""
    return _body(name).removeprefix(b'{"data":').removesuffix(b',"event":{"event_number":0}}')


def _large_body() -> bytes:
    answer = '"option %05d",'
    count = _LARGE_BODY_BYTES // len(answer % 0)
    answers = "".join(answer % number for number in range(count))
    return _body("large-body").replace(b'["option 1"', f'[{answers}"option 1"'.encode())


def _from_right_signature(make: Callable[[int, str], str]) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that makes a header from the time and the right ``v1``."""

    def signature(target: ProbeTarget, body: bytes) -> str:
        now = int(time.time())
        return make(now, compute_signature(target.secret, now, body))

    return signature


def _fresh(template: str) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that puts the time and a forged signature into a header."""
    return lambda _, body: template.format(
        now=(now := int(time.time())), forged=compute_signature("a guess", now, body)
    )


def _prefix(length: int) -> Callable[[ProbeTarget, bytes], str]:
    return _from_right_signature(lambda now, v1: f"t={now},v1={v1[:length]}")


def _half_right(make: Callable[[str, str], str]) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that makes a header whose ``v1`` is partly right, and has the right length."""

    def header(target: ProbeTarget, body: bytes) -> str:
        now = int(time.time())
        right, wrong = (compute_signature(key, now, body) for key in (target.secret, f"not {target.secret}"))
        return f"t={now},v1={make(right, wrong)}"

    return header


def _unsigned(_: ProbeTarget, __: bytes) -> None:
    return None


def _tampered(name: str) -> ProbeRequest:
    """Return a body that is different in one letter from the one that is signed."""
    signed = _body(name)
    return ProbeRequest(signed.replace(b"webhooks", b"Webhooks"), lambda target, _: target.sign(signed))


def _of_another_secret(target: ProbeTarget, body: bytes) -> str:
    return sign(f"not {target.secret}", body)


def _of_key(key: bytes) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that signs with a key, which may be empty."""

    def header(_: ProbeTarget, body: bytes) -> str:
        now = int(time.time())
        digest = hmac.new(key, f"{now}.".encode() + body, "sha256").digest()
        return f"t={now},v1={base64.b64encode(digest).decode('ascii')}"

    return header


def _old_with_fresh_time(*, fresh_first: bool) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that adds the time to the header of an old signature, as a forger could."""

    def header(target: ProbeTarget, body: bytes) -> str:
        fresh, seen = f"t={int(time.time())}", target.sign(body, age=_DAY)
        if fresh_first:
            return f"{fresh},{seen}"
        old, v1 = seen.split(",")
        return f"{old},{fresh},{v1}"

    return header


def _aged(seconds: int) -> Callable[[ProbeTarget, bytes], str]:
    """Return a function that signs with a timestamp of this age, also by a clock that the endpoint shows."""
    return lambda target, body: target.sign(body, age=seconds + max(0, -round(target.clock_offset or 0)))


def _accepted(name: str, expectation: str, consequence: str, body: bytes | None = None) -> Probe:
    return Probe(name, ProbeKind.ACCEPT, expectation, consequence, (ProbeRequest(body or _body(name)),))


def _same_content(name: str, expectation: str, body: bytes, *others: bytes) -> Probe:
    return Probe(name, ProbeKind.ACCEPT, expectation, _NOT_RAW, (ProbeRequest(body),), same_content=others)


def _forged(name: str, expectation: str, *signatures: Callable[[ProbeTarget, bytes], str | None]) -> Probe:
    requests = tuple(ProbeRequest(_body(name), signature) for signature in signatures)
    return Probe(name, ProbeKind.REFUSE, expectation, FORGERY, requests)


def _unsigned_as(name: str, content_type: str) -> Probe:
    request = ProbeRequest(_body(name), _unsigned, content_type=content_type)
    return Probe(
        name, ProbeKind.REFUSE, f"an unsigned delivery as {content_type} is refused", FORGERY, (request,)
    )


def _forged_live(name: str, what: str, request: ProbeRequest) -> Probe:
    request = replace(request, live=True)
    return Probe(name, ProbeKind.REFUSE, f"{what} without x-jebbit-test is refused", LIVE_FORGERY, (request,))


def _aged_delivery(name: str, age: str, seconds: int, *others: Callable[[ProbeTarget, bytes], str]) -> Probe:
    requests = tuple(ProbeRequest(_body(name), signature) for signature in (_aged(seconds), *others))
    return Probe(name, ProbeKind.REFUSE, f"a timestamp {age} old is refused", REPLAY, requests)


PROBES = (
    _accepted("valid", "a valid test delivery is accepted", _NO_DATA, SAMPLE_BODY),
    Probe(
        "live",
        ProbeKind.ACCEPT,
        "a valid delivery without x-jebbit-test is accepted",
        _NO_LIVE_DATA,
        (ProbeRequest(_body("live"), live=True),),
    ),
    _forged("no-signature", "a delivery without x-jebbit-signature is refused", _unsigned),
    Probe(
        "tampered-body", ProbeKind.REFUSE, "a changed body is refused", FORGERY, (_tampered("tampered-body"),)
    ),
    _forged("wrong-secret", "a signature with another secret is refused", _of_another_secret),
    _forged("empty-signature", "an empty x-jebbit-signature is refused", _fresh("")),
    _forged("no-v1", "a signature with t but without v1 is refused", _fresh("t={now}")),
    _forged("empty-v1", "a signature with an empty v1 is refused", _fresh("t={now},v1=")),
    _forged(
        "partial-v1",
        "a v1 of which only a part is right is refused",
        *map(_prefix, _PREFIX_LENGTHS),
        _half_right(lambda right, wrong: right[:_HALF] + wrong[_HALF:]),
        _half_right(lambda right, wrong: wrong[:_HALF] + right[_HALF:]),
        _half_right(lambda right, _: right[_HALF:]),
    ),
    _forged(
        "unknown-scheme",
        "a forged signature of an unknown scheme, without v1, is refused",
        _fresh("t={now},v0={forged}"),
        _fresh("t={now},v2={forged}"),
    ),
    _forged(
        "malformed-signature", "a malformed x-jebbit-signature is refused", *map(_fresh, _MALFORMED_HEADERS)
    ),
    _unsigned_as("no-signature-text", _TEXT),
    _unsigned_as("no-signature-form", _FORM),
    _forged_live(
        "no-signature-live", "an unsigned delivery", ProbeRequest(_body("no-signature-live"), _unsigned)
    ),
    _forged_live("tampered-body-live", "a changed body", _tampered("tampered-body-live")),
    _forged(
        "missing-secret",
        "a signature with an empty or undefined secret is refused",
        *map(_of_key, _MISSING_SECRETS),
    ),
    _aged_delivery("stale", f"{STALE_AGE} seconds", STALE_AGE),
    _aged_delivery(
        "day-old",
        "one day",
        _DAY,
        _old_with_fresh_time(fresh_first=True),
        _old_with_fresh_time(fresh_first=False),
    ),
    Probe(
        "future",
        ProbeKind.ADVICE,
        "a timestamp one hour in the future is refused",
        _EARLY,
        (ProbeRequest(_body("future"), _aged(-_FUTURE)),),
    ),
    _same_content(
        "unicode",
        "accents, emoji and \\u escapes are accepted unchanged",
        _body("unicode").replace(b"check:", "Zo\u00eb \U0001f389 \\u00e9".encode()),
        _body("unicode").replace(b"check:", "Zo\u00eb \U0001f389 \u00e9".encode()),
        _body("unicode").replace(b"check:", b"Zo\\u00eb \\ud83c\\udf89 \\u00e9"),
    ),
    _same_content(
        "spacing",
        "unusual spacing and key order are accepted unchanged",
        b' { "event" :\t{ "event_number": 0},\r\n"data":' + _data("spacing").replace(b",", b" ,  ") + b" }\n",
        b'{"event":{"event_number":0},"data":' + _data("spacing") + b"}",
        _body("spacing"),
    ),
    _accepted(
        "large-body",
        "a body of 256 KiB is accepted",
        "Deliveries with long answers or many attributes exceed a size limit and are lost.",
        _large_body(),
    ),
    Probe(
        "repeat",
        ProbeKind.ACCEPT,
        "the same delivery is accepted twice",
        "The endpoint refuses a delivery that is sent twice, as happens when a response gets lost.",
        (ProbeRequest(_body("repeat"), times=2),),
    ),
    Probe(
        "get",
        ProbeKind.ADVICE,
        "GET is not accepted as a delivery",
        "A page for health checks is fine. Make sure that no GET counts as a delivery: browsers send some.",
        (ProbeRequest(b"", method="GET"),),
    ),
    Probe(
        "response-time",
        ProbeKind.ACCEPT,
        f"a delivery is accepted within {MAX_RESPONSE_SECONDS:g} seconds",
        "Senders give up on slow endpoints. Respond first, then process the delivery.",
        (ProbeRequest(_body("response-time")),),
        max_seconds=MAX_RESPONSE_SECONDS,
    ),
    Probe(
        "steady",
        ProbeKind.STEADY,
        "valid deliveries are accepted every time",
        "Some deliveries are lost. Servers behind a load balancer may differ in their secret or version.",
        (),
    ),
)
"""In the order in which they run. The first one shows whether the endpoint works at all; refusals follow at
once, before a limit of requests is reached."""

NAMES = tuple(probe.name for probe in PROBES)


def select_probes(
    only: Sequence[str] = (), skip: Sequence[str] = (), *, live: bool = False
) -> tuple[Probe, ...]:
    """Return the probes to run. The first one always runs: without it, nothing is known of the others.

    Args:
        only: names; empty for all probes.
        skip: names of probes to leave out.
        live: include the probe that creates a real record.

    Raises:
        UsageError: there is no probe of a name, the first one is to be skipped, or one needs ``live``.
    """
    for name in (*only, *skip):
        if name not in NAMES:
            raise UsageError(f"no probe is named {escape_controls(name)!r}", hint=f"use {', '.join(NAMES)}")
    if PROBES[0].name in skip:
        raise UsageError(
            f"the probe {PROBES[0].name} cannot be skipped: without it, nothing is known of the others"
        )
    chosen = [probe for probe in PROBES if (not only or probe.name in only) and probe.name not in skip]
    if only and not live and any(probe.creates_record for probe in chosen):
        raise UsageError("the probe live creates a real record", hint="use --live to allow it")
    return (PROBES[0], *(one for one in chosen if one is not PROBES[0] and (live or not one.creates_record)))
