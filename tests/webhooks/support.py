"""Helpers for the tests of the receiving side."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import requests

from jebbitctl.webhooks import Reason, Verification, sign
from jebbitctl.webhooks.delivery import Delivery
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.recordings.recorder import Recorder
from jebbitctl.webhooks.sender import SAMPLE_BODY, deliver
from tests.api.faults import ReceivedRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.endpoint import EndpointResponse

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"
UNREACHABLE = "http://127.0.0.1:9"
"""A URL that no server listens on. A port that was just free could be used by another test."""


def post(
    url: str, body: bytes, signature: str | None = None, *, headers: Mapping[str, str] | None = None
) -> requests.Response:
    """POST a signed delivery."""
    signed = {"x-jebbit-signature": sign(SECRET, body) if signature is None else signature}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=body, headers={**signed, **(headers or {})}, timeout=10)


class Sender(NamedTuple):
    """Sends a delivery as Jebbit does."""

    url: str
    secret: str = SECRET
    body: bytes = SAMPLE_BODY
    live: bool = False

    def send(self) -> EndpointResponse:
        """Return the response, or why there is none."""
        with EndpointClient(self.url) as client:
            return deliver(client, self.secret, self.body, live=self.live)


def make_delivery(time: float = 1_700_000_000.25, body: bytes = b"\xff\r\n{}") -> Delivery:
    """Return a stale test delivery."""
    verification = Verification(Reason.STALE, 1_600_000_000, 100_000_000)
    return Delivery(time, body, {"x-a": "caf\u00e9"}, verification, test=True, repeat=False, status=400)


def record(path: Path, *deliveries: Delivery) -> None:
    """Append deliveries to a recording."""
    with Recorder(path) as recorder:
        for one in deliveries:
            recorder.append(one)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """Open a TCP connection to the host and port of ``url``."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        yield connection


def talk(url: str, request: bytes) -> bytes:
    """Send raw bytes; return the response, up to the end of the connection."""
    with connected(url) as connection:
        connection.sendall(request)
        response = b""
        while chunk := connection.recv(65536):
            response += chunk
        return response


class Endpoint:
    """A WSGI application that records each request and always sends the same response."""

    def __init__(
        self,
        status: str = "200 OK",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        delay: float = 0,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.delay = delay
        self.requests: list[ReceivedRequest] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            key[5:].lower().replace("_", "-"): environ[key] for key in environ if key.startswith("HTTP_")
        }
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if key in environ:
                headers[key.lower().replace("_", "-")] = environ[key]
        body = environ["wsgi.input"].read()
        request = ReceivedRequest(environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers, body)
        self.requests.append(request)
        time.sleep(self.delay)
        start_response(self.status, [*self.headers.items(), ("Content-Length", str(len(self.body)))])
        return [self.body]


class RecoveringEndpoint(Endpoint):
    """Fails for the first few requests."""

    def __init__(self, status: str, failures: int) -> None:
        super().__init__(status)
        self.failures = failures

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if len(self.requests) >= self.failures:
            self.status = "200 OK"
        return super().__call__(environ, start_response)


class PausingEndpoint(Endpoint):
    """Tells when the first request has come, and answers it when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.may_answer = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.reached.set()
        assert self.may_answer.wait(10)
        return super().__call__(environ, start_response)


@contextmanager
def raw_server(respond: Callable[[socket.socket], None], *, connections: int | None = 1) -> Iterator[str]:
    """Handle TCP connections with ``respond``, which may send invalid HTTP; None: any number of them."""

    def serve() -> None:
        with suppress(OSError):
            for _ in itertools.count() if connections is None else range(connections):
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    respond(connection)

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def silently_closing_server() -> Iterator[str]:
    """Close each connection after its response without saying so, as Java's HttpServer does."""

    def respond(connection: socket.socket) -> None:
        data = b""
        while not data.endswith(b"\r\n\r\n{}"):
            chunk = connection.recv(65536)
            assert chunk
            data += chunk
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        time.sleep(0.0005)

    with raw_server(respond, connections=None) as url:
        yield url
