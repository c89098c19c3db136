"""An HTTP server that receives Jebbit's webhooks and verifies their signatures."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from http.client import responses as phrases
from typing import TYPE_CHECKING, Self, TypeAlias

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.delivery import Delivery
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.signature import (
    SIGNATURE_HEADER,
    TEST_HEADER,
    TOLERANCE,
    Reason,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.signature import Verification

MAX_REMEMBERED_SIGNATURES = 10_000
MAX_REFUSED_BODY_BYTES = 64 * 1024
"""How much of the body is kept of a delivery that is not valid: anybody can send those."""
HOP_HEADER = "x-jebbitctl-forwarded"
"""Lists the receivers that have forwarded a delivery; one that finds itself in it ends a loop."""

Secrets: TypeAlias = str | Mapping[str, str] | Callable[[], Mapping[str, str]] | None
"""A shared secret, several by their labels, or what returns these, asked for each delivery."""

STATUS_OF = {
    Reason.OK: HTTPStatus.OK,
    Reason.MISMATCH: HTTPStatus.FORBIDDEN,
    Reason.MALFORMED_HEADER: HTTPStatus.BAD_REQUEST,
    Reason.STALE: HTTPStatus.BAD_REQUEST,
    Reason.FUTURE: HTTPStatus.BAD_REQUEST,
}
"""The HTTP status for each result. Source: Jebbit's example receiver, which has no ``FUTURE``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a delivery.

    Attributes:
        status: the HTTP status.
        body: the whole body.
        headers: names and values, without those about the connection and the length.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/plain"),)


class WebhookServer:
    """Receives deliveries while its ``with`` block runs.

    A POST to any path is a delivery. The response is 200 if the delivery verifies, 403 if its signature does
    not match, and 400 if the header is malformed or the timestamp is out of tolerance. The body of a
    refusal is the reason, and only the first 64 KiB of its own are handed on. Other methods get 405, a
    body over 1 MiB gets 413, and a delivery that this receiver has forwarded itself gets 508.

    Args:
        secret: the integration's shared secret, several by their labels, or a function that returns several
            for each delivery. While there is none, deliveries get 503.
        on_delivery: called once for each delivery, before the response is sent, by as many threads at a time
            as there are. It may return another response. If it raises, the response is 500 and the error is
            stored in ``failure``.
        host: a name or an address of this machine.
        port: 0 for any free port.
        tolerance: the largest allowed difference between the timestamp and now, in seconds.
        threads: how many deliveries are handled at a time.
        shutdown_timeout: seconds that running requests get on exit; by default 5.

    Attributes:
        hop: names this receiver in ``x-jebbitctl-forwarded``.
        limit: after this many valid deliveries, further ones get 503 and are not handed on. None: no limit.
        failure: the first error that ``on_delivery`` raised, or None.

    Raises:
        UsageError: on construction, if a secret is empty; on entry, if the port cannot be bound.
    """

    def __init__(  # noqa: PLR0913 - by name
        self,
        secret: Secrets,
        on_delivery: Callable[[Delivery], Answer | None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tolerance: int = TOLERANCE,
        threads: int = 1,
        shutdown_timeout: float | None = None,
    ) -> None:
        self.secret = secret
        self.hop = new_hop()
        self.limit: int | None = None
        self.failure: Exception | None = None
        self._on_delivery = on_delivery
        self._tolerance = tolerance
        self._lock = threading.Lock()
        """Guards the two that follow."""
        self._valid = 0
        self._recent = _RecentSignatures()
        self._ids = os.urandom(4).hex()
        self._numbers = itertools.count()  # next() on it is atomic
        self._server = BackgroundServer(
            self._respond, host=host, port=port, threads=threads, shutdown_timeout=shutdown_timeout
        )

    @property
    def secret(self) -> Secrets:
        """As above; may be set at any time."""
        return self._secret

    @secret.setter
    def secret(self, secret: Secrets) -> None:
        self._asked = secret if callable(secret) else None
        self._named = _by_label(None if callable(secret) else secret)  # set at once: other threads read it
        self._secret = secret

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
        answer = self._handle(environ)
        headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {phrases.get(answer.status, '')}", headers)
        return [answer.body]

    def _handle(self, environ: WSGIEnvironment) -> Answer:
        if environ["REQUEST_METHOD"] != "POST":
            return Answer(405, b"use POST\n", (("Content-Type", "text/plain"), ("Allow", "POST")))
        labels, secrets = _by_label(self._asked()) if self._asked else self._named
        if not secrets:
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "the shared secret is not known yet")
        headers = _headers(environ)
        if self.hop in headers.get(HOP_HEADER, ""):
            return _text(HTTPStatus.LOOP_DETECTED, "this receiver has forwarded the delivery already")
        now, body = time.time(), environ["wsgi.input"].read()
        verification = verify(
            secrets, body, headers.get(SIGNATURE_HEADER), tolerance=self._tolerance, now=now
        )
        with self._lock:
            if self._valid == self.limit:
                return _ALL_ARRIVED
            self._valid += verification.valid
            repeat = self._is_repeat(verification)
        kept = body if verification.valid else body[:MAX_REFUSED_BODY_BYTES]
        index = verification.secret_index
        delivery = Delivery(
            time=now,
            body=kept,
            headers=headers,
            verification=verification,
            test=TEST_HEADER in headers,
            repeat=repeat,
            status=STATUS_OF[verification.reason].value,
            omitted_bytes=len(body) - len(kept),
            method=environ["REQUEST_METHOD"],
            path=environ["REQUEST_URI"].partition("?")[0],
            query=environ["QUERY_STRING"],
            secret=None if index is None else labels[index],
            id=f"{self._ids}{next(self._numbers):08x}",
        )
        return self._hand_on(delivery)

    def _hand_on(self, delivery: Delivery) -> Answer:
        """Return the response to a delivery once it has been handled."""
        verification = delivery.verification
        try:
            answer = self._on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - a failed delivery must not be acknowledged
            self.failure = self.failure or error
            with self._lock:
                self._valid -= verification.valid
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, "the delivery could not be stored")
        if answer is not None:
            return answer
        return _OK if verification.valid else _text(HTTPStatus(delivery.status), verification.reason)

    def _is_repeat(self, verification: Verification) -> bool:
        """Whether an authentic signature was received before. What else its header holds does not matter."""
        return verification.signature is not None and self._recent.add(verification.signature)


def _by_label(secret: str | Mapping[str, str] | None) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return labels, and the secrets in the same order.

    Raises:
        UsageError: a secret is empty.
    """
    named: dict[str | None, str] = {}
    if isinstance(secret, Mapping):
        named.update(secret)
    elif secret is not None:
        named[None] = secret
    if "" in named.values():
        raise UsageError("the shared secret is empty")
    return tuple(named), tuple(named.values())


def new_hop() -> str:
    """Return a name for a receiver."""
    return os.urandom(8).hex()


def _text(status: HTTPStatus, text: str) -> Answer:
    return Answer(status.value, f"{text}\n".encode())


_OK = Answer(HTTPStatus.OK.value)
_ALL_ARRIVED = _text(HTTPStatus.SERVICE_UNAVAILABLE, "all expected deliveries have arrived")


class _RecentSignatures:
    """A bounded set of signatures, which cover their timestamps; the least recent are dropped."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict()

    def add(self, signature: str) -> bool:
        """Add a signature; return whether it was already there."""
        known = signature in self._known
        self._known[signature] = None
        self._known.move_to_end(signature)
        if len(self._known) > MAX_REMEMBERED_SIGNATURES:
            self._known.popitem(last=False)
        return known


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    return {name: value for key, value in environ.items() if (name := _header_name(key))}


@lru_cache(maxsize=256)
def _header_name(key: str) -> str | None:
    """Return the name of the header that a key of the environment stands for, if it does."""
    if key.startswith("HTTP_") or key in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return key.removeprefix("HTTP_").lower().replace("_", "-")
    return None
