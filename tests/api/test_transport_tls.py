from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.transport import Transport
from jebbitctl.errors import UnavailableError, UsageError
from jebbitctl.util.certificates import TrustedCertificates
from tests.api.faults import FaultServer, api, drop, resource
from tests.api.support import certificate, get

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(pem: tuple[Path, Path]) -> Iterator[FaultServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*pem)
    with FaultServer(tls=tls) as running:
        yield running


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_certificate_is_not_trusted(
    secure: FaultServer, transport: Transport, method: str
) -> None:
    with pytest.raises(UnavailableError, match=r"a trusted TLS connection.*self-signed") as caught:
        transport.send(method, f"{secure.url}/api/v1/integrations", headers={})
    assert caught.value.code == "unavailable"
    assert "REQUESTS_CA_BUNDLE" in (caught.value.hint or "")
    assert (secure.connections, secure.seen) == (1, [])


def trusting(path: Path) -> Transport:
    return Transport(timeout=20, certificates=TrustedCertificates((("REQUESTS_CA_BUNDLE", str(path)),)))


def test_a_certificate_in_the_ca_bundle_is_trusted(secure: FaultServer, pem: tuple[Path, Path]) -> None:
    transport = trusting(pem[0])
    secure.script = [resource(), drop, api([1])]
    assert get(transport, secure).status == 200
    assert get(transport, secure).json() == [1]
    assert len(secure.seen) == 3


def test_a_trusted_certificate_for_another_host_is_rejected(
    secure: FaultServer, pem: tuple[Path, Path]
) -> None:
    transport = trusting(pem[0])
    with pytest.raises(UnavailableError, match="hostname mismatch"):
        transport.send("GET", secure.url.replace("127.0.0.1", "localhost"), headers={})
    assert secure.seen == []


@pytest.mark.parametrize("bundle", ["missing.pem", "not.pem"])
def test_an_unreadable_ca_bundle_is_a_usage_error(secure: FaultServer, tmp_path: Path, bundle: str) -> None:
    (tmp_path / "not.pem").write_text("not a certificate")
    with pytest.raises(UsageError, match=rf"REQUESTS_CA_BUNDLE: .*{bundle}: ") as caught:
        trusting(tmp_path / bundle).send("POST", secure.url, headers={})
    assert "REQUESTS_CA_BUNDLE" in (caught.value.hint or "")
    assert secure.seen == []


def test_a_missing_ca_bundle_is_ignored_without_tls(server: FaultServer) -> None:
    server.script = [api([1])]
    assert get(trusting(Path("/nowhere/ca.pem")), server).json() == [1]


def test_a_write_whose_tls_connection_breaks_is_not_retried(
    secure: FaultServer, pem: tuple[Path, Path]
) -> None:
    transport = trusting(pem[0])
    secure.script = [drop, resource()]
    with pytest.raises(UnavailableError) as caught:
        transport.send("POST", f"{secure.url}/api/v1/integrations", headers={}, body=b"{}")
    assert caught.value.code == "ambiguous"
    assert len(secure.seen) == 1
