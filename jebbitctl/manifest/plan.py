"""What to do so that Jebbit has what a manifest says: one step for each write, in a safe order.

First what is missing is created, then what differs is updated, then the mappings follow. What ends deliveries
comes last: switching off, and what the manifest does not name, if that is to go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from jebbitctl.api import mapping_plan
from jebbitctl.api.integrations import WEBHOOKS, differences
from jebbitctl.errors import NotFoundError, UsageError
from jebbitctl.manifest.checks import ManifestError
from jebbitctl.manifest.inventory import matched
from jebbitctl.manifest.schema import import_lines, require_sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.documents import Resource
    from jebbitctl.api.integrations import Difference
    from jebbitctl.manifest.inventory import Inventory
    from jebbitctl.manifest.reading import Manifest
    from jebbitctl.manifest.schema import Integration

CREATE, UPDATE, DELETE = "create", "update", "delete"


class Phase(IntEnum):
    """The order of steps."""

    CREATE = 0
    UPDATE = 1
    MAP = 2
    SWITCH_OFF = 3
    PRUNE_MAPPINGS = 4
    PRUNE = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    Attributes:
        phase: when its turn is.
        action: one of the three above.
        business: whose it is, None for the business in use.
        name: the manifest's name of the integration, None for one that it does not name.
        integration: the integration as Jebbit has it, None where it has none yet.
        mapping: the mapping as Jebbit has it, None where it has none, or where the step is about none.
        asked: the attributes that should be.
        about_mapping: whether the step is about a mapping of the integration.
    """

    phase: Phase
    action: str
    business: str | None
    name: str | None
    integration: Resource | None = None
    mapping: Resource | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    about_mapping: bool = False

    @property
    def current(self) -> Resource | None:
        """What the step changes, as it is."""
        return self.mapping if self.about_mapping else self.integration

    @property
    def changes(self) -> list[Difference]:
        """What is not as it should be."""
        return differences(self.current or {}, self.asked)

    @property
    def jebbit_var(self) -> str | None:
        """Which mapping the step is about."""
        named = self.asked.get("jebbit_var") or (self.mapping or {}).get("jebbit_var")
        return str(named) if self.about_mapping else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs between a manifest and Jebbit.

    Attributes:
        steps: what makes Jebbit have what the manifest says.
        beyond: what takes away the rest: left alone, unless the manifest is to be all there is.
        ids: of the integrations that the manifest names and Jebbit has, by name.
        seen: the ids of all the mappings that there were.
    """

    steps: list[Step]
    beyond: list[Step]
    ids: dict[str, str]
    seen: frozenset[str]

    @property
    def new(self) -> list[str]:
        """The names of the integrations that are to be created."""
        return [str(s.name) for s in self.steps if s.action == CREATE and not s.about_mapping]


def plan(manifest: Manifest, inventories: dict[str | None, Inventory], *, prune: bool = False) -> Plan:
    """Compare a manifest with what each of its businesses has.

    With ``prune``, what the manifest does not name is to go.

    Raises:
        UsageError: an entry means two integrations, or would be changed to what cannot be.
        NotFoundError: an entry means one that does not exist and cannot be created.
    """
    steps: list[Step] = []
    beyond: list[Step] = []
    ids: dict[str, str] = {}
    for business, inventory in inventories.items():
        declared = manifest.of(business)
        found = matched(manifest, declared, inventory.integrations)
        ids |= {name: str(resource["id"]) for name, resource in found.items()}
        by_owner = inventory.by_owner()
        for integration in declared:
            current = found.get(integration.name)
            if step := _step(manifest, integration, current):
                steps.append(step)
            for step in _mapping_steps(integration, current, by_owner[ids.get(integration.name, "")]):
                (beyond if step.phase == Phase.PRUNE_MAPPINGS else steps).append(step)
        known = {str(resource["id"]) for resource in found.values()}
        beyond += _beyond(business, (r for r in inventory.integrations if str(r["id"]) not in known))
    seen = {str(mapping["id"]) for inventory in inventories.values() for mapping in inventory.mappings}
    if prune:
        steps, beyond = [*steps, *beyond], []
    return Plan(sorted(steps, key=_phase), sorted(beyond, key=_phase), ids, frozenset(seen))


def _step(manifest: Manifest, integration: Integration, current: Resource | None) -> Step | None:
    """Return the step about an integration itself, None where it is as it should be."""
    if current is None:
        if integration.service_name != WEBHOOKS:
            mistake = ManifestError(
                integration.path, f"Jebbit has no such integration of {integration.service_name}"
            )
            raise NotFoundError(manifest.told(mistake), hint="one can only be made in Jebbit's dashboard")
        return Step(
            Phase.CREATE, CREATE, integration.business, integration.name, asked=integration.attributes
        )
    service = current.get("service_name", integration.service_name)
    if integration.service_name not in (WEBHOOKS, service):  # the one that counts where none is named
        mistake = ManifestError((*integration.path, "service_name"), f"Jebbit has {service} there")
        raise UsageError(manifest.told(mistake), hint="no integration changes its service: mend it or the id")
    changes = differences(current, integration.attributes)
    if not changes:
        return None
    if any(change.name == "endpoint" for change in changes):
        try:
            require_sendable(integration)
        except ManifestError as mistake:
            raise UsageError(manifest.told(mistake), hint=mistake.hint) from None
    ends = any(change.name == "is_active" and change.should_be is False for change in changes)
    return Step(
        Phase.SWITCH_OFF if ends else Phase.UPDATE,
        UPDATE,
        integration.business,
        integration.name,
        current,
        asked=integration.attributes,
    )


def _mapping_steps(
    integration: Integration, current: Resource | None, existing: Sequence[Resource]
) -> Iterator[Step]:
    if integration.mappings is None:
        return
    for step in mapping_plan.plan_import(import_lines(integration.mappings), existing, prune=True):
        asked: dict[str, Any] = {}
        phase, action = Phase.MAP, CREATE
        if step.action is mapping_plan.ImportAction.KEEP:
            continue
        if step.line is None:
            phase, action = Phase.PRUNE_MAPPINGS, DELETE
        elif step.current is None:
            asked = mapping_plan.new_attributes(step.line)
        else:
            action, asked = UPDATE, mapping_plan.changed_attributes(step.current, step.line)
        yield Step(
            phase,
            action,
            integration.business,
            integration.name,
            current,
            step.current,
            asked,
            about_mapping=True,
        )


def _beyond(business: str | None, resources: Iterable[Resource]) -> Iterator[Step]:
    """Yield how integrations that the manifest does not name would go.

    Those of other services are only switched off: the API could not make them again.
    """
    for resource in resources:
        if resource.get("service_name") == WEBHOOKS:
            yield Step(Phase.PRUNE, DELETE, business, None, resource)
        elif resource.get("is_active") is True:
            yield Step(Phase.PRUNE, UPDATE, business, None, resource, asked={"is_active": False})


def _phase(step: Step) -> Phase:
    return step.phase
