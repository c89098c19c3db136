"""A server that does what it is told, however wrong: one scripted answer for each request, in order."""

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
"""The bytes to send, or what to do with the connection; a callable's connection is closed afterwards."""

UNEXPECTED = b"HTTP/1.1 418 Not In The Script\r\nContent-Length: 0\r\n\r\n"


def http(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """An answer as bytes; ``Content_Type="text/html"`` becomes a header."""
    body = body.encode() if isinstance(body, str) else body
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **told}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + body


def api(document: Any, status: int = 200, **headers: str) -> bytes:
    """A JSON answer."""
    return http(status, json.dumps(document), **headers)


def resource(attributes: Mapping[str, Any] | None = None, id_: Any = "L5m24mjs", status: int = 200) -> bytes:
    """A JSON:API document with one integration."""
    return api({"data": {"id": id_, "type": "integrations", "attributes": dict(attributes or {})}}, status)


def drop(_connection: socket.socket, _closing: threading.Event) -> None:
    """Close the connection without an answer."""


def reset(connection: socket.socket, _closing: threading.Event) -> None:
    """Abort the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(_connection: socket.socket, closing: threading.Event) -> None:
    """Never answer."""
    closing.wait(30)


def drip(head: bytes, drop_: bytes) -> ScriptedResponse:
    """Send the head, and then a little every 50 ms, without end."""

    def answer(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(head)
        while not closing.wait(0.05):
            connection.sendall(drop_)

    return answer


def last(data: bytes) -> ScriptedResponse:
    """Send these bytes, and close the connection."""

    def answer(connection: socket.socket, _closing: threading.Event) -> None:
        connection.sendall(data)

    return answer


@dataclass(frozen=True)
class Seen:
    """A request as the server saw it; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FaultServer:
    """Answers its requests with the script's answers, in their order; 418 when there is none left."""

    def __init__(
        self, *script: ScriptedResponse, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.script = list(script)
        self.seen: list[Seen] = []
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
        return [f"{seen.method} {seen.path}" for seen in self.seen]

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
        """Take connections, after :meth:`hang_up` at the same port as before."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listening = socket.create_server((self._host, self._port), family=family)
        self._port = self._listening.getsockname()[1]
        self._start(self._accept, self._listening)

    def hang_up(self) -> None:
        """Refuse new connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()

    def choose(self, seen: Seen) -> ScriptedResponse:  # noqa: ARG002 - for those that look at the request
        """Return what a request gets."""
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
                while self._answer(connection, reader):
                    pass
        except OSError:
            pass  # the client went away, or the test is over
        finally:
            self._open -= {plain, connection}
            connection.close()
            plain.close()

    def _answer(self, connection: socket.socket, reader: Any) -> bool:
        seen = _read(reader)
        if seen is None:
            return False
        with self._lock:
            self.seen.append(seen)
            answer = self.choose(seen)
        if isinstance(answer, bytes):
            connection.sendall(answer)
            return True
        answer(connection, self._closing)
        return False


def _read(reader: Any) -> Seen | None:
    line = reader.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while field := reader.readline().decode("latin-1").strip():
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    return Seen(line[0], line[1], headers, reader.read(int(headers.get("content-length", 0))))
