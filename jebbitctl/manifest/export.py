"""Exports the current state as a new manifest: as text, since tomlkit would take twenty times as long."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from jebbitctl.manifest.new_entry import NewEntry
from jebbitctl.manifest.schema import VERSION, match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.current_state import CurrentState

_HEADER = (
    "The integrations at Jebbit. Compare: jebbitctl integrations diff. Apply: jebbitctl integrations apply."
)
_MAX_NAME = 48
"""Characters of a generated name."""


class Details(NamedTuple):
    """What else entries get.

    Attributes:
        names: of integrations that have one, by id.
        with_ids: the integrations whose entries get their ids even if their endpoints identify them.
        others: attributes without a key of their own that entries get under ``set``, by integration.
        without_mappings: the integrations whose entries do not manage their mappings.
    """

    names: Mapping[str, str] = MappingProxyType({})
    with_ids: Collection[str] = ()
    others: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    without_mappings: Collection[str] = ()


def export(
    states: Mapping[str | None, CurrentState],
    *,
    warn: Callable[[str], None],
    details: Details = Details(),  # noqa: B008 - immutable
) -> str:
    """Return the text of a new manifest that declares the current state.

    Args:
        states: the current state of each business; None is the business in use.
        warn: called with a message for each value that a manifest cannot represent, and what Jebbit does not
            say.
        details: what else its entries get.
    """
    lines = [f"# {_HEADER}", f"version = {VERSION}"]
    names = dict.fromkeys(details.names.values(), 1)
    for business, state in states.items():
        mappings = state.mappings_by_integration()
        ambiguous = {*ambiguous_ids(state.integrations), *details.with_ids}
        for id_, resource in reversed({str(found.id): found for found in state.integrations}.items()):
            name = details.names.get(id_) or new_name(resource, names)
            entry = NewEntry(name, business, warn, details.others.get(id_, {}))
            owned = None if id_ in details.without_mappings else mappings[id_]
            entry.update(resource, owned, with_id=id_ in ambiguous)
            lines += ["", *entry.lines]
    return "\n".join(lines) + "\n"


def ambiguous_ids(resources: list[Resource]) -> set[str]:
    """Return the ids of integrations that share service and endpoint with another one."""
    first: dict[tuple[str, str], str] = {}
    shared: set[str] = set()
    for resource in resources:
        id_ = str(resource.id)
        other = first.setdefault(match_key(resource.attributes), id_)
        if other != id_:
            shared |= {other, id_}
    return shared


def new_name(integration: Resource, used: dict[str, int]) -> str:
    """Return an unused name, made from the endpoint, or from the service if there is none.

    Args:
        integration: to be named.
        used: each name in use, with the last number that was tried after it; gets the new name.
    """
    endpoint, service = (integration.attributes.get(name) for name in ("endpoint", "service_name"))
    try:
        parts = urlsplit(endpoint if isinstance(endpoint, str) else "")
        where = f"{parts.hostname or ''} {parts.path}"
        if not isinstance(endpoint, str):
            where = str(integration.attributes.get("host") or "")
    except ValueError:
        where = ""
    words = re.findall("[a-z0-9]+", (where.strip() or str(service)).lower())
    name = base = "-".join(words)[:_MAX_NAME].strip("-") or "integration"
    while name in used:
        used[base] += 1
        name = f"{base}-{used[base]}"
    used[name] = 1
    return name
