"""What a business has, and which of it an entry of a manifest means."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.api import dependents, integrations, mapping_csv, mappings
from jebbitctl.errors import NotFoundError, RefusedError, UsageError
from jebbitctl.manifest.checks import ManifestError
from jebbitctl.manifest.schema import ATTRIBUTES, where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.manifest.reading import Manifest
    from jebbitctl.manifest.schema import Integration


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one business has.

    Attributes:
        integrations: all of them, newest first.
        mappings: all of them.
    """

    integrations: list[Resource]
    mappings: list[Resource]

    def by_owner(self) -> dict[str, list[Resource]]:
        """Return the mappings of each integration, by its id; nothing for those that have none."""
        owned: dict[str, list[Resource]] = defaultdict(list)
        for mapping in self.mappings:
            owned[str(mapping.get(dependents.OWNER))].append(mapping)
        return owned


def look(client: Client, declared: list[Integration], *, in_full: bool = False) -> Inventory:
    """Return what a business has, in two requests.

    What a list leaves out cannot be compared: what is needed and not told is asked for one by one.

    Args:
        client: the business's.
        declared: the entries, whose attributes are needed, and mappings where one manages them.
        in_full: all that there are keys for is needed, too.
    """
    named = {name for integration in declared for name in integration.attributes}
    everything = (*ATTRIBUTES, integrations.OPTIONS) if in_full else ()
    maps = in_full or any(integration.mappings is not None for integration in declared)
    return Inventory(
        integrations_of(client, named.union(everything)),
        mappings_of(client, mapping_csv.COLUMNS) if maps else [],
    )


def integrations_of(client: Client, named: Iterable[str] = ()) -> list[Resource]:
    """Return all integrations, each with what it is found by and with these attributes, newest first."""
    listed = integrations.inventory(client)
    return _completed(client, listed, integrations.get, {"service_name", "endpoint", *named})


def mappings_of(client: Client, named: Iterable[str] = ()) -> list[Resource]:
    """Return all mappings, each with what it is found by and with these attributes, newest first.

    Raises:
        RefusedError: Jebbit does not tell whose one is: it might be created again.
    """
    needed = {dependents.OWNER, "jebbit_var", *named}
    found = _completed(client, mappings.listed(client), mappings.get, needed)
    for mapping in found:
        if dependents.OWNER not in mapping:
            raise RefusedError(f"Jebbit's answer does not tell whose mapping {mapping['id']} is")
    return found


def _completed(
    client: Client,
    listed: Iterable[Resource],
    get: Callable[[Client, str], Resource],
    needed: set[str],
) -> list[Resource]:
    return [
        resource if needed <= resource.keys() else {**resource, **get(client, str(resource["id"]))}
        for resource in listed
    ]


def matched(
    manifest: Manifest, declared: Sequence[Integration], existing: Sequence[Resource]
) -> dict[str, Resource]:
    """Return the resource that each entry means, by the entry's name; one that is yet to be created has none.

    Raises:
        UsageError: there are two, or another entry means it by its id.
        NotFoundError: there is none of this id.
    """
    found: dict[str, Resource] = {}
    for integration, meant in candidates(declared, existing):
        if len(meant) > 1:
            ids = " and ".join(str(resource["id"]) for resource in meant)
            mistake = ManifestError((*integration.path, "endpoint"), f"this means both {ids}")
            raise UsageError(manifest.told(mistake), hint="add the id of the one you mean")
        if meant:
            found[integration.name] = meant[0]
        elif integration.id is not None:
            mistake = ManifestError((*integration.path, "id"), f"Jebbit has no integration {integration.id}")
            raise NotFoundError(manifest.told(mistake), hint="take the id out to have one created")
        else:
            _require_no_other_there(manifest, integration, declared, existing)
    return found


def _require_no_other_there(
    manifest: Manifest, missing: Integration, declared: Sequence[Integration], existing: Sequence[Resource]
) -> None:
    """Refuse to have created, under its endpoint, what another entry means by its id and leaves there.

    Raises:
        UsageError: there is one; a second would get every delivery, too.
    """
    there = {"endpoint": missing.attributes["endpoint"]}
    same = integrations.matching(existing, service=missing.service_name, **there)
    ids = {str(resource["id"]) for resource in same}
    for other in declared:
        if other.id in ids and not integrations.differences(there | other.attributes, there):
            mistake = ManifestError(
                (*missing.path, "endpoint"), f"{other.name} has the one that is there, by its id"
            )
            raise UsageError(
                manifest.told(mistake), hint="to have two, create the other first, and give each its id"
            )


def candidates(
    declared: Sequence[Integration], existing: Sequence[Resource]
) -> Iterator[tuple[Integration, list[Resource]]]:
    """Yield each entry with the resources that it may mean: by its id, else by service and endpoint."""
    by_id = {str(resource["id"]): resource for resource in existing}
    named = {i.id: by_id.pop(i.id) for i in declared if i.id in by_id}
    by_endpoint: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in by_id.values():
        by_endpoint[where(resource)].append(resource)
    for integration in declared:
        if integration.id is not None:
            yield integration, [named[integration.id]] if integration.id in named else []
        else:
            yield integration, by_endpoint[integration.where]
