"""A receiver of Jebbit's webhooks: verifies each over its raw bytes, hands it on, then answers."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.server import BackgroundServer
from jebbitctl.webhooks.signature import (
    SIGNATURE_HEADER,
    TEST_HEADER,
    TOLERANCE,
    Reason,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.signature import Verification

_REMEMBERED = 10_000
_FORGED = frozenset({Reason.MALFORMED_HEADER, Reason.MISMATCH})

STATUS_OF = {
    Reason.OK: HTTPStatus.OK,
    Reason.MISMATCH: HTTPStatus.FORBIDDEN,
    Reason.MALFORMED_HEADER: HTTPStatus.BAD_REQUEST,
    Reason.STALE: HTTPStatus.BAD_REQUEST,
    Reason.FUTURE: HTTPStatus.BAD_REQUEST,
}
"""What a delivery is answered. Source: Jebbit's example receiver, which knows no ``FUTURE``."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST, as it came and as it was judged.

    Attributes:
        time: when its last byte was here, in unix seconds.
        body: the raw bytes.
        headers: names in lower case; values of a repeated header are joined with ``", "``.
        verification: what the signature said.
        test: whether it carries ``x-jebbit-test``.
        repeat: whether the same signature, good in itself, came before (the last 10,000 are remembered).
        status: the HTTP status it is answered.
    """

    time: float
    body: bytes
    headers: Mapping[str, str]
    verification: Verification
    test: bool
    repeat: bool
    status: int

    @property
    def genuine(self) -> bool:
        """Whether the signature is the sender's, however old."""
        return self.verification.reason not in _FORGED


class Receiver:
    """Listens between ``with`` and its end.

    A POST to any path is a delivery: 200 when it verifies, 403 when its signature does not match, 400 when
    the header is malformed or the timestamp too far away; refusals say why. Anything but a POST is 405, a
    body over 1 MiB 413.

    Args:
        secret: the integration's shared secret; None when it is not known yet: 503 until ``secret`` is set.
        on_delivery: called for each delivery, one at a time, before it is answered: keep it quick, for all
            others wait. When it raises, the delivery is answered 500 and the error kept in ``failure``.
        host: a name or an address of this machine.
        port: 0 for any free one.
        tolerance: seconds that a timestamp may be away from now.

    Attributes:
        secret: as above; may be set at any time.
        failure: the first error that ``on_delivery`` raised, or None.

    Raises:
        UsageError: on construction, the secret is empty; on entry, the port cannot be bound.
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
        self.failure: Exception | None = None
        self._on_delivery = on_delivery
        self._tolerance = tolerance
        self._server = BackgroundServer(self._answer, host=host, port=port, workers=0)
        self._seen = _Seen()

    @property
    def url(self) -> str:
        """Where to send deliveries, such as ``http://127.0.0.1:8787``."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, text = self._handle(environ)
        answer = f"{text}\n".encode() if text else b""
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))]
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "POST"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [answer]

    def _handle(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str]:
        if environ["REQUEST_METHOD"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "deliveries are POSTed"
        if not self.secret:
            return HTTPStatus.SERVICE_UNAVAILABLE, "the shared secret is not known yet"
        delivery = self._judge(self.secret, environ["wsgi.input"].read(), _headers(environ))
        try:
            self._on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender must not believe it was taken
            self.failure = self.failure or error
            return HTTPStatus.INTERNAL_SERVER_ERROR, "the delivery could not be kept"
        return HTTPStatus(delivery.status), "" if delivery.verification else delivery.verification.reason

    def _judge(self, secret: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
        now = time.time()
        header = headers.get(SIGNATURE_HEADER)
        verification = verify(secret, body, header, tolerance=self._tolerance, now=now)
        return Delivery(
            time=now,
            body=body,
            headers=headers,
            verification=verification,
            test=TEST_HEADER in headers,
            repeat=verification.reason not in _FORGED and self._seen.before(header or ""),
            status=STATUS_OF[verification.reason].value,
        )


class _Seen:
    """The most recent signatures."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def before(self, header: str) -> bool:
        """Whether ``header`` was asked about before; it is remembered from now on."""
        digest = hashlib.sha256(header.encode()).digest()
        seen = digest in self._digests
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > _REMEMBERED:
            self._digests.popitem(last=False)
        return seen


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    named = {key.removeprefix("HTTP_"): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if key in environ:
            named[key] = environ[key]
    return {name.lower().replace("_", "-"): value for name, value in named.items()}
