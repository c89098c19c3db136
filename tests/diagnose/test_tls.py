from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jebbitctl.diagnose import response, tls
from jebbitctl.diagnose.findings import State
from jebbitctl.diagnose.network import _DEFAULT_PORTS
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES, TrustedCertificates, public_certificates
from tests.api.faults import drop, silence
from tests.api.support import certificate
from tests.http_fixtures import own_environment
from tests.webhooks.support import raw_server

from .certificate_authority import CertificateAuthority
from .endpoints import SANDBOX, OpenNetwork, SteadyServer, a_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.diagnose.network import Network

__all__ = ["own_environment"]

HERE = "IP:127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> TrustedCertificates:
    """A CA that has issued nothing."""
    path, _ = certificate(tmp_path_factory.mktemp("other"))
    return TrustedCertificates((("SSL_CERT_FILE", str(path)),))


def seen_by(network: Network, context: ssl.SSLContext) -> Finding:
    with SteadyServer(tls=context) as server:
        found = tls.tls(a_case(server.url, network))
        assert not server.seen  # nothing was sent
    return found


def public(authority: CertificateAuthority) -> Network:
    """A network in which everyone trusts an authority."""
    return OpenNetwork(SYSTEM_CERTIFICATES, public=authority.trusted)


def test_a_certificate_that_the_public_cas_verify_is_good_for_some_days(
    authority: CertificateAuthority,
) -> None:
    found = seen_by(public(authority), authority.server(HERE, days=90.5))
    assert found.state is State.OK
    assert found.seen.startswith("trusted for 90 days, until 20")


def test_a_certificate_that_expires_soon_is_warned_of(authority: CertificateAuthority) -> None:
    found = seen_by(public(authority), authority.server(HERE, days=5.5))
    assert (found.state, "only for 5 days, until 20" in found.seen) == (State.WARNING, True)
    assert found.fix
    assert "renew" in found.fix
    assert seen_by(public(authority), authority.server(HERE, days=14.5)).state is State.OK


BAD: dict[str, tuple[Callable[[CertificateAuthority], ssl.SSLContext], str, str]] = {
    "expired": (lambda ca: ca.server(HERE, days=-2.5), "expired on 20", "renew"),
    "not valid yet": (lambda ca: ca.server(HERE, begins=1), "not valid yet; it is valid from 20", "clock"),
    "other host": (
        lambda ca: ca.server("DNS:a.example", "DNS:b.example"),
        "not for 127.0.0.1, only for a.example, b.example",
        "get a certificate for 127.0.0.1",
    ),
    "self-signed": (lambda ca: ca.server(HERE, self_signed=True), "self-signed", "public CA"),
    "other purpose": (lambda ca: ca.server(HERE, purpose="clientAuth"), "not valid: unsuit", "replace"),
    "no intermediate": (
        lambda ca: ca.server(HERE, send_intermediate=False),
        "does not send the certificates in between",
        "fullchain.pem",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_certificate_is_told_apart_with_its_cure(authority: CertificateAuthority, name: str) -> None:
    make, seen, fix = BAD[name]
    found = seen_by(public(authority), make(authority))
    assert found.state is State.FAILED
    assert seen in found.seen
    assert fix in (found.fix or "")


def test_an_expired_certificate_says_how_long_ago(authority: CertificateAuthority) -> None:
    assert "2 days ago" in seen_by(public(authority), authority.server(HERE, days=-2.5)).seen


def test_an_expired_certificate_of_the_ca_is_not_taken_for_the_servers(tmp_path: Path) -> None:
    outdated = CertificateAuthority(tmp_path, intermediate_days=-1)
    found = seen_by(public(outdated), outdated.server(HERE))
    assert (found.state, found.seen) == (State.FAILED, "a certificate of its CA has expired")


def test_a_ca_that_everyone_trusts_may_be_trusted_here_as_well(authority: CertificateAuthority) -> None:
    everyone = TrustedCertificates((("certifi", str(authority.root)),))
    assert seen_by(OpenNetwork(authority.trusted, public=everyone), authority.server(HERE)).state is State.OK


def test_a_ca_that_only_this_machine_trusts_is_named(
    authority: CertificateAuthority, other: TrustedCertificates
) -> None:
    found = seen_by(OpenNetwork(authority.trusted, public=other), authority.server(HERE))
    assert found.state is State.WARNING
    assert f"trusted here by SSL_CERT_FILE: {authority.root}, not by the public CAs" in found.seen


def test_a_ca_that_only_this_machine_trusts_excuses_nothing_else(
    authority: CertificateAuthority, other: TrustedCertificates
) -> None:
    found = seen_by(OpenNetwork(authority.trusted, public=other), authority.server(HERE, days=-2.5))
    assert (found.state, "expired" in found.seen) == (State.FAILED, True)


def test_a_ca_that_nobody_trusts_is_private(
    authority: CertificateAuthority, other: TrustedCertificates
) -> None:
    found = seen_by(OpenNetwork(other, public=other), authority.server(HERE))
    assert found.state is State.FAILED


def test_a_sandbox_on_this_machine_trusts_what_this_machine_trusts(
    authority: CertificateAuthority, other: TrustedCertificates
) -> None:
    network = OpenNetwork(authority.trusted, SANDBOX, public=other)
    assert seen_by(network, authority.server(HERE)).state is State.OK


def test_old_versions_of_tls_are_told_apart(authority: CertificateAuthority) -> None:
    context = authority.server(HERE)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    found = seen_by(public(authority), context)
    assert (found.state, "TLS 1.2" in (found.fix or "")) == (State.FAILED, True)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_endpoint_that_asks_for_a_client_certificate_is_warned_of(
    authority: CertificateAuthority, version: ssl.TLSVersion
) -> None:
    context = authority.server(HERE)
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.root)
    with SteadyServer(tls=context) as server:
        case = a_case(f"{server.url}/hook", public(authority))
        found = tls.tls(case)
        if found.state is State.OK:  # TLS 1.3 asks after the handshake
            found = response.response(case)
    assert found.state is State.WARNING, found


def test_a_port_without_tls_is_told_apart(authority: CertificateAuthority) -> None:
    with raw_server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        found = tls.tls(a_case(url.replace("http:", "https:"), public(authority)))
    assert (found.state, found.seen) == (State.FAILED, "its port does not speak TLS")


@pytest.mark.parametrize(("api", "state"), [("https://api2.jebbit.com", "warning"), (SANDBOX, "failed")])
def test_no_connection_is_certain_only_if_jebbit_is_on_this_machine(
    authority: CertificateAuthority, api: str, state: str
) -> None:
    network = OpenNetwork(authority.trusted, api, public=authority.trusted)
    found = tls.tls(a_case("https://127.0.0.1:9/hook", network))
    assert (str(found.state), "connection refused" in found.seen) == (state, True)
    assert ("firewall" in found.seen) == (state == "warning")


def test_a_server_that_hangs_or_hangs_up_may_be_behind_a_firewall(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.network.LOOK_TIMEOUT", 0.2)
    with SteadyServer() as server:
        for respond in (drop, silence):
            server.answer = respond
            url = server.url.replace("http:", "https:")
            found = tls.tls(a_case(url, public(authority)))
            assert (found.state, "firewall" in found.seen) == (State.WARNING, True)


def test_of_several_addresses_one_that_answers_is_enough(authority: CertificateAuthority) -> None:
    network = OpenNetwork(
        authority.trusted, resolve=lambda _: ["127.0.0.9", "127.0.0.1"], public=authority.trusted
    )
    with SteadyServer(tls=authority.server("DNS:hooks.acme.io")) as server:
        url = server.url.replace("127.0.0.1", "hooks.acme.io")
        assert tls.tls(a_case(url, network)).state is State.OK


@pytest.mark.parametrize("good_first", [True, False])
def test_of_several_addresses_the_one_with_a_bad_certificate_counts(
    authority: CertificateAuthority, good_first: bool
) -> None:
    good, bad = ("127.0.0.1", "127.0.0.2") if good_first else ("127.0.0.2", "127.0.0.1")
    with tls_listener(authority.server("DNS:hooks.acme.io"), good) as port:
        addresses = sorted([good, bad])
        network = OpenNetwork(authority.trusted, resolve=lambda _: addresses, public=authority.trusted)
        with tls_listener(authority.server("DNS:hooks.acme.io", days=-3), bad, port):
            found = tls.tls(a_case(f"https://hooks.acme.io:{port}", network))
    assert (found.state, found.seen.endswith(f"3 days ago (at {bad})")) == (State.FAILED, True)


@contextmanager
def tls_listener(context: ssl.SSLContext, address: str, port: int = 0) -> Iterator[int]:
    """Shake hands at an address until the end of the block; the port is returned."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)

    with socket.create_server((address, port)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_of_a_host_without_a_url_the_port_is_only_assumed_and_proves_nothing(
    authority: CertificateAuthority, other: TrustedCertificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = OpenNetwork(authority.trusted, SANDBOX, public=authority.trusted)
    monkeypatch.setitem(_DEFAULT_PORTS, "https", 9)
    found = tls.tls(a_case(None, network, host="127.0.0.1"))
    assert (found.state, "refused" in found.seen) == (State.UNKNOWN, True)
    with SteadyServer(tls=authority.server(HERE)) as server:
        port = urlsplit(server.url).port
        monkeypatch.setitem(_DEFAULT_PORTS, "https", port)
        for trusted in (authority.trusted, other):
            network = OpenNetwork(trusted, SANDBOX, public=trusted)
            found = tls.tls(a_case(None, network, host="127.0.0.1"))
            assert (found.state, f"another than {port}, " in found.seen) == (State.UNKNOWN, True)


def test_an_http_url_has_no_tls(authority: CertificateAuthority) -> None:
    assert tls.tls(a_case("http://127.0.0.1:9", public(authority))).state is State.UNKNOWN


def test_behind_a_proxy_the_certificate_is_not_known(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    network = OpenNetwork(authority.trusted, resolve=lambda _: ["8.8.8.8"], public=authority.trusted)
    found = tls.tls(a_case("https://hooks.acme.io/hook", network))
    assert (found.state, "proxy" in found.seen) == (State.UNKNOWN, True)


def test_the_public_cas_are_those_of_requests_not_what_a_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
    found = public_certificates()
    assert found
    assert found.paths[0][1].endswith("cacert.pem")
    found.ssl_context()


def test_public_cas_that_a_distribution_replaced_by_the_systems_prove_nothing(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ssl.get_default_verify_paths().openssl_cafile
    monkeypatch.setattr("requests.utils.DEFAULT_CA_BUNDLE_PATH", system)
    assert public_certificates() is None
    found = seen_by(OpenNetwork(authority.trusted), authority.server(HERE))
    assert (found.state, "the public CAs are not known here" in found.seen) == (State.UNKNOWN, True)
