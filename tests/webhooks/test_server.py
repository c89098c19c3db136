from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.server import BODY_LIMIT, BackgroundServer

from .support import connected, post, talk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(params=[4, 0], ids=["workers", "no workers"])
def workers(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


@pytest.fixture
def url(workers: int) -> Iterator[str]:
    with BackgroundServer(echo, workers=workers) as server:
        yield server.url


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1000000000000", "1e12", "1_0", "+5", "5, 5", "", "9" * 5000]
)
def test_a_strange_content_length_is_refused_and_the_connection_closed(url: str, length: str) -> None:
    answer = talk(url, f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello".encode())
    assert status_of(answer) in {400, 413}
    assert b"connection: close" in answer.lower()


def test_a_length_and_chunks_at_once_are_refused(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert status_of(talk(url, head + b"5\r\nhello\r\n0\r\n\r\n")) == 400


def test_two_different_lengths_are_refused(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
    assert status_of(talk(url, head)) == 400


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"POST\r\n\r\n",
        b"POST http://[/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 9 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(url: str, request_bytes: bytes) -> None:
    assert status_of(talk(url, request_bytes)) == 400


def test_endless_headers_are_refused(url: str) -> None:
    assert status_of(talk(url, b"POST / HTTP/1.1\r\nX: ".ljust(32 * 1024, b"a"))) == 431


def test_a_chunked_body_arrives_whole(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(url, head + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n").endswith(b"\r\n\r\nhello!")


def test_requests_sent_at_once_on_one_connection_are_answered_in_order(url: str) -> None:
    one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n%b\r\n"
    close = b"Connection: close\r\n"
    began = time.monotonic()
    for _ in range(6):
        answer = talk(url, one % b"" + b"a" + one % b"" + b"b" + one % close + b"c")
        assert [part[:1] for part in answer.split(b"\r\n\r\n")[1:]] == [b"a", b"b", b"c"]
    assert time.monotonic() - began < 5  # the loop looks around once a second, whatever comes


def test_a_client_that_waits_to_be_told_to_go_on_is_told(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with connected(url) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert status_of(connection.recv(1000)) == 200


def test_a_body_of_exactly_the_limit_arrives_and_one_more_byte_does_not(url: str) -> None:
    assert len(post(url, b"x" * BODY_LIMIT).content) == BODY_LIMIT
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_LIMIT + 1}\r\n\r\n".encode()
    assert status_of(talk(url, head)) == 413


def test_200_slow_clients_do_not_hold_up_others(url: str) -> None:
    slow = [socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) for _ in range(200)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall(
                b"POST / HT" if number % 2 else b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"
            )
        began = time.monotonic()
        for _ in range(20):
            assert post(url, b"{}").status_code == 200
        assert time.monotonic() - began < 10
    finally:
        for connection in slow:
            connection.close()


def test_connections_over_the_limit_wait_their_turn_and_idle_ones_make_room(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.server._CONNECTION_LIMIT", 6)
    monkeypatch.setattr("jebbitctl.webhooks.server._IDLE_SECONDS", 3)
    monkeypatch.setattr("jebbitctl.webhooks.server._SWEEP_SECONDS", 0.1)
    with BackgroundServer(echo, workers=workers) as server, ExitStack() as stack:
        first, *_ = [stack.enter_context(connected(server.url)) for _ in range(8)]
        time.sleep(0.3)
        last = stack.enter_context(connected(server.url))
        last.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        last.settimeout(0.3)
        with pytest.raises(TimeoutError):
            last.recv(1000)
        assert first.recv(1000) == b""
        last.settimeout(10)
        assert status_of(last.recv(1000)) == 200


def test_no_body_is_written_to_a_file(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert len(post(url, b"x" * BODY_LIMIT).content) == BODY_LIMIT


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts descriptors in /proc")
def test_nothing_is_left_behind_even_by_clients_that_stay_connected(workers: int) -> None:
    with BackgroundServer(echo, workers=workers):
        pass
    gc.collect()  # what earlier tests left must not be closed between the two counts
    threads, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with BackgroundServer(echo, workers=workers) as server, connected(server.url) as connection:
            connection.sendall(b"POST / HT")
            post(server.url, b"{}")
    gc.collect()
    assert threading.active_count() <= threads  # one that an earlier test left may end meanwhile
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_a_request_under_way_is_answered_when_the_server_ends(workers: int) -> None:
    entered = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        entered.set()
        time.sleep(0.3)
        return echo(environ, start_response)

    answers: list[requests.Response] = []
    with BackgroundServer(slow, workers=workers) as server:
        client = threading.Thread(target=lambda: answers.append(post(server.url, b"still here")))
        client.start()
        assert entered.wait(15)
    client.join()
    assert [answer.content for answer in answers] == [b"still here"]


def test_an_application_that_hangs_does_not_hang_the_end(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.server._SHUTDOWN_SECONDS", 0.2)
    entered, go_on = threading.Event(), threading.Event()

    def stuck(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        entered.set()
        go_on.wait(20)
        return echo(environ, start_response)

    before = set(threading.enumerate())
    with BackgroundServer(stuck, workers=workers) as server:
        client = socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert entered.wait(15)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    go_on.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    client.close()


def test_the_port_is_free_again_afterwards() -> None:
    with BackgroundServer(echo) as first:
        port = urlsplit(first.url).port or 0
        post(first.url, b"")
    with BackgroundServer(echo, port=port) as second:
        assert second.url == first.url
        assert post(second.url, b"").ok


def test_a_port_in_use_is_named(url: str) -> None:
    port = urlsplit(url).port or 0
    with (
        pytest.raises(UsageError, match=rf"^port {port} on 127\.0\.0\.1 is already in use$") as caught,
        BackgroundServer(echo, port=port),
    ):
        pass
    assert caught.value.hint == "choose another port; 0 picks a free one"


@pytest.mark.parametrize(
    ("host", "port"),
    [("192.0.2.1", 0), ("no.such.host.invalid", 0), ("127.0.0.1", 70000), ("127.0.0.1", -1)],
)
def test_an_address_that_cannot_be_bound_is_a_usage_error(host: str, port: int) -> None:
    with (
        pytest.raises(UsageError, match=r"cannot listen on port|does not exist"),
        BackgroundServer(echo, host=host, port=port),
    ):
        pass


def test_ipv6_loopback_works() -> None:
    with BackgroundServer(echo, host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert post(server.url, b"six").content == b"six"


def test_the_url_of_a_wildcard_address_can_be_connected_to() -> None:
    with BackgroundServer(echo, host="0.0.0.0") as server:  # noqa: S104 - for the length of this test
        assert post(server.url, b"any").content == b"any"


def test_clients_that_misbehave_leave_no_trace_on_standard_error(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    talk(url, b"POST /\x1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    with connected(url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
    talk(url, b"POST http://[/ HTTP/1.1\r\n\r\n")
    assert capfd.readouterr() == ("", "")
