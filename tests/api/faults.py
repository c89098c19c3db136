"""A server for faults: it sends one scripted response per request, in order, however malformed."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

ScriptedResponse: TypeAlias = "bytes | Callable[[socket.socket, threading.Event], None]"
"""The bytes to send, or a function that gets the connection, which is closed afterwards."""

UNEXPECTED = b"HTTP/1.1 418 Not In The Script\r\nContent-Length: 0\r\n\r\n"


def http(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """Return a response as bytes; ``Content_Type="text/html"`` becomes a header."""
    body = body.encode() if isinstance(body, str) else body
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **given}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def api(document: Any, status: int = 200, **headers: str) -> bytes:
    """Return a JSON response as bytes."""
    return http(status, json.dumps(document), **headers)


def resource(attributes: Mapping[str, Any] | None = None, id_: Any = "L5m24mjs", status: int = 200) -> bytes:
    """Return a response with an integration as bytes."""
    return api({"data": {"id": id_, "type": "integrations", "attributes": dict(attributes or {})}}, status)


def drop(_connection: socket.socket, _closing: threading.Event) -> None:
    """Close the connection without a response."""


def reset(connection: socket.socket, _closing: threading.Event) -> None:
    """Abort the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(_connection: socket.socket, closing: threading.Event) -> None:
    """Never respond."""
    closing.wait(30)


def drip(head: bytes, drop_: bytes) -> ScriptedResponse:
    """Return a function that sends the head, then a drop every 50 ms, without end."""

    def respond(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(head)
        while not closing.wait(0.05):
            connection.sendall(drop_)

    return respond


def last(data: bytes) -> ScriptedResponse:
    """Return a function that sends these bytes and closes the connection."""

    def respond(connection: socket.socket, _closing: threading.Event) -> None:
        connection.sendall(data)

    return respond


@dataclass(frozen=True)
class ReceivedRequest:
    """A request as the server received it; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FaultServer:
    """Sends the responses of its script in order, then 418."""

    def __init__(
        self, *script: ScriptedResponse, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.script = list(script)
        self.seen: list[ReceivedRequest] = []
        self.connections = 0
        self._host = host
        self._port = 0
        self._tls = tls
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.seen]

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.hang_up()
        for connection in [*self._open]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def listen(self) -> None:
        """Accept connections; after :meth:`hang_up`, on the same port as before."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listening = socket.create_server((self._host, self._port), family=family)
        self._port = self._listening.getsockname()[1]
        self._start(self._accept, self._listening)

    def hang_up(self) -> None:
        """Refuse new connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()

    def choose(self, request: ReceivedRequest) -> ScriptedResponse:  # noqa: ARG002 - for subclasses
        """Return the response to a request."""
        return self.script.pop(0) if self.script else UNEXPECTED

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while listening.fileno() >= 0:
            with suppress(OSError):
                connection, _ = listening.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        self._open.add(plain)
        connection = plain
        try:
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            with connection.makefile("rb") as reader:
                while self._respond(connection, reader):
                    pass
        except OSError:
            pass  # the client has closed the connection, or the test has ended
        finally:
            self._open -= {plain, connection}
            connection.close()
            plain.close()

    def _respond(self, connection: socket.socket, reader: Any) -> bool:
        request = _read(reader)
        if request is None:
            return False
        with self._lock:
            self.seen.append(request)
            response = self.choose(request)
        if isinstance(response, bytes):
            connection.sendall(response)
            return True
        response(connection, self._closing)
        return False


def _read(reader: Any) -> ReceivedRequest | None:
    line = reader.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while field := reader.readline().decode("latin-1").strip():
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    return ReceivedRequest(line[0], line[1], headers, reader.read(int(headers.get("content-length", 0))))
