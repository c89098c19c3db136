"""What several tests of the receiving side need."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from jebbitctl.webhooks import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: a port that was free a moment ago may be another test's by now."""


def post(
    url: str, body: bytes, signature: str | None = None, *, headers: Mapping[str, str] | None = None
) -> requests.Response:
    """POST a signed delivery as a plain client would."""
    signed = {"x-jebbit-signature": sign(SECRET, body) if signature is None else signature}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, data=body, headers={**signed, **(headers or {})}, timeout=10)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A bare TCP connection to where ``url`` points."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        yield connection


def talk(url: str, request: bytes) -> bytes:
    """Send raw bytes and return all that is answered until the server closes the connection."""
    with connected(url) as connection:
        connection.sendall(request)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


@dataclass(frozen=True)
class Seen:
    """A request as an endpoint saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Endpoint:
    """Somebody's endpoint, a WSGI application: notes each request, then answers as told."""

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
        self.seen: list[Seen] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            key[5:].lower().replace("_", "-"): environ[key] for key in environ if key.startswith("HTTP_")
        }
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if key in environ:
                headers[key.lower().replace("_", "-")] = environ[key]
        seen = Seen(environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers, environ["wsgi.input"].read())
        self.seen.append(seen)
        time.sleep(self.delay)
        start_response(self.status, [*self.headers.items(), ("Content-Length", str(len(self.body)))])
        return [self.body]


@contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one bare TCP connection with ``answer``; for what no decent server would send."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()
