"""The current state of a business, and which integration in it a spec matches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.api import integrations, mappings
from jebbitctl.api.resources import OPTIONS, OWNER, diff
from jebbitctl.errors import NotFoundError
from jebbitctl.manifest.schema import match_key
from jebbitctl.manifest.validation import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.schema import IntegrationSpec


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What one business has.

    Attributes:
        integrations: all of them, newest first.
        mappings: all of them, newest first; empty if they were not needed.
    """

    integrations: list[Resource]
    mappings: list[Resource]

    def mappings_by_integration(self) -> dict[str, list[Resource]]:
        """Return the mappings of each integration by its id, an empty list for any other id."""
        owned: dict[str, list[Resource]] = defaultdict(list)
        for mapping in self.mappings:
            owned[str(mapping.attributes.get(OWNER))].append(mapping)
        return owned


def fetch_current_state(
    client: Client, specs: list[IntegrationSpec], *, all_attributes: bool = False
) -> CurrentState:
    """Fetch what a business has, in two requests.

    A missing attribute cannot be compared. If a list leaves out a needed one, each resource is fetched.

    Args:
        client: for the business.
        specs: need their attributes, and mappings if one of them manages mappings.
        all_attributes: fetch mappings and every attribute that has a key in a manifest.
    """
    needed = {name for spec in specs for name in spec.attributes}
    if all_attributes:
        needed |= {*integrations.ATTRIBUTE_TYPES, OPTIONS}
    with_mappings = all_attributes or any(spec.mappings is not None for spec in specs)
    return CurrentState(
        integrations.list_identified(client, needed),
        mappings.list_identified(client, mappings.ATTRIBUTES) if with_mappings else [],
    )


def match(
    manifest: Manifest, specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> dict[str, Resource]:
    """Return the integration that each spec matches, by the spec's name; one to be created is left out.

    Raises:
        UsageError: a spec matches two, or one that another spec claims by its id.
        NotFoundError: the id in a spec does not exist.
    """
    found: dict[str, Resource] = {}
    for spec, matches in candidates(specs, existing):
        if len(matches) > 1:
            ids = " and ".join(str(resource.id) for resource in matches)
            raise manifest.usage_error(
                ManifestError((*spec.path, "endpoint"), f"matches both {ids}", "add the id of one of them")
            )
        if matches:
            found[spec.name] = matches[0]
        elif spec.id is not None:
            error = ManifestError((*spec.path, "id"), f"integration {spec.id} not found")
            raise NotFoundError(manifest.describe(error), hint="remove the id to create a new integration")
        else:
            _require_unclaimed(manifest, spec, specs, existing)
    return found


def _require_unclaimed(
    manifest: Manifest, new: IntegrationSpec, specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> None:
    """Check that no other spec matches the integration at a new one's endpoint by its id.

    Raises:
        UsageError: one does, and keeps the endpoint. Both integrations would deliver every answer.
    """
    attributes = {"endpoint": new.attributes["endpoint"]}
    same = integrations.filter_integrations(existing, service=new.service_name, **attributes)
    ids = {resource.id for resource in same}
    for other in specs:
        if other.id in ids and not diff(attributes | other.attributes, attributes):
            raise manifest.usage_error(
                ManifestError(
                    (*new.path, "endpoint"),
                    f"{other.name} already matches the integration at this endpoint by its id",
                    "to have two, create the second one first, and give both entries an id",
                )
            )


def candidates(
    specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> Iterator[tuple[IntegrationSpec, list[Resource]]]:
    """Yield each spec with the integrations that it may match: by id, otherwise by service and endpoint."""
    by_id = {str(resource.id): resource for resource in existing}
    claimed = {spec.id: by_id.pop(spec.id) for spec in specs if spec.id in by_id}
    by_key: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in by_id.values():
        by_key[match_key(resource.attributes)].append(resource)
    for spec in specs:
        if spec.id is not None:
            yield spec, [claimed[spec.id]] if spec.id in claimed else []
        else:
            yield spec, by_key[spec.match_key]
