"""The scripted server and the transports of the tests of HTTP calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.transport import Transport
from tests.api.faults import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore proxies, CA bundles and netrc files of this machine."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NETRC", "/dev/null")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@pytest.fixture
def log() -> list[str]:
    """The lines that the transport logs in debug mode."""
    return []


@pytest.fixture
def transport(log: list[str]) -> Transport:
    """A transport whose timeout is long enough for a busy machine."""
    return Transport(timeout=20, log=log.append)


@pytest.fixture
def impatient_transport() -> Transport:
    """A transport with a timeout of half a second."""
    return Transport(timeout=0.5)
