"""The current state of a business, and which integration in it a spec matches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.api import integrations, mappings
from jebbitctl.api.differences import ENDPOINT, OPTIONS, SERVICE, knows
from jebbitctl.api.resources import OWNER
from jebbitctl.errors import NotFoundError, RejectedError
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

    What a list leaves out is looked for elsewhere, with more requests; see :func:`integrations.complete`.

    Args:
        client: for the business.
        specs: need their attributes, and mappings if one of them manages mappings.
        all_attributes: fetch mappings and every attribute that has a key in a manifest.

    Raises:
        RejectedError: Jebbit says that it did not list everything.
    """
    needed = {SERVICE, ENDPOINT} | {name for spec in specs for name in spec.attributes}
    if all_attributes:
        needed |= {*integrations.ATTRIBUTE_TYPES, OPTIONS}
    with_mappings = all_attributes or any(spec.mappings is not None for spec in specs)
    return CurrentState(
        integrations.complete(client, integrations.list_integrations(client, whole=True), needed),
        mappings.list_identified(client, mappings.ATTRIBUTES, whole=True) if with_mappings else [],
    )


def match(
    manifest: Manifest, specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> dict[str, Resource]:
    """Return the integration that each spec matches, by the spec's name; one to be created is left out.

    Raises:
        UsageError: a spec matches two, or one that another spec claims by its id.
        NotFoundError: the id in a spec does not exist.
        RejectedError: Jebbit does not say whether a spec matches one.
    """
    found: dict[str, Resource] = {}
    for spec, matches, possible in candidates(specs, existing):
        if len(matches) > 1:
            ids = " and ".join(str(resource.id) for resource in matches)
            raise manifest.usage_error(
                ManifestError((*spec.path, "endpoint"), f"matches both {ids}", "add the id of one of them")
            )
        if matches:
            found[spec.name] = matches[0]
        elif possible:
            raise undecided_error(manifest, spec, possible)
        elif spec.id is not None:
            error = ManifestError((*spec.path, "id"), f"integration {spec.id} not found")
            hint = "remove the id to create a new integration"
            if not integrations.is_webhook({SERVICE: spec.service_name}):
                hint = "correct the id, or create the integration in Jebbit's dashboard: the API cannot"
            raise NotFoundError(manifest.describe(error), hint=hint)
        else:
            _require_unclaimed(manifest, spec, specs, existing)
    return found


def undecided_error(manifest: Manifest, spec: IntegrationSpec, possible: Sequence[Resource]) -> RejectedError:
    """Return the error for a spec of which Jebbit does not say whether it matches one of these."""
    ids = [str(resource.id) for resource in possible]
    unsaid = [name for name in (ENDPOINT, SERVICE) if not all(knows(r.attributes, [name]) for r in possible)]
    names = " and the ".join(unsaid)
    problem = f"Jebbit does not say the {names} of {integrations.named(ids)}, which may be this one"
    return RejectedError(
        manifest.describe(ManifestError((*spec.path, ENDPOINT), problem)),
        hint=f'if it is, add id = "{ids[0]}" to the entry; if not, create one with jebbitctl integrations '
        "create, and add its id",
    )


def _require_unclaimed(
    manifest: Manifest, new: IntegrationSpec, specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> None:
    """Check that no other spec matches the integration at a new one's endpoint by its id.

    Raises:
        UsageError: one does, and keeps the endpoint. Both integrations would deliver every answer.
        RejectedError: Jebbit does not say whether one does.
    """
    desired = {SERVICE: new.service_name, ENDPOINT: new.attributes[ENDPOINT]}
    by_id = {str(resource.id): resource for resource in existing}
    for other in specs:
        if other.id not in by_id:
            continue
        current = by_id[other.id]
        matches_now = integrations.matches(current.attributes, desired)
        stays = integrations.matches(current.attributes | other.attributes, desired)
        if matches_now is False or stays is False:
            continue
        if not stays:
            raise undecided_error(manifest, new, [current]).with_hint(
                f"if it is not, add the endpoint to the entry {other.name}"
            )
        raise manifest.usage_error(
            ManifestError(
                (*new.path, ENDPOINT),
                f"{other.name} already matches the integration at this endpoint by its id",
                "to have two, create the second one first, and give both entries an id",
            )
        )


def candidates(
    specs: Sequence[IntegrationSpec], existing: Sequence[Resource]
) -> Iterator[tuple[IntegrationSpec, list[Resource], list[Resource]]]:
    """Yield each spec with the integrations that it matches, and those that it may match.

    A spec matches by its id, otherwise by service and endpoint, if Jebbit says them.
    """
    by_id = {str(resource.id): resource for resource in existing}
    claimed = {spec.id: by_id.pop(spec.id) for spec in specs if spec.id in by_id}
    by_key: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    unclear = []
    for resource in by_id.values():
        if knows(resource.attributes, [SERVICE, ENDPOINT]):
            by_key[match_key(resource.attributes)].append(resource)
        else:
            unclear.append(resource)
    for spec in specs:
        if spec.id is not None:
            yield spec, [claimed[spec.id]] if spec.id in claimed else [], []
        else:
            desired = {SERVICE: spec.service_name, ENDPOINT: spec.attributes[ENDPOINT]}
            possible = [r for r in unclear if integrations.matches(r.attributes, desired) is None]
            yield spec, by_key[spec.match_key], possible
