from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.client import Client
from tests.api.support import Tokens
from tests.http_fixtures import impatient_transport, log, own_environment, server, transport

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer

__all__ = [
    "client",
    "impatient_client",
    "impatient_transport",
    "log",
    "own_environment",
    "server",
    "transport",
]


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def client(server: FaultServer, transport: Transport, tokens: Tokens) -> Client:
    return Client(transport, server.url, tokens)


@pytest.fixture
def impatient_client(server: FaultServer, impatient_transport: Transport, tokens: Tokens) -> Client:
    return Client(impatient_transport, server.url, tokens)
