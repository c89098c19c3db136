"""The columns of lists that say where integrations deliver to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.output.output import SupportsToDict

DESTINATIONS = ("endpoint", "host")
"""Attributes that say where an integration delivers to; Jebbit may return only one of them."""


def destination_columns(rows: Sequence[SupportsToDict]) -> list[str]:
    """Return the DESTINATIONS that a table needs: a host only where there is no endpoint."""
    shown = [row.to_dict() for row in rows]
    hosts = any(row.get("host") and not row.get("endpoint") for row in shown)
    endpoints = not hosts or any(row.get("endpoint") for row in shown)
    return [name for name, needed in zip(DESTINATIONS, (endpoints, hosts), strict=True) if needed]
