"""Causes of a refusal that a receiver's signature check has no part in, and the clock."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from jebbitctl.util.certificates import TrustedCertificates
from jebbitctl.webhooks import verify
from jebbitctl.webhooks.diagnosis import diagnose
from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.response_excerpt import excerpt
from jebbitctl.webhooks.sender import SAMPLE_BODY

from .support import SECRET, UNREACHABLE, Endpoint, raw_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.diagnosis import Diagnosis

NGINX = b"<html><head><title>403 Forbidden</title></head><body><center>nginx/1.25</center></body></html>"
STATUSES: list[tuple[str, dict[str, str], bytes, str, tuple[str, ...]]] = [
    ("301 Moved", {"Location": "https://127.0.0.1/hook"}, b"", "redirect",
     ("https://127.0.0.1/hook", "https:// URL")),
    ("308 Moved", {"Location": "/hook/"}, b"", "redirect", ("/hook/", "slash at its end")),
    ("302 Found", {"Location": "/users/sign_in?next=%2Fhook"}, b"", "redirect", ("/users/sign_in.", "login")),
    ("302 Found", {"Location": "https://a:pass@other.example/x?token=abc"}, b"", "redirect",
     ("https://********@other.example/x.", "Use the endpoint's own URL")),
    ("302 Found", {"Location": "http://[bad"}, b"", "redirect", ("invalid URL",)),
    ("304 Not Modified", {}, b"", "redirect", ("no Location",)),
    ("401 No", {"WWW-Authenticate": 'Basic realm="x"'}, b"log in", "credentials",
     ("Basic)", '"log in"', "--header 'Authorization: @FILE'")),
    ("401 No", {"WWW-Authenticate": "Bearer"}, b"", "credentials",
     ("Bearer)", "--header 'Authorization: @FILE'")),
    ("403 Forbidden", {"Server": "nginx"}, NGINX, "blocked", ('"nginx/1.25"', "allow-list", "Server: ")),
    ("403 Forbidden", {}, b"<title>403</title><h1>Forbidden</h1><p>CSRF verification failed.", "csrf",
     ("CSRF verification failed", "@csrf_exempt")),
    ("419 Expired", {}, b"", "csrf", ("Laravel",)),
    ("404 Not Found", {}, b"Cannot POST /hook", "not_found", ('"Cannot POST /hook"', "path")),
    ("405 No", {"Allow": "GET, HEAD"}, b"", "method_not_allowed", ("allows only GET, HEAD", "POST")),
    ("406 No", {}, b"", "not_acceptable", ("Accept",)),
    ("408 Slow", {}, b"", "request_timeout", ("proxy",)),
    ("410 Gone", {}, b"", "gone", ("URL",)),
    ("411 Length", {}, b"", "length_required", ("HTTP/1.1",)),
    ("413 Large", {}, b"", "too_large", ("client_max_body_size",)),
    ("415 Type", {"Accept-Post": "text/xml"}, b"", "content_type", ("only text/xml", "application/json")),
    ("421 No", {}, b"", "wrong_host", ("host name",)),
    ("426 Upgrade", {}, b"", "upgrade", ("HTTP/1.1",)),
    ("451 No", {}, b"", "blocked", ("address",)),
    ("501 No", {}, b"", "method_not_allowed", ("POST",)),
    ("502 Bad Gateway", {}, b"<h1>502 Bad Gateway</h1>", "proxy_error",
     ('"502 Bad Gateway"', "behind the proxy")),
    ("503 No", {"Retry-After": "30"}, b"", "unavailable", ("Retry-After: 30", "Start the application")),
    ("504 No", {}, b"", "proxy_timeout", ("faster",)),
    ("521 Down", {}, b"", "proxy_error", ("Cloudflare",)),
]  # fmt: skip


def diagnosed_at(
    app: Callable[[WSGIEnvironment, StartResponse], object] | Endpoint,
    wait: Callable[[float], None] = time.sleep,
) -> Diagnosis:
    with BackgroundServer(app) as server, EndpointClient(f"{server.url}/hook") as client:  # type: ignore[arg-type]
        target = ProbeTarget(client, SECRET, wait=wait)
        return diagnose(target, target.send_signed(SAMPLE_BODY))


@pytest.mark.parametrize(("status", "headers", "body", "code", "mentions"), STATUSES)
def test_each_status_has_a_hint_of_its_own(
    status: str, headers: dict[str, str], body: bytes, code: str, mentions: tuple[str, ...]
) -> None:
    endpoint = Endpoint(status, headers=headers, body=body)
    found = diagnosed_at(endpoint, wait=lambda _: None)
    assert found.code == code
    assert not found.unreachable
    assert status[:3] in found.finding
    for part in mentions:
        assert part in f"{found.finding} {found.fix}"
    assert "secret" not in f"{found.finding} {found.fix}".lower()
    assert "token=abc" not in found.finding
    assert len(endpoint.requests) <= 120
    assert all("x-jebbit-test" in request.headers for request in endpoint.requests)


@pytest.mark.default_cases(2)
@pytest.mark.parametrize(
    ("status", "mentions"),
    [
        ("400 Bad Request", ("what Jebbit sends", "request.body.read", "400", '"the words"')),
        pytest.param("401 Unauthorized", ("Compare the secret", "401"), marks=pytest.mark.long),
        ("403 Forbidden", ("Compare the secret", "allow-list", "403")),
        pytest.param("409 Conflict", ("Compare the secret", "409"), marks=pytest.mark.long),
        pytest.param("422 Unprocessable", ("validation", "what Jebbit sends", "422"), marks=pytest.mark.long),
        ("500 Oops", ("log for the exception", "500")),
    ],
)
def test_a_status_that_may_come_from_the_signature_leaves_both_possible(
    status: str, mentions: tuple[str, ...]
) -> None:
    found = diagnosed_at(Endpoint(status, body=b"the words"))
    for part in ("the words", "unsigned delivery in the same way", *mentions):
        assert part in f"{found.finding} {found.fix}"


def test_a_rate_limit_is_not_asked_again() -> None:
    endpoint = Endpoint("429 Slow", headers={"Retry-After": "100"})
    found = diagnosed_at(endpoint)
    assert found.code == "rate_limited"
    assert "Retry-After: 100" in found.finding
    assert "--rate" in found.fix
    assert len(endpoint.requests) == 1


class LateClock:
    """A correct receiver whose clock differs, and whose Date tells it."""

    def __init__(self, seconds: float, *, verifies: bool = True, date: bool = True) -> None:
        self.seconds = seconds
        self.verifies = verifies
        self.date = date

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        now = time.time() + self.seconds
        header = environ.get("HTTP_X_JEBBIT_SIGNATURE")
        body = environ["wsgi.input"].read()
        accepted = self.verifies and verify(SECRET, body, header, now=now)
        date = [("Date", formatdate(now, usegmt=True))] if self.date else []
        start_response("200 OK" if accepted else "400 Old", [*date, ("Content-Length", "0")])
        return []


@pytest.mark.parametrize(("seconds", "words"), [(7200, "2 hours ahead of"), (-1000, "16.7 minutes behind")])
def test_a_clock_that_is_off_is_proven_to_be_the_cause(seconds: float, words: str) -> None:
    found = diagnosed_at(LateClock(seconds))
    assert found.code == "clock"
    assert words in found.finding
    assert "NTP" in found.fix


def test_a_clock_that_is_off_is_said_but_not_blamed_without_proof() -> None:
    found = diagnosed_at(LateClock(3600, verifies=False))
    assert found.code == "unknown"
    assert "60 minutes ahead of" in found.finding
    found = diagnosed_at(LateClock(-40, verifies=False))
    assert "40 seconds behind" in found.finding


def test_a_clock_that_is_off_is_found_without_a_date() -> None:
    found = diagnosed_at(LateClock(4 * 3600, date=False))
    assert found.code == "time_zone"


def test_a_difference_of_a_few_seconds_is_not_mentioned() -> None:
    found = diagnosed_at(Endpoint("404 No", headers={"Date": formatdate(time.time() - 2, usegmt=True)}))
    assert "clock" not in found.finding
    found = diagnosed_at(Endpoint("404 No", headers={"Date": formatdate(time.time() - 60, usegmt=True)}))
    assert "behind this machine's" in found.finding


def test_a_date_that_is_none_leaves_the_clock_unknown() -> None:
    found = diagnosed_at(Endpoint("403 No", headers={"Date": "yesterday"}))
    assert "its clock is unknown" in found.finding


def test_words_are_one_line_without_controls_or_secrets() -> None:
    def words(text: bytes) -> str:
        return excerpt(EndpointResponse(403, 0.1, text), SECRET)

    assert words(b" bad\x1b[31m\r\n  news\x00 ") == "bad\\x1b[31m news\\x00"
    assert words(f"expected {SECRET}".encode()) == "expected ********"
    assert words(b"<p>No &amp; <b>never</b><script>x</script></p>") == "No & never"
    assert words(b"<html><head><title>No</title></head><body></body></html>") == "No"
    assert words(b"x" * 500) == "x" * 199 + "…"
    assert words(b"") == ""
    assert excerpt(EndpointResponse(403, 0.1, b"\x1f\x8b", headers={"content-encoding": "gzip"}), "s") == ""


def diagnosed_url(url: str, certificates: TrustedCertificates | None = None, timeout: float = 5) -> Diagnosis:
    trusted = certificates or TrustedCertificates()
    with EndpointClient(url, timeout, trusted) as client:
        target = ProbeTarget(client, SECRET)
        found = diagnose(target, target.send_signed(SAMPLE_BODY))
    assert found.unreachable
    assert "secret" not in f"{found.finding} {found.fix}"
    return found


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_certificate(folder: Path, *, name: str = "IP:127.0.0.1", days: int = 2) -> Path:
    """Create key.pem and a self-signed cert.pem, valid until some days from now."""
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=x\n[x]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\n"
        f"policy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName={name}\n"
        "basicConstraints=critical,CA:TRUE\n[req]\ndistinguished_name=d\n[d]\n"
    )
    (folder / "index").touch()
    (folder / "serial").write_text("01")
    config, key, certificate = folder / "ca.cnf", folder / "key.pem", folder / "cert.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key)
    openssl("req", "-config", config, "-new", *curve, "-subj", "/CN=test", "-out", folder / "csr.pem")
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    dates = ("-startdate", "20200101000000Z", "-enddate", f"{end:%Y%m%d%H%M%SZ}")
    request = ("-selfsign", "-keyfile", key, "-in", folder / "csr.pem", "-out", certificate)
    subprocess.run(
        ["openssl", "ca", "-batch", "-config", config, *request, *dates],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return certificate


@contextmanager
def served_over_tls(folder: Path, *, client_certificates: bool = False) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "cert.pem")

    def respond(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)

    with raw_server(respond) as url:
        yield url.replace("http://", "https://")


@pytest.mark.parametrize(
    ("name", "days", "code", "fix"),
    [
        ("IP:127.0.0.1", -2, "tls_expired", "renew"),
        ("DNS:other.example", 2, "tls_wrong_name", "host name"),
    ],
)
def test_problems_with_a_trusted_certificate_are_told_apart(
    tmp_path: Path, name: str, days: int, code: str, fix: str
) -> None:
    own = TrustedCertificates((("--ca", str(make_certificate(tmp_path, name=name, days=days))),))
    with served_over_tls(tmp_path) as url:
        found = diagnosed_url(url, own)
    assert found.code == code
    assert fix in found.fix


def test_a_certificate_that_is_not_trusted_is_told_apart(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    with served_over_tls(tmp_path) as url:
        found = diagnosed_url(url)
    assert found.code == "tls_self_signed"
    assert "--ca FILE" in found.fix


def test_an_endpoint_that_asks_for_a_client_certificate_is_told_apart(tmp_path: Path) -> None:
    own = TrustedCertificates((("--ca", str(make_certificate(tmp_path))),))
    with served_over_tls(tmp_path, client_certificates=True) as url:
        found = diagnosed_url(url, own)
    assert found.code in {"tls_client_certificate", "dropped"}
    assert "--client-cert" in found.fix


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        ("unable to get local issuer certificate", "tls_unknown_ca", "CA"),
        ("certificate is not yet valid", "tls_not_yet_valid", "clock"),
        ("certificate revoked", "tls_revoked", "replace"),
        ("wrong version number", "no_tls", "http://"),
        ("tlsv1 alert protocol version", "tls_version", "TLS 1.2"),
        ("tlsv13 alert certificate required", "tls_client_certificate", "--client-cert"),
        ("the proxy did not connect: it returned 407", "proxy", "HTTPS_PROXY"),
        ("the host name could not be resolved", "dns", "DNS"),
        ("no route to host", "no_route", "network"),
        ("connection reset by peer", "dropped", "log"),
        ("something else", "no_response", "curl"),
    ],
)
def test_other_reasons_for_no_response_have_hints(error: str, code: str, fix: str) -> None:
    with EndpointClient("https://example.com/hook?token=abc") as client:
        found = diagnose(ProbeTarget(client, SECRET), EndpointResponse(None, 0.1, error=error, reached=False))
    assert (found.code, found.unreachable) == (code, True)
    assert fix in found.fix
    assert "token" not in found.finding


@pytest.mark.parametrize("reason", ["the host name could not be resolved", "name or service not known"])
def test_a_host_that_does_not_resolve_is_named_without_a_repetition(reason: str) -> None:
    with EndpointClient("https://example.com/hook") as client:
        found = diagnose(
            ProbeTarget(client, SECRET), EndpointResponse(None, 0.1, error=reason, reached=False)
        )
    assert found.finding.count("not be resolved") == 1


def test_connections_that_fail_are_told_apart() -> None:
    assert diagnosed_url(UNREACHABLE).code == "refused"
    with raw_server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        assert diagnosed_url(url.replace("http:", "https:")).code == "no_tls"
    with raw_server(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")) as url:
        assert diagnosed_url(url).code == "not_http"
    with raw_server(lambda _: None) as url:
        assert diagnosed_url(url).code == "dropped"


def test_an_endpoint_that_hangs_is_asked_only_once() -> None:
    def hang(connection: socket.socket) -> None:
        with suppress(OSError):
            while connection.recv(65536):
                pass

    with raw_server(hang) as url:
        found = diagnosed_url(url, timeout=0.2)
    assert found.code == "timeout"
    assert "within 0.2 s" in found.finding
    assert "set a longer timeout" in found.fix
