from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from tests.sandbox.support import Client

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
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as client:
        yield client


@pytest.fixture
def seeded() -> Iterator[Client]:
    with Sandbox(Options(integrations=4)) as running, Client(running) as client:
        yield client


@pytest.fixture
def several() -> Iterator[Client]:
    with Sandbox(Options(businesses=2)) as running, Client(running) as client:
        yield client
