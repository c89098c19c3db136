"""Probes that tell a correct receiver from one that only seems to work."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.webhooks.sender import SAMPLE_BODY
from jebbitctl.webhooks.signature import TOLERANCE, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.probe_target import ProbeTarget

MAX_RESPONSE_SECONDS = 5.0
"""The longest acceptable response time."""
_LARGE_BODY_BYTES = 256 * 1024
_DAY = 24 * 60 * 60
_MALFORMED_HEADERS = (
    "nonsense",
    "t=,v1=",
    "v1=AAAA",
    "t=1700000000",
    "t=soon,v1=AAAA",
    "t=\u00e9,v1=\u00fc",
    "=,=,,=",
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One property of a correct receiver, and how to test it.

    Attributes:
        name: short and stable, such as ``tampered-body``.
        expectation: what a correct endpoint does.
        consequence: what happens in production if the endpoint does the opposite.
        run: sends the requests and yields their responses.
        passes: whether a response is correct.
    """

    name: str
    expectation: str
    consequence: str
    run: Callable[[ProbeTarget], Iterator[EndpointResponse]]
    passes: Callable[[EndpointResponse], bool]

    def consequence_of(self, response: EndpointResponse) -> str:
        """Return what an incorrect response means in production."""
        should_reject = self.passes in {_is_rejected, _is_unsupported}
        return _NOT_REJECTED if should_reject and not response.accepted else self.consequence


def _body(name: str, filler: str = "") -> bytes:
    """Return a different body for each probe, so that endpoints do not see repeats."""
    data = {"email": "test@example.com", "filler": filler, "probe": name}
    return json.dumps({"data": data, "event": {"event_number": 0}}, separators=(",", ":")).encode()


def _is_accepted(response: EndpointResponse) -> bool:
    return response.accepted


def _is_rejected(response: EndpointResponse) -> bool:
    return response.status is not None and 400 <= response.status < 500  # noqa: PLR2004 - as in 4xx


def _is_unsupported(response: EndpointResponse) -> bool:
    return _is_rejected(response) or response.status == HTTPStatus.NOT_IMPLEMENTED


def _has_status(response: EndpointResponse) -> bool:
    return response.status is not None


def _unicode(target: ProbeTarget) -> Iterator[EndpointResponse]:
    yield target.send_signed('{"data":{"name":"Zoë 🎉 \u2028","escaped":"\\u00e9\\/"},"event":{}}'.encode())


def _spacing(target: ProbeTarget) -> Iterator[EndpointResponse]:
    yield target.send_signed(b' { "event" :\t{ },\r\n"data":{ "z":1.0, "a":1e2 , "m":[ ] } }\n')


def _tampered(target: ProbeTarget) -> Iterator[EndpointResponse]:
    body = _body("tampered", "true")
    yield target.send(body.replace(b"true", b"True"), target.sign(body))


def _wrong_secret(target: ProbeTarget) -> Iterator[EndpointResponse]:
    body = _body("wrong secret")
    yield target.send(body, sign(f"not {target.secret}", body))


def _malformed(target: ProbeTarget) -> Iterator[EndpointResponse]:
    for header in _MALFORMED_HEADERS:
        yield target.send(_body("malformed"), header)


def _repeat(target: ProbeTarget) -> Iterator[EndpointResponse]:
    body = _body("repeat")
    signature = target.sign(body)
    yield target.send(body, signature)
    yield target.send(body, signature)


def _get(target: ProbeTarget) -> Iterator[EndpointResponse]:
    yield target.send(b"", target.sign(b""), method="GET")


def _response_time(target: ProbeTarget) -> Iterator[EndpointResponse]:
    response = target.send_signed(_body("response time"))
    late = response.status is not None and response.elapsed > MAX_RESPONSE_SECONDS
    error = f"{response.outcome} only after {response.elapsed:.1f} s"
    yield replace(response, status=None, error=error) if late else response


_FORGERY = "Anyone who finds the URL can send you forged leads."
_REWRITTEN_JSON = (
    "The endpoint verifies parsed and rewritten JSON, not the raw bytes. Real deliveries get lost."
)
_NOT_REJECTED = (
    "The endpoint neither accepts nor rejects (4xx) this request. It may crash on unverified input, or"
    " redirect it. To the sender, that looks like an outage."
)
_REPLAY = "Anyone who once saw a delivery, in a log or a proxy, can send it again forever."

PROBES = (
    Probe(
        "valid",
        "a valid test delivery is accepted (2xx)",
        "Jebbit's deliveries are rejected. No data arrives.",
        lambda target: iter([target.send_signed(SAMPLE_BODY)]),
        _is_accepted,
    ),
    Probe(
        "unicode",
        "accents, emoji and \\u escapes are accepted unchanged (2xx)",
        _REWRITTEN_JSON,
        _unicode,
        _is_accepted,
    ),
    Probe(
        "spacing",
        "unusual spacing and key order are accepted unchanged (2xx)",
        _REWRITTEN_JSON,
        _spacing,
        _is_accepted,
    ),
    Probe("tampered-body", "a changed body is rejected (4xx)", _FORGERY, _tampered, _is_rejected),
    Probe(
        "wrong-secret",
        "a signature with another secret is rejected (4xx)",
        _FORGERY,
        _wrong_secret,
        _is_rejected,
    ),
    Probe(
        "no-signature",
        "a delivery without x-jebbit-signature is rejected (4xx)",
        _FORGERY,
        lambda target: iter([target.send(_body("unsigned"), None)]),
        _is_rejected,
    ),
    Probe(
        "empty-signature",
        "an empty x-jebbit-signature is rejected (4xx)",
        _FORGERY,
        lambda target: iter([target.send(_body("empty"), "")]),
        _is_rejected,
    ),
    Probe(
        "malformed-signature",
        "a malformed x-jebbit-signature is rejected (4xx)",
        _FORGERY,
        _malformed,
        _is_rejected,
    ),
    Probe(
        "stale",
        f"a timestamp {TOLERANCE + 1} seconds old is rejected (4xx)",
        _REPLAY,
        lambda target: iter([target.send_signed(_body("stale"), age=TOLERANCE + 1)]),
        _is_rejected,
    ),
    Probe(
        "day-old",
        "a timestamp one day old is rejected (4xx)",
        _REPLAY,
        lambda target: iter([target.send_signed(_body("day old"), age=_DAY)]),
        _is_rejected,
    ),
    Probe(
        "large-body",
        "a body of 256 KiB is accepted (2xx)",
        "Deliveries with long answers or many attributes exceed a size limit and are lost.",
        lambda target: iter(
            [target.send_signed(_body("large", "x" * (_LARGE_BODY_BYTES - len(_body("large")))))]
        ),
        _is_accepted,
    ),
    Probe(
        "repeat",
        "the same delivery is accepted twice (2xx)",
        "The endpoint rejects a delivery that is sent twice, as happens when a response gets lost.",
        _repeat,
        _is_accepted,
    ),
    Probe(
        "get",
        "GET is not accepted as a delivery (4xx or 501)",
        "Browsers, link previews and crawlers count as deliveries.",
        _get,
        _is_unsupported,
    ),
    Probe(
        "response-time",
        f"a delivery gets a response within {MAX_RESPONSE_SECONDS:g} seconds",
        "Senders give up on slow endpoints. Respond first, then process the delivery.",
        _response_time,
        _has_status,
    ),
)
"""In the order in which they run. The first one shows whether the endpoint works at all."""
