from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.sandbox.support import SandboxClient
from tests.webhooks.support import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def sandbox(lines: list[str]) -> Iterator[Sandbox]:
    with Sandbox(log=lines.append) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox) as client:
        yield client


@pytest.fixture
def seeded() -> Iterator[SandboxClient]:
    with Sandbox(SandboxOptions(integrations=4)) as running, SandboxClient(running) as client:
        yield client


@pytest.fixture
def three_businesses() -> Iterator[SandboxClient]:
    with Sandbox(SandboxOptions(businesses=2)) as running, SandboxClient(running) as client:
        yield client


@pytest.fixture
def endpoint() -> Endpoint:
    """Keeps the deliveries that it gets."""
    return Endpoint()


@pytest.fixture
def url(endpoint: Endpoint) -> Iterator[str]:
    """Where ``endpoint`` gets them."""
    with BackgroundServer(endpoint) as server:
        yield server.url
