from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.support import SandboxClient, connection_to

if TYPE_CHECKING:
    import socket

    from jebbitctl.sandbox.server import Sandbox

HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def _send_raw(sandbox: Sandbox, request: bytes) -> bytes:
    """Send raw bytes; return the response, up to the end of the connection."""
    received = b""
    with (
        connection_to(sandbox) as connection,
        suppress(ConnectionError),
    ):  # reset if the server did not read everything
        connection.sendall(request)
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        (b"Content-Length: -1\r\n", {400}),
        (b"Content-Length: abc\r\n", {400}),
        (b"Content-Length: 1_0\r\n", {400}),
        (b"Content-Length: 1000000000000\r\n", {413}),
        (b"Content-Length: 1e12\r\n", {400}),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", {400}),
        (b"Transfer-Encoding: gzip\r\n", {501}),
        (b"X: " + b"x" * 40_000 + b"\r\n", {431}),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
    ],
)
def test_an_invalid_request_is_rejected_and_the_connection_closed(
    sandbox: Sandbox, headers: bytes, statuses: set[int]
) -> None:
    received = _send_raw(sandbox, HEAD + headers + b"\r\n{}")
    assert int(received.split(b" ")[1]) in statuses
    assert received.count(b"HTTP/1.1 ") + received.count(b"HTTP/1.0 ") == 1
    with SandboxClient(sandbox) as client:
        assert client.get("self").status_code == 200


@pytest.mark.parametrize(
    "headers", [b"Content-Length: 2000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1e8480\r\n"]
)
def test_a_body_over_the_limit_gets_413(sandbox: Sandbox, headers: bytes) -> None:
    def send_body(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(b"x" * 2_000_000)

    with connection_to(sandbox) as connection:
        connection.sendall(HEAD + headers)
        sender = threading.Thread(target=send_body, args=(connection,))
        sender.start()
        assert connection.recv(100).split(b" ")[1] == b"413"
        sender.join(timeout=5)


def test_200_slow_connections_do_not_delay_others(client: SandboxClient) -> None:
    client.login()
    slow = [connection_to(client.sandbox) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
        started = time.monotonic()
        assert client.get("self").status_code == 200
        assert time.monotonic() - started < 10
    finally:
        for connection in slow:
            connection.close()
