from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit

import pytest
from waitress.server import create_server

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.receiving.background_server import MAX_REQUEST_BYTES, BackgroundServer

from .support import connected, post, talk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(params=[4, 1])
def threads(request: pytest.FixtureRequest) -> int:
    count: int = request.param
    return count


@pytest.fixture
def url(threads: int) -> Iterator[str]:
    with BackgroundServer(echo, threads=threads) as server:
        yield server.url


def status_of(response: bytes) -> int:
    assert response.startswith(b"HTTP/1."), response
    return int(response.split(b" ", 2)[1])


def test_waitress_polls_at_most_300_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    create = mock.Mock(wraps=create_server)
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.create_server", create)
    with BackgroundServer(echo):
        pass
    options = create.call_args.kwargs
    assert (options["connection_limit"], options["asyncore_use_poll"]) == (300, True)


@pytest.mark.parametrize("length", ["-1", "abc", "1000000000000", "1e12", "1_0", "+5", "5, 5", ""])
def test_an_invalid_content_length_is_rejected_and_the_connection_closed(url: str, length: str) -> None:
    response = talk(url, f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello".encode())
    assert status_of(response) in {400, 413}
    assert b"connection: close" in response.lower()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
        b"POST http://[/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["length of 5,000 digits", "broken IPv6 address"],
)
def test_a_request_that_waitress_fails_to_parse_closes_the_connection_and_never_reaches_the_application(
    threads: int, request_bytes: bytes
) -> None:
    bodies: list[bytes] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        bodies.extend(echo(environ, start_response))
        return bodies[-1:]

    with BackgroundServer(app, threads=threads) as server:
        response = talk(server.url, request_bytes)
        assert not response or status_of(response) in {400, 413}
        assert post(server.url, b"next").content == b"next"
    assert bodies == [b"next"]


def test_transfer_encoding_overrides_content_length(url: str) -> None:
    """RFC 9112, section 6.3, allows this; waitress hides from the application that both were sent."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"
    response = talk(url, head + b"Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert status_of(response) == 200
    assert response.endswith(b"\r\n\r\nhello")


def test_two_different_content_lengths_are_rejected(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"
    assert status_of(talk(url, head)) == 400


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"POST\r\n\r\n",
        b"\x00" * 9 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_not_http_are_rejected(url: str, request_bytes: bytes) -> None:
    assert status_of(talk(url, request_bytes)) == 400


def test_headers_over_the_limit_are_rejected(url: str) -> None:
    assert status_of(talk(url, b"POST / HTTP/1.1\r\nX: ".ljust(32 * 1024, b"a"))) == 431


def test_a_chunked_body_is_received_in_full(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(url, head + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n").endswith(b"\r\n\r\nhello!")


def test_pipelined_requests_get_responses_in_order(url: str) -> None:
    one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n%b\r\n"
    close = b"Connection: close\r\n"
    started = time.monotonic()
    for _ in range(6):
        response = talk(url, one % b"" + b"a" + one % b"" + b"b" + one % close + b"c")
        assert [part[:1] for part in response.split(b"\r\n\r\n")[1:]] == [b"a", b"b", b"c"]
    assert time.monotonic() - started < 5  # none of them waited for the loop's timeout of one second


def test_expect_100_continue_is_answered(url: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with connected(url) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert status_of(connection.recv(1000)) == 200


def test_a_body_of_the_maximum_size_is_accepted_and_a_larger_one_gets_413(url: str) -> None:
    assert len(post(url, b"x" * MAX_REQUEST_BYTES).content) == MAX_REQUEST_BYTES
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_REQUEST_BYTES + 1}\r\n\r\n".encode()
    assert status_of(talk(url, head)) == 413


def test_200_slow_clients_do_not_delay_other_clients(url: str) -> None:
    slow = [socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) for _ in range(200)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall(
                b"POST / HT" if number % 2 else b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"
            )
        started = time.monotonic()
        for _ in range(20):
            assert post(url, b"{}").status_code == 200
        assert time.monotonic() - started < 10
    finally:
        for connection in slow:
            connection.close()


def test_connections_over_the_limit_wait_until_idle_ones_are_closed(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.MAX_CONNECTIONS", 6)
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.IDLE_TIMEOUT", 1.5)
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.CLEANUP_INTERVAL", 0.1)
    with BackgroundServer(echo, threads=threads) as server, ExitStack() as stack:
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
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    assert len(post(url, b"x" * MAX_REQUEST_BYTES).content) == MAX_REQUEST_BYTES


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts descriptors in /proc")
def test_no_thread_or_descriptor_leaks_when_clients_stay_connected(threads: int) -> None:
    with BackgroundServer(echo, threads=threads):
        pass
    gc.collect()  # closes what earlier tests left, before the first count
    before, descriptors = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with BackgroundServer(echo, threads=threads) as server, connected(server.url) as connection:
            connection.sendall(b"POST / HT")
            post(server.url, b"{}")
    gc.collect()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)  # a worker thread has left waitress' count just before it ends
    assert threading.active_count() <= before
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_a_running_request_is_completed_when_the_server_shuts_down(threads: int) -> None:
    entered = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        entered.set()
        time.sleep(0.3)
        return echo(environ, start_response)

    responses: list[requests.Response] = []
    with BackgroundServer(slow, threads=threads) as server:
        client = threading.Thread(target=lambda: responses.append(post(server.url, b"still here")))
        client.start()
        assert entered.wait(15)
    client.join()
    assert [response.content for response in responses] == [b"still here"]


def test_an_application_that_hangs_does_not_block_the_shutdown(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.background_server.SHUTDOWN_TIMEOUT", 0.2)
    entered, release = threading.Event(), threading.Event()

    def stuck(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        entered.set()
        release.wait(20)
        return echo(environ, start_response)

    before = set(threading.enumerate())
    with BackgroundServer(stuck, threads=threads) as server:
        client = socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0))
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert entered.wait(15)
        started = time.monotonic()
    assert time.monotonic() - started < 15
    release.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    client.close()


@pytest.mark.long
def test_no_shutdown_fails_in_2000() -> None:
    for _ in range(2000):  # one in 15 to 785 failed while the trigger's pipe was closed too early
        with BackgroundServer(echo) as server:
            assert post(server.url, b"x").status_code == 200


def test_the_port_is_free_after_the_shutdown() -> None:
    with BackgroundServer(echo) as first:
        port = urlsplit(first.url).port or 0
        post(first.url, b"")
    with BackgroundServer(echo, port=port) as second:
        assert second.url == first.url
        assert post(second.url, b"").ok


def test_a_port_in_use_is_a_usage_error(url: str) -> None:
    port = urlsplit(url).port or 0
    with (
        pytest.raises(UsageError, match=rf"^port {port} on 127\.0\.0\.1 is already in use$") as caught,
        BackgroundServer(echo, port=port),
    ):
        pass
    assert caught.value.hint == "choose another port, or 0 for any free port"


@pytest.mark.parametrize(
    ("host", "port"),
    [("192.0.2.1", 0), ("no.such.host.invalid", 0), ("127.0.0.1", 70000), ("127.0.0.1", -1)],
)
def test_an_address_that_cannot_be_bound_is_a_usage_error(host: str, port: int) -> None:
    with (
        pytest.raises(UsageError, match=r"cannot listen on|does not exist"),
        BackgroundServer(echo, host=host, port=port),
    ):
        pass


@pytest.mark.parametrize("host", ["::1", "[::1]", "0:0:0:0:0:0:0:1"])
def test_ipv6_loopback_works(host: str) -> None:
    with BackgroundServer(echo, host=host) as server:
        assert post(server.url, b"six").content == b"six"


@pytest.mark.parametrize("host", ["127.1", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "localhost."])
def test_every_spelling_of_loopback_can_be_listened_on(host: str) -> None:
    with BackgroundServer(echo, host=host) as server:
        assert post(f"http://127.0.0.1:{urlsplit(server.url).port}", b"any").content == b"any"


def test_a_name_that_has_only_an_ipv6_address_can_be_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def as_hosts_files_do(host: object, *args: object, **options: object) -> object:
        return resolve("::1" if host == "localhost6" else host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", as_hosts_files_do)
    create = socket.create_server
    monkeypatch.setattr(
        socket, "create_server", lambda address, family: create(("::1", address[1]), family=family)
    )
    with BackgroundServer(echo, host="localhost6") as server:
        assert urlsplit(server.url).port


def test_the_url_names_an_ipv6_address_in_brackets() -> None:
    with BackgroundServer(echo, host="[::1]") as server:
        assert server.url.startswith("http://[::1]:")


def test_the_url_of_a_wildcard_address_can_be_connected_to() -> None:
    with BackgroundServer(echo, host="0.0.0.0") as server:  # noqa: S104 - for the length of this test
        assert post(server.url, b"any").content == b"any"


def test_bad_requests_print_nothing_to_stderr(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    talk(url, b"POST /\x1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    with connected(url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
    talk(url, b"POST http://[/ HTTP/1.1\r\n\r\n")
    assert capfd.readouterr() == ("", "")
