"""Integrations of which Jebbit does not say everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from tests.scripted_server import add

from .support import ENDPOINT, TYPE

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox


@pytest.fixture
def api_made(sandbox: Sandbox) -> str:
    """The id of an active integration at ENDPOINT that the API has created, and that hashes personal data."""
    options = {"hash_pii": True, "new_thing": 1}
    return add(
        sandbox,
        TYPE,
        service_name="webhooks_standard",
        endpoint=ENDPOINT,
        region="us",
        is_active=True,
        additional_options=options,
        shared_secret="a-secret-of-the-api",
    )


@pytest.fixture
def in_host(sandbox: Sandbox) -> None:
    sandbox.state.behaviour.dialect = DIALECTS["host"]


@pytest.fixture
def in_openapi(sandbox: Sandbox) -> None:
    sandbox.state.behaviour.dialect = DIALECTS["openapi"]
