"""The scopes that calls require, such as ``read:campaign``: for the resource that is returned or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.api.documents import API_ROOT
from jebbitctl.util.text import singular

if TYPE_CHECKING:
    from collections.abc import Collection

_RESOURCES = {"self": "business", "test": "integration", "webhook_integrations": "integration"}
"""Resources that are not the singular of the path's last collection."""
_ACTIONS = {"GET": ("read",), "DELETE": ("delete", "write")}
"""Jebbit's documents differ on whether there are ``delete`` scopes: either one may be required."""


def required_scopes(method: str, path: str) -> list[str]:
    """Return the scopes of which a call requires one, such as ``read:integration``."""
    collections = urlsplit(path).path.removeprefix(API_ROOT).strip("/").split("/")[::2]
    resource = _RESOURCES.get(collections[-1], singular(collections[-1]))
    return [f"{action}:{resource}" for action in _ACTIONS.get(method, ("write",))]


def missing_scopes(method: str, path: str, granted: Collection[str]) -> list[str]:
    """Return the scopes that a refused call may require, and that are not granted."""
    return [scope for scope in required_scopes(method, path) if scope not in granted]


def scope_advice(missing: str, renewal_hint: str | None) -> str:
    """Return how to get scopes that a token lacks.

    Args:
        missing: their names, in words.
        renewal_hint: how the user gets a new token, None if commands get one themselves.
    """
    return f"ask your Jebbit representative for {missing}; then {renewal_hint or 'run the command again'}"
