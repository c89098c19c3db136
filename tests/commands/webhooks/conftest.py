from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli


@pytest.fixture
def signer(bare: Cli) -> Cli:
    """``jebbitctl`` on a fresh machine, with a shared secret in the environment."""
    bare.env["JEBBIT_WEBHOOK_SECRET"] = SECRET
    bare.secrets.append(SECRET)
    return bare


@pytest.fixture
def deliveries() -> list[Delivery]:
    """The deliveries that ``endpoint`` received."""
    return []


@pytest.fixture
def endpoint(deliveries: list[Delivery]) -> Iterator[str]:
    """The URL of a correct receiver."""
    with WebhookServer(SECRET, deliveries.append) as receiver:
        yield receiver.url
