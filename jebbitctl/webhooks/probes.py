"""The questions that tell a correct receiver from one that only seems to work."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.webhooks.sender import SAMPLE_BODY, delivery_headers
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TOLERANCE, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.exchange import EndpointClient, EndpointResponse

_LARGE = 256 * 1024
_DAY = 24 * 60 * 60
_MALFORMED = (
    "nonsense",
    "t=,v1=",
    "v1=AAAA",
    "t=1700000000",
    "t=soon,v1=AAAA",
    "t=\u00e9,v1=\u00fc",
    "=,=,,=",
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The endpoint under test; everything it is sent is marked as a test.

    Attributes:
        client: sends to it.
        secret: what it verifies with.
        prompt: seconds within which it should answer.
    """

    client: EndpointClient
    secret: str
    prompt: float

    def signature(self, body: bytes, *, age: int = 0) -> str:
        """Return a good signature of ``body``, made ``age`` seconds ago."""
        return sign(self.secret, body, timestamp=int(time.time()) - age)

    def take(self, body: bytes, signature: str | None, *, method: str = "POST") -> EndpointResponse:
        """Send ``body`` with this signature header, or with none."""
        headers = delivery_headers(self.secret, body, live=False)
        if signature is None:
            del headers[SIGNATURE_HEADER]
        else:
            headers[SIGNATURE_HEADER] = signature
        return self.client.send(body, headers, method=method)

    def take_signed(self, body: bytes, *, age: int = 0) -> EndpointResponse:
        """Send ``body`` as Jebbit would."""
        return self.take(body, self.signature(body, age=age))


@dataclass(frozen=True, slots=True)
class Probe:
    """One question.

    Attributes:
        name: short and stable, such as ``tampered-body``.
        expectation: what a correct endpoint does, in words.
        consequence: what it means in production when this one does the opposite.
        ask: sends the probe's requests and yields their answers.
        holds: whether an answer will do.
    """

    name: str
    expectation: str
    consequence: str
    ask: Callable[[Endpoint], Iterator[EndpointResponse]]
    holds: Callable[[EndpointResponse], bool]

    def meaning(self, answer: EndpointResponse) -> str:
        """Return what it means in production that an endpoint gives this answer, which will not do."""
        return _CRASH if self.holds in {_refused, _not_taken} and not answer.accepted else self.consequence


def _body(name: str, filler: str = "") -> bytes:
    """Return a body of its own for each probe, lest one be taken for another's repeat."""
    data = {"email": "test@example.com", "filler": filler, "probe": name}
    return json.dumps({"data": data, "event": {"event_number": 0}}, separators=(",", ":")).encode()


def _accepted(answer: EndpointResponse) -> bool:
    return answer.accepted


def _refused(answer: EndpointResponse) -> bool:
    return answer.status is not None and 400 <= answer.status < 500  # noqa: PLR2004 - as in 4xx


def _not_taken(answer: EndpointResponse) -> bool:
    return _refused(answer) or answer.status == HTTPStatus.NOT_IMPLEMENTED


def _answered(answer: EndpointResponse) -> bool:
    return answer.status is not None


def _unicode(to: Endpoint) -> Iterator[EndpointResponse]:
    yield to.take_signed('{"data":{"name":"Zoë 🎉 \u2028","escaped":"\\u00e9\\/"},"event":{}}'.encode())


def _spacing(to: Endpoint) -> Iterator[EndpointResponse]:
    yield to.take_signed(b' { "event" :\t{ },\r\n"data":{ "z":1.0, "a":1e2 , "m":[ ] } }\n')


def _tampered(to: Endpoint) -> Iterator[EndpointResponse]:
    body = _body("tampered", "true")
    yield to.take(body.replace(b"true", b"True"), to.signature(body))


def _wrong_secret(to: Endpoint) -> Iterator[EndpointResponse]:
    body = _body("wrong secret")
    yield to.take(body, sign(f"not {to.secret}", body))


def _malformed(to: Endpoint) -> Iterator[EndpointResponse]:
    for header in _MALFORMED:
        yield to.take(_body("malformed"), header)


def _twice(to: Endpoint) -> Iterator[EndpointResponse]:
    body = _body("twice")
    signature = to.signature(body)
    yield to.take(body, signature)
    yield to.take(body, signature)


def _get(to: Endpoint) -> Iterator[EndpointResponse]:
    yield to.take(b"", to.signature(b""), method="GET")


def _prompt(to: Endpoint) -> Iterator[EndpointResponse]:
    answer = to.take_signed(_body("prompt"))
    late = answer.status is not None and answer.elapsed > to.prompt
    error = f"answered {answer.status} only after {answer.elapsed:.1f} s"
    yield replace(answer, status=None, error=error) if late else answer


_FORGED = "anybody who finds the URL can feed you made-up leads"
_RAW = (
    "signatures are checked over parsed and rewritten JSON instead of the raw bytes: real deliveries get lost"
)
_CRASH = (
    "it is not taken, but not refused (4xx) either: unverified input crashes the endpoint or is sent"
    " elsewhere, and to the sender that looks like an outage"
)
_REPLAY = "whoever once saw a delivery, in a log or a proxy, can send it again for ever"

PROBES = (
    Probe(
        "valid",
        "a valid test delivery is accepted (2xx)",
        "Jebbit's deliveries are refused: no data arrives",
        lambda to: iter([to.take_signed(SAMPLE_BODY)]),
        _accepted,
    ),
    Probe(
        "unicode", "accents, emoji and \\u escapes are accepted as they come (2xx)", _RAW, _unicode, _accepted
    ),
    Probe("spacing", "odd spacing and key order are accepted as they come (2xx)", _RAW, _spacing, _accepted),
    Probe("tampered-body", "a changed body is refused (4xx)", _FORGED, _tampered, _refused),
    Probe(
        "wrong-secret", "a signature with another secret is refused (4xx)", _FORGED, _wrong_secret, _refused
    ),
    Probe(
        "no-signature",
        "a delivery without x-jebbit-signature is refused (4xx)",
        _FORGED,
        lambda to: iter([to.take(_body("unsigned"), None)]),
        _refused,
    ),
    Probe(
        "empty-signature",
        "an empty x-jebbit-signature is refused (4xx)",
        _FORGED,
        lambda to: iter([to.take(_body("empty"), "")]),
        _refused,
    ),
    Probe(
        "malformed-signature",
        "a malformed x-jebbit-signature is refused (4xx)",
        _FORGED,
        _malformed,
        _refused,
    ),
    Probe(
        "stale",
        "a timestamp 301 seconds old is refused (4xx)",
        _REPLAY,
        lambda to: iter([to.take_signed(_body("stale"), age=TOLERANCE + 1)]),
        _refused,
    ),
    Probe(
        "day-old",
        "a timestamp one day old is refused (4xx)",
        _REPLAY,
        lambda to: iter([to.take_signed(_body("day old"), age=_DAY)]),
        _refused,
    ),
    Probe(
        "large-body",
        "a body of 256 KiB is accepted (2xx)",
        "long answers and many attributes get lost to a size limit",
        lambda to: iter([to.take_signed(_body("large", "x" * (_LARGE - len(_body("large")))))]),
        _accepted,
    ),
    Probe(
        "repeat",
        "the same delivery twice is accepted both times (2xx)",
        "a delivery that is sent again, because an answer got lost, looks like a failure",
        _twice,
        _accepted,
    ),
    Probe(
        "get",
        "GET is not taken for a delivery (4xx or 501)",
        "browsers, link previews and crawlers count as deliveries",
        _get,
        _not_taken,
    ),
    Probe(
        "prompt",
        "a delivery is answered within 5 seconds",
        "senders give up on slow endpoints: work on deliveries after answering",
        _prompt,
        _answered,
    ),
)
"""In the order in which they are asked; the first shows whether the endpoint works at all."""
