"""Helpers for tests of the integrations commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.scripted_server import attributes_of

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox


def stored(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return the attributes of the sandbox's integrations by id, newest first."""
    return attributes_of(sandbox, "integrations")


def webhook(sandbox: Sandbox) -> str:
    """Return the id of the newest integration that the API can create."""
    return next(id_ for id_, a in stored(sandbox).items() if a["service_name"] == "webhooks_standard")
