"""An HTTP server that receives Jebbit's webhooks and verifies their signatures."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.signature import (
    SIGNATURE_HEADER,
    TEST_HEADER,
    TOLERANCE,
    Reason,
    compute_signature,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.signature import Verification

MAX_REMEMBERED_SIGNATURES = 10_000
MAX_REFUSED_BODY_BYTES = 64 * 1024
"""How much of the body is kept of a delivery that is not valid: anybody can send those."""
_FORGED = frozenset({Reason.MALFORMED_HEADER, Reason.MISMATCH})

STATUS_OF = {
    Reason.OK: HTTPStatus.OK,
    Reason.MISMATCH: HTTPStatus.FORBIDDEN,
    Reason.MALFORMED_HEADER: HTTPStatus.BAD_REQUEST,
    Reason.STALE: HTTPStatus.BAD_REQUEST,
    Reason.FUTURE: HTTPStatus.BAD_REQUEST,
}
"""The HTTP status for each result. Source: Jebbit's example receiver, which has no ``FUTURE``."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A POST request and the result of its verification.

    Attributes:
        time: when it was received in full, in Unix seconds.
        body: the raw bytes; of a delivery that is not valid, the first 64 KiB.
        headers: names in lower case; values of a repeated header are joined with ``", "``.
        verification: the result of the signature check.
        test: whether it carries ``x-jebbit-test``.
        repeat: whether the same timestamp with the same authentic signature was received before, in whatever
            form of the header (the last 10,000 are remembered).
        status: the HTTP status of the response.
        omitted_bytes: how much of the body was not kept.
        method: the request's method.
        path: the path of the request's target, not decoded.
        query: what follows its ``?``, not decoded.
        secret: a label of the secret that signed it, such as ``integration L5m24mjs``; never the secret.
        id: names the delivery in other lines of a recording; empty in recordings of older versions.
        masked: whether personal data in it was masked; then the signature no longer fits.
    """

    time: float
    body: bytes
    headers: Mapping[str, str]
    verification: Verification
    test: bool
    repeat: bool
    status: int
    omitted_bytes: int = 0
    method: str = "POST"
    path: str = "/"
    query: str = ""
    secret: str | None = None
    id: str = ""
    masked: bool = False

    @property
    def genuine(self) -> bool:
        """Whether the signature matches, regardless of its age."""
        return self.verification.reason not in _FORGED


class Receiver:
    """Receives deliveries while its ``with`` block runs.

    A POST to any path is a delivery. The response is 200 if the delivery verifies, 403 if its signature does
    not match, and 400 if the header is malformed or the timestamp is out of tolerance. The body of a
    rejection is the reason, and only the first 64 KiB of its own are handed on. Other methods get 405, and a
    body over 1 MiB gets 413.

    Args:
        secret: the integration's shared secret. While it is None, deliveries get 503.
        on_delivery: called once for each delivery, before the response is sent, and never twice at a time.
            Keep it fast: other deliveries wait. If it raises, the response is 500 and the error is stored in
            ``failure``.
        host: a name or an address of this machine.
        port: 0 for any free port.
        tolerance: the largest allowed difference between the timestamp and now, in seconds.

    Attributes:
        secret: as above; may be set at any time.
        limit: after this many valid deliveries, further ones get 503 and are not handed on. None: no limit.
        failure: the first error that ``on_delivery`` raised, or None.

    Raises:
        UsageError: on construction, if the secret is empty; on entry, if the port cannot be bound.
    """

    def __init__(
        self,
        secret: str | None,
        on_delivery: Callable[[Delivery], None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tolerance: int = TOLERANCE,
    ) -> None:
        if secret == "":
            raise UsageError("the shared secret is empty")
        self.secret = secret
        self.limit: int | None = None
        self.failure: Exception | None = None
        self._on_delivery = on_delivery
        self._tolerance = tolerance
        self._valid = 0
        self._recent = _RecentSignatures()
        # One thread: on_delivery is called one at a time.
        self._server = BackgroundServer(self._respond, host=host, port=port, threads=1)

    @property
    def url(self) -> str:
        """The URL to send deliveries to, such as ``http://127.0.0.1:8787``."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, text = self._handle(environ)
        body = f"{text}\n".encode() if text else b""
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "POST"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _handle(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str]:
        if environ["REQUEST_METHOD"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "use POST"
        if not self.secret:
            return HTTPStatus.SERVICE_UNAVAILABLE, "the shared secret is not known yet"
        if self._valid == self.limit:
            return HTTPStatus.SERVICE_UNAVAILABLE, "all expected deliveries have arrived"
        delivery = self._verify(self.secret, environ)
        try:
            self._on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - a failed delivery must not be acknowledged
            self.failure = self.failure or error
            return HTTPStatus.INTERNAL_SERVER_ERROR, "the delivery could not be stored"
        self._valid += delivery.verification.valid
        return HTTPStatus(delivery.status), "" if delivery.verification else delivery.verification.reason

    def _verify(self, secret: str, environ: WSGIEnvironment) -> Delivery:
        body, headers = environ["wsgi.input"].read(), _headers(environ)
        now = time.time()
        header = headers.get(SIGNATURE_HEADER)
        verification = verify(secret, body, header, tolerance=self._tolerance, now=now)
        kept = body if verification else body[:MAX_REFUSED_BODY_BYTES]
        return Delivery(
            time=now,
            body=kept,
            headers=headers,
            verification=verification,
            test=TEST_HEADER in headers,
            repeat=self._is_repeat(secret, body, verification),
            status=STATUS_OF[verification.reason].value,
            omitted_bytes=len(body) - len(kept),
            method=environ["REQUEST_METHOD"],
            path=environ["REQUEST_URI"].partition("?")[0],
            query=environ["QUERY_STRING"],
            id=os.urandom(8).hex(),
        )

    def _is_repeat(self, secret: str, body: bytes, verification: Verification) -> bool:
        """Whether an authentic signature was received before. What else its header holds does not matter."""
        timestamp = verification.timestamp
        if timestamp is None or verification.reason in _FORGED:
            return False
        return self._recent.add((timestamp, compute_signature(secret, timestamp, body)))


class _RecentSignatures:
    """A bounded set of timestamps with their signatures; the least recent are dropped."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], None] = OrderedDict()

    def add(self, signature: tuple[int, str]) -> bool:
        """Add a signature; return whether it was already there."""
        known = signature in self._known
        self._known[signature] = None
        self._known.move_to_end(signature)
        if len(self._known) > MAX_REMEMBERED_SIGNATURES:
            self._known.popitem(last=False)
        return known


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    headers = {key.removeprefix("HTTP_"): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if key in environ:
            headers[key] = environ[key]
    return {name.lower().replace("_", "-"): value for name, value in headers.items()}
