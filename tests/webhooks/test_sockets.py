"""Clients that are silent, slow or many do not keep a server from others."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from waitress.server import create_server

from jebbitctl.webhooks.receiving.background_server import (
    CLEANUP_INTERVAL,
    IDLE_TIMEOUT,
    MAX_CONNECTIONS,
    BackgroundServer,
)
from tests.commands.webhooks.support import listening, wait_for_end

from .support import Endpoint, connected, post

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.support import Cli

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server that gives a request half a second."""
    monkeypatch.setattr("jebbitctl.webhooks.receiving.sockets.REQUEST_TIMEOUT", 0.5)
    with BackgroundServer(Endpoint()) as server:
        yield server.url


def drip(connection: socket.socket, start: bytes, byte: bytes, *, seconds: float = 5) -> float:
    """Send a byte at a time until the connection is closed; return how long that took."""
    began = time.monotonic()
    connection.settimeout(0.1)
    connection.sendall(start)
    while time.monotonic() - began < seconds:
        try:
            connection.sendall(byte)
            if connection.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("start", "byte"),
    [
        (b"POST / HTTP/1.1\r\nX: ", b"x"),
        (HEAD.replace(b"2", b"99999") + b"\r\n", b"x"),
        (HEAD.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked") + b"\r\nffff\r\n", b"x"),
    ],
    ids=["head", "body", "chunk"],
)
def test_bytes_that_drip_do_not_extend_the_deadline_of_a_request(
    hasty: str, start: bytes, byte: bytes
) -> None:
    with connected(hasty) as connection:
        assert 0.4 < drip(connection, start, byte) < 4


def test_each_request_of_a_connection_has_its_own_deadline(hasty: str) -> None:
    with connected(hasty) as connection:
        for _ in range(4):
            connection.sendall(HEAD)
            time.sleep(0.2)
            connection.sendall(b"\r\n{}")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_silent_connections_are_closed_within_5_seconds() -> None:
    poll = 1  # of waitress
    assert IDLE_TIMEOUT + CLEANUP_INTERVAL + poll <= 5


@pytest.mark.long
@pytest.mark.parametrize("start", [b"", b"POST / HTTP/1.1\r\nX: "], ids=["silent", "dripping"])
def test_a_delivery_arrives_although_all_connections_are_taken(start: bytes) -> None:
    over = threading.Event()
    with BackgroundServer(Endpoint()) as server, ExitStack() as stack:
        taken = [stack.enter_context(connected(server.url)) for _ in range(MAX_CONNECTIONS)]

        def keep_dripping() -> None:
            while not over.wait(0.5):
                for connection in taken:
                    try:
                        connection.sendall(start[:1])
                    except OSError:
                        connection.close()

        dripping = threading.Thread(target=keep_dripping)
        for connection in taken:
            connection.sendall(start)
        dripping.start()
        try:
            assert post(server.url, b"{}").status_code == 200  # which gives up after 10 s
        finally:
            over.set()
            dripping.join()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="changes the limits of another process")
def test_a_receiver_out_of_descriptors_does_not_spin_and_recovers(bare: Cli) -> None:
    import resource

    with listening(bare, "--count", "1") as (process, url), ExitStack() as stack:
        _, maximum = limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        used = max(int(path.name) for path in Path(f"/proc/{process.pid}/fd").iterdir()) + 1
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used, maximum))
        for _ in range(5):
            stack.enter_context(connected(url))
        before = processor_seconds(process.pid)
        time.sleep(0.8)
        assert processor_seconds(process.pid) - before < 0.2
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
        assert post(url, b"{}").status_code == 200
        assert wait_for_end(process)[0] == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="changes the limits of another process")
def test_connections_leave_descriptors_for_files_and_for_forwarding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import resource

    create = mock.Mock(wraps=create_server)
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.create_server", create)
    limits = []
    for descriptors in (20, 256, 1024, resource.RLIM_INFINITY):
        with monkeypatch.context() as patch:
            patch.setattr("resource.getrlimit", lambda _, soft=descriptors: (soft, soft))
            with BackgroundServer(Endpoint()):
                limits.append(create.call_args.kwargs["connection_limit"])
    assert limits == [8, 192, 300, 300]
