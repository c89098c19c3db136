from __future__ import annotations

import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import TrustedCertificates
from jebbitctl.webhooks.endpoint import MAX_KEPT_BYTES, ClientCertificate, EndpointClient
from jebbitctl.webhooks.receiving.background_server import BackgroundServer

from .support import UNREACHABLE, Endpoint, raw_server, silently_closing_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def tls_server(folder: Path, *, client_certificates: bool = False) -> Iterator[str]:
    """Respond to one request over TLS, with the self-signed certificate ``folder/cert.pem``."""
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    curve = "ec -pkeyopt ec_paramgen_curve:P-256"  # made in a twentieth of the time of an RSA key
    request = f"openssl req -x509 -newkey {curve} -nodes -days 2 -subj /CN=localhost"
    make = f"{request} -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate)

    def respond(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with raw_server(respond) as url:
        yield url.replace("http://", "https://")


def test_the_body_and_headers_are_sent_exactly_as_given() -> None:
    endpoint = Endpoint(body=b"thanks")
    body = b'\xef\xbb\xbf{ "a":1}\r\n\xff'
    with BackgroundServer(endpoint) as server, EndpointClient(server.url + "/hook?x=%2F") as client:
        response = client.send(body, {"x-name": "\u00a0caf\u00e9", "user-agent": "Jebbit"})
    (request,) = endpoint.requests
    assert request.body == body
    assert request.path == "/hook?x=%2F"
    assert request.headers == {
        "host": server.url.removeprefix("http://"),
        "x-name": "\u00a0caf\u00e9",
        "user-agent": "Jebbit",
        "connection": "close",
        "content-length": str(len(body)),
    }
    assert (response.status, response.start, response.error, response.accepted) == (
        200,
        b"thanks",
        None,
        True,
    )
    assert 0 < response.elapsed < 5


@pytest.mark.parametrize("status", ["204 No Content", "202 Accepted"])
def test_any_2xx_is_accepted(status: str) -> None:
    with BackgroundServer(Endpoint(status)) as server, EndpointClient(server.url) as client:
        assert client.send(b"", {}).accepted


def test_a_redirect_is_reported_and_not_followed() -> None:
    other = Endpoint()
    with BackgroundServer(other) as elsewhere:
        endpoint = Endpoint("307 Temporary Redirect", headers={"Location": elsewhere.url})
        with BackgroundServer(endpoint) as server, EndpointClient(server.url) as client:
            response = client.send(b"{}", {})
    assert (response.status, response.accepted) == (307, False)
    assert not other.requests


def test_the_target_of_a_redirect_is_not_parsed_and_its_body_is_not_read_in_full() -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://[bad/\r\n\r\n")
        with suppress(OSError):
            while sent < 50 * 2**20:
                sent += connection.send(b"x" * 65536)

    with raw_server(endless) as url, EndpointClient(url) as client:
        response = client.send(b"{}", {})
    assert (response.status, response.error) == (302, None)
    assert sent < 20 * 2**20


def test_netrc_proxies_and_cookies_do_not_affect_a_loopback_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, UNREACHABLE)
    endpoint = Endpoint(headers={"Set-Cookie": "session=1"})
    with BackgroundServer(endpoint) as server:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            with EndpointClient(url) as client:
                assert client.send(b"{}", {}).status == 200
                assert client.send(b"{}", {}).status == 200
    assert not any({"authorization", "cookie"} & set(request.headers) for request in endpoint.requests)


def test_other_hosts_are_reached_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = Endpoint()
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with BackgroundServer(proxy) as server:
        monkeypatch.setenv("http_proxy", server.url)
        with EndpointClient("http://hooks.example.com/in") as client:
            assert client.send(b"{}", {}).status == 200
    assert proxy.requests[0].headers["host"] == "hooks.example.com"


def test_an_endpoint_that_the_proxy_refuses_to_connect_to_was_not_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with BackgroundServer(Endpoint("403 Forbidden")) as server:
        monkeypatch.setenv("https_proxy", server.url)
        with EndpointClient("https://hooks.example.com/in") as client:
            response = client.send(b"{}", {})
    assert (response.status, response.reached) == (None, False)


def test_only_the_start_of_a_long_response_is_kept() -> None:
    with BackgroundServer(Endpoint(body=b"x" * 300_000)) as server, EndpointClient(server.url) as client:
        assert client.send(b"", {}).start == b"x" * MAX_KEPT_BYTES


def test_a_compressed_response_is_not_decompressed() -> None:
    endpoint = Endpoint(body=b"\x1f\x8b not really", headers={"Content-Encoding": "gzip"})
    with BackgroundServer(endpoint) as server, EndpointClient(server.url) as client:
        assert client.send(b"", {}).start == endpoint.body


def test_a_refused_connection_is_a_result_with_the_reason() -> None:
    with EndpointClient(UNREACHABLE) as client:
        response = client.send(b"", {})
    assert (response.status, response.error, response.reached) == (None, "connection refused", False)


def test_an_unknown_host_is_a_result_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with EndpointClient("http://no.such.host.invalid") as client:
        response = client.send(b"", {})
    assert (response.status, response.reached) == (None, False)
    assert response.error


def test_a_slow_endpoint_times_out() -> None:
    with BackgroundServer(Endpoint(delay=0.6)) as server, EndpointClient(server.url, 0.2) as client:
        response = client.send(b"", {})
    assert (response.status, response.error, response.reached) == (None, "no response within 0.2 s", True)


def test_a_response_that_drips_times_out() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(8):
            time.sleep(0.1)
            connection.sendall(b"X: y\r\n")

    with raw_server(drip) as url, EndpointClient(url, 0.3) as client:
        assert client.send(b"", {}).error == "no response within 0.3 s"


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"]
)
def test_a_response_that_drips_forever_keeps_no_thread_and_no_connection(start: bytes) -> None:
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        try:
            while True:
                connection.sendall(b"y")
                time.sleep(0.02)
        finally:
            gone.set()

    with raw_server(drip) as url, EndpointClient(url, 0.1) as client:
        assert client.send(b"", {}).error == "no response within 0.1 s"
        assert gone.wait(10)
    deadline = time.monotonic() + 10
    while "call_with_timeout" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.long)])
def test_no_request_is_lost_at_a_server_that_closes_connections_without_saying_so(count: int) -> None:
    with silently_closing_server() as url, EndpointClient(url) as client:
        responses = [client.send(b"{}", {}) for _ in range(count)]
    assert [response.error for response in responses if not response.accepted] == []


def test_the_headers_of_a_response_are_kept() -> None:
    endpoint = Endpoint("302 Found", headers={"Location": "/login"})
    with BackgroundServer(endpoint) as server, EndpointClient(server.url) as client:
        assert client.send(b"", {}).headers["location"] == "/login"


def test_headers_of_the_client_are_added_to_each_request() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server, EndpointClient(server.url, headers={"x-key": "k"}) as client:
        client.send(b"", {"x-name": "n"})
    assert {"x-key": "k", "x-name": "n"}.items() <= endpoint.requests[0].headers.items()


def test_a_client_certificate_is_shown_to_an_endpoint_that_asks_for_one(tmp_path: Path) -> None:
    with tls_server(tmp_path, client_certificates=True) as url:
        trusted = TrustedCertificates((("SSL_CERT_FILE", str(tmp_path / "cert.pem")),))
        own = ClientCertificate(tmp_path / "cert.pem", tmp_path / "key.pem")
        with EndpointClient(url, certificates=trusted, client_certificate=own) as client:
            assert client.send(b"", {}).status == 204
    with tls_server(tmp_path, client_certificates=True) as url:
        trusted = TrustedCertificates((("SSL_CERT_FILE", str(tmp_path / "cert.pem")),))
        with EndpointClient(url, certificates=trusted) as client:
            assert client.send(b"", {}).status is None


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_client_certificate_that_cannot_be_loaded_is_a_usage_error(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "client.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"client certificate .*client\.pem: "):
        EndpointClient("https://127.0.0.1:9", client_certificate=ClientCertificate(path)).__enter__()


@pytest.mark.parametrize(
    "type_", ["RSA -pkeyopt rsa_keygen_bits:2048", "EC -pkeyopt ec_paramgen_curve:P-256"]
)
def test_a_client_certificate_with_the_key_of_another_says_so(tmp_path: Path, type_: str) -> None:
    key, certificate, other = (tmp_path / name for name in ("key.pem", "cert.pem", "other.pem"))
    make = f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout {key} -out {certificate}"
    for command in (make, f"openssl genpkey -algorithm {type_} -out {other}"):
        subprocess.run(command.split(), check=True, capture_output=True)
    own = ClientCertificate(certificate, other)
    with pytest.raises(UsageError, match="the private key does not fit the certificate"):
        EndpointClient("https://127.0.0.1:9", client_certificate=own).__enter__()


@pytest.mark.parametrize("garbage", [b"", b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_invalid_http_is_a_result_with_the_reason(garbage: bytes) -> None:
    with raw_server(lambda connection: connection.sendall(garbage)) as url, EndpointClient(url) as client:
        response = client.send(b"", {})
    assert response.status is None
    assert response.error
    assert "\n" not in response.error
    assert response.reached


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
    ],
)
def test_a_response_that_ends_too_early_is_no_response(response: bytes) -> None:
    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(response)

    with raw_server(respond) as url, EndpointClient(url) as client:
        found = client.send(b"", {})
    assert (found.status, found.error) == (None, "the response was cut off")


def test_an_untrusted_certificate_is_rejected(tmp_path: Path) -> None:
    with tls_server(tmp_path) as url, EndpointClient(url) as client:
        response = client.send(b"", {})
    assert (response.status, response.reached) == (None, True)
    assert "certificate" in (response.error or "").lower()


def test_the_given_certificates_are_trusted(tmp_path: Path) -> None:
    with tls_server(tmp_path) as url:
        trusted = TrustedCertificates((("SSL_CERT_FILE", str(tmp_path / "cert.pem")),))
        with EndpointClient(url, certificates=trusted) as client:
            assert client.send(b"", {}).status == 204


def test_certificates_that_cannot_be_loaded_are_an_error_before_anything_is_sent() -> None:
    missing = TrustedCertificates((("SSL_CERT_FILE", "/nowhere.pem"),))
    with pytest.raises(UsageError, match=r"SSL_CERT_FILE: /nowhere\.pem: no such file"):
        EndpointClient("https://127.0.0.1:9", certificates=missing).__enter__()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app:8080",
        "ftp://example.com",
        "http://",
        "http://a b",
        "http://u:p@example.com",
        "http://a..b/",
    ],
)
def test_an_invalid_url_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="the endpoint's URL") as caught:
        EndpointClient(url)
    assert "absolute URL" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("localhost:3000", "http"),
        ("localhost:3000/jebbit?next=https://a.io", "http"),
        ("127.0.0.1/x", "http"),
        ("example.com/hook", "https"),
    ],
)
def test_a_url_without_its_scheme_is_told_which_one_to_add(url: str, scheme: str) -> None:
    with pytest.raises(UsageError, match="it is not an absolute URL") as caught:
        EndpointClient(url)
    assert caught.value.hint == f"put {scheme}:// in front of it"


@pytest.mark.parametrize(
    "url", ["http://staging.example.com/hook", "HTTPS://example.com", "http://[::1]:8787"]
)
def test_any_http_or_https_url_is_allowed(url: str) -> None:
    assert EndpointClient(url).url == url
