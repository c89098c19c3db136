"""Reads a manifest and plans the changes, for diff and apply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.manifest.current_state import fetch_current_state
from jebbitctl.manifest.load import load
from jebbitctl.manifest.plan import plan_changes
from jebbitctl.util.inputs import read_input

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan


def read_manifest(context: Context, file: str) -> Manifest:
    """Return the manifest in a file, limited to the business that ``--business`` names.

    Raises:
        UsageError: the file cannot be read, is not valid, or has no section for that business.
    """
    name = "standard input" if file == "-" else file
    manifest = load(read_input(file, option="FILE"), name, context.environment.values)
    business = context.options.business
    if not manifest.has_sections or business is None:
        return manifest
    if business not in manifest.businesses:
        raise UsageError(f"{name} has no section for business {business}")
    return replace(manifest, integrations=tuple(manifest.of(business)), businesses=(business,))


def clients_for(context: Context, businesses: Iterable[str | None]) -> dict[str | None, Client]:
    """Return a client for each business; None is the business in use."""
    return {
        business: context.client if business is None else context.client.for_business(business)
        for business in businesses
    }


def make_plan(manifest: Manifest, clients: dict[str | None, Client], *, prune: bool = False) -> Plan:
    """Fetch the current state, in two requests per business, and compare it with a manifest."""
    states = {
        business: fetch_current_state(client, manifest.of(business)) for business, client in clients.items()
    }
    return plan_changes(manifest, states, prune=prune)
