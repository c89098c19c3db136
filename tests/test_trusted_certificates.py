"""TLS trusts exactly the configured certificates, for every connection that a command makes."""

from __future__ import annotations

import shutil
import ssl
from typing import TYPE_CHECKING

import pytest
import requests.adapters

from jebbitctl.api.transport import Transport
from jebbitctl.environment import Environment
from jebbitctl.errors import UnavailableError
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.util import certificates
from jebbitctl.util.certificates import TrustedCertificates, system_has_certificates
from tests.api.faults import FaultServer, api, http
from tests.api.support import ACCESS_TOKEN, certificate
from tests.http_fixtures import own_environment
from tests.recording_line import RECORDED
from tests.support import Cli, cli_for

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["own_environment"]

COMMANDS = {
    "api": ("api", "/self"),
    "token": ("token",),
    "send": ("webhooks", "send", "URL"),
    "check": ("webhooks", "check", "URL"),
    "replay": ("webhooks", "replay", "recording", "--to", "URL"),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("other"))[0]


@pytest.fixture
def certifi(own: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the server's certificate among those that come with requests."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(own[0]))


@pytest.fixture
def tls(own: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    return context


@pytest.fixture
def tls_only(tls: ssl.SSLContext) -> Iterator[FaultServer]:
    with FaultServer(
        *[api({"data": {"id": "a", "type": "b"}, "access_token": ACCESS_TOKEN})] * 40, tls=tls
    ) as server:
        yield server


@pytest.fixture
def pointed(tmp_path: Path, tls_only: FaultServer) -> Cli:
    env = {
        "JEBBIT_API_BASE_URL": tls_only.url,
        "JEBBIT_AUTH_ISSUER": tls_only.url,
        "JEBBIT_CLIENT_ID": "the-client",
        "JEBBIT_CLIENT_SECRET": "client-secret-08150815",
        "JEBBIT_WEBHOOK_SECRET": "shared-secret-47114711",
    }
    return Cli(tmp_path, env)


def run(cli: Cli, url: str, name: str, **env: str) -> tuple[int, str]:
    (cli.home / "recording").write_text(f"{RECORDED}\n")
    arguments = [str(cli.home / "recording") if part == "recording" else part for part in COMMANDS[name]]
    result = cli.run(*[url if part == "URL" else part for part in arguments], env=env)
    return result.code, result.out + result.err


@pytest.mark.parametrize(
    "name", ["api", *(pytest.param(name, marks=pytest.mark.long) for name in COMMANDS if name != "api")]
)
def test_every_command_trusts_only_the_certificates_that_a_variable_names(
    pointed: Cli, tls_only: FaultServer, own: tuple[Path, Path], other: Path, name: str
) -> None:
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        code, text = run(pointed, tls_only.url, name, **{variable: str(other)})
        assert code in {5, 6}, text
        assert "self-signed certificate" in text
        for missing in ("/dev/null", "/nowhere.pem"):
            code, text = run(pointed, tls_only.url, name, **{variable: missing})
            assert (code, f"error: {variable}: {missing}: " in text) == (2, True), text
        assert not tls_only.seen
        run(pointed, tls_only.url, name, **{variable: str(own[0])})
        assert tls_only.seen
        tls_only.seen.clear()
        shutil.rmtree(pointed.config / "tokens", ignore_errors=True)


def test_a_sandbox_delivers_to_an_endpoint_whose_ca_a_variable_names(
    tls_only: FaultServer, own: tuple[Path, Path], bare: Cli
) -> None:
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        with Sandbox(certificates=Environment({variable: str(own[0])}).trusted_certificates()) as sandbox:
            cli = cli_for(bare.home, sandbox)
            cli.run("integrations", "create", "--active", "--endpoint", tls_only.url)
            (id_,) = cli.run("integrations", "list", "-q", "[].id", "--json").json
            cli.run("integrations", "test", id_)
            result = cli.run("sandbox", "visit", "--finish", "--json").json
            assert result["results"] == {"returned 200": 1}
            assert len(tls_only.seen) == 2
            tls_only.seen.clear()


@pytest.mark.parametrize("verb", ["serve", "run"])
def test_a_sandbox_trusts_what_the_environment_says(
    bare: Cli, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    given: list[TrustedCertificates] = []

    def no_sandbox(*_: object, certificates: TrustedCertificates, **__: object) -> None:
        given.append(certificates)
        raise UnavailableError("enough")

    monkeypatch.setattr("jebbitctl.sandbox.server.Sandbox", no_sandbox)
    bare.run("sandbox", verb, *(["--", "true"] if verb == "run" else []), env={"REQUESTS_CA_BUNDLE": "a.pem"})
    assert given == [TrustedCertificates((("REQUESTS_CA_BUNDLE", "a.pem"),))]


@pytest.mark.usefixtures("certifi")
@pytest.mark.parametrize("name", [pytest.param("api", marks=pytest.mark.long), "send"])
def test_the_certificates_that_come_with_requests_are_never_trusted(
    pointed: Cli, tls_only: FaultServer, other: Path, name: str
) -> None:
    for env in ({}, {"SSL_CERT_FILE": str(other)}, {"REQUESTS_CA_BUNDLE": str(other)}):
        code, text = run(pointed, tls_only.url, name, **env)
        assert code in {5, 6}, text
        assert "self-signed certificate" in text
    assert not tls_only.seen


@pytest.mark.usefixtures("certifi")
def test_a_connection_through_a_proxy_and_the_proxy_itself_are_verified_the_same_way(
    tls: ssl.SSLContext, own: tuple[Path, Path], other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with tls.wrap_socket(connection, server_side=True):
            closing.wait(0.1)

    def error(proxy: FaultServer, trusted: Path) -> str:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        transport = Transport(20, certificates=TrustedCertificates((("SSL_CERT_FILE", str(trusted)),)))
        with pytest.raises(UnavailableError) as caught:
            transport.send("GET", "https://api.invalid/", headers={})
        return caught.value.message

    with FaultServer(tunnel, tunnel) as proxy:
        assert "self-signed certificate" in error(proxy, other)
        assert "hostname mismatch" in error(proxy, own[0])
    with FaultServer(*[http(407)] * 4, tls=tls) as proxy:
        assert "self-signed certificate" in error(proxy, other)
        assert not proxy.seen
        assert "407" in error(proxy, own[0])


def test_a_system_without_certificates_gets_a_hint_to_install_them(
    pointed: Cli, tls_only: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(system_has_certificates(), bool)
    monkeypatch.setattr("jebbitctl.api.network_errors.system_has_certificates", lambda: False)
    _, text = run(pointed, tls_only.url, "token")
    assert "hint: this system has no CA certificates: install ca-certificates, or set SSL_CERT_FILE" in text


def test_a_directory_of_certificates_may_be_one_of_several(own: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "0123abcd.0").write_bytes(own[0].read_bytes())
    TrustedCertificates((("SSL_CERT_DIR", f"/nowhere:{tmp_path}"),)).ssl_context()
    assert certificates.SYSTEM_CERTIFICATES.ssl_context().verify_mode == ssl.CERT_REQUIRED
