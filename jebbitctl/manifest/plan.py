"""The steps that bring Jebbit in line with a manifest: one for each write, in a safe order.

Creations come first, then updates, then mappings. Whatever stops deliveries comes last: deactivating and
pruning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from jebbitctl.api import mapping_plan
from jebbitctl.api.integrations import WEBHOOKS
from jebbitctl.api.resources import diff
from jebbitctl.errors import NotFoundError, UsageError
from jebbitctl.manifest.checks import ManifestError
from jebbitctl.manifest.inventory import match
from jebbitctl.manifest.schema import import_lines, require_sendable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.resources import Difference, Resource
    from jebbitctl.manifest.inventory import CurrentState
    from jebbitctl.manifest.reading import Manifest
    from jebbitctl.manifest.schema import IntegrationSpec

CREATE, UPDATE, DELETE = "create", "update", "delete"


class Phase(IntEnum):
    """The order of steps."""

    CREATE = 0
    UPDATE = 1
    MAP = 2
    DEACTIVATE = 3
    PRUNE_MAPPINGS = 4
    PRUNE = 5


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One write.

    Attributes:
        phase: decides when it runs.
        action: create, update or delete.
        business: the business that it changes, None for the business in use.
        name: of the integration in the manifest, None for an unmanaged integration.
        integration: its current state, None if it does not exist yet.
        mapping: the current state of the mapping, None if it does not exist yet or the step changes none.
        desired: attributes.
        is_mapping: whether the step changes a mapping of the integration.
    """

    phase: Phase
    action: str
    business: str | None
    name: str | None
    integration: Resource | None = None
    mapping: Resource | None = None
    desired: dict[str, Any] = field(default_factory=dict)
    is_mapping: bool = False

    @property
    def current(self) -> Resource | None:
        """The current state of the resource that the step changes, None if it does not exist yet."""
        return self.mapping if self.is_mapping else self.integration

    @property
    def changes(self) -> list[Difference]:
        """The attributes that change."""
        return diff(self.current.attributes if self.current else {}, self.desired)

    @property
    def jebbit_var(self) -> str | None:
        """The name of the mapping that the step changes, None if it changes none."""
        if not self.is_mapping:
            return None
        current = self.mapping.attributes if self.mapping else {}
        return str(self.desired.get("jebbit_var") or current.get("jebbit_var"))


@dataclass(frozen=True, slots=True)
class Plan:
    """The differences between a manifest and Jebbit.

    Attributes:
        steps: bring Jebbit in line with the manifest.
        unmanaged: remove what the manifest does not declare; not carried out.
        ids: of the existing integrations that the manifest declares, by name.
        seen: the ids of all existing mappings.
    """

    steps: list[PlanStep]
    unmanaged: list[PlanStep]
    ids: dict[str, str]
    seen: frozenset[str]

    @property
    def new(self) -> list[str]:
        """The names of the integrations to create."""
        return [str(s.name) for s in self.steps if s.action == CREATE and not s.is_mapping]


def plan(manifest: Manifest, states: dict[str | None, CurrentState], *, prune: bool = False) -> Plan:
    """Compare a manifest with the current state of its businesses.

    Args:
        manifest: the desired state.
        states: the current state of each business.
        prune: whether to remove what the manifest does not declare.

    Raises:
        UsageError: a spec matches two integrations, or asks for an impossible change.
        NotFoundError: a spec matches none, and it cannot be created.
    """
    steps: list[PlanStep] = []
    unmanaged: list[PlanStep] = []
    ids: dict[str, str] = {}
    for business, state in states.items():
        specs = manifest.of(business)
        matches = match(manifest, specs, state.integrations)
        ids |= {name: str(resource.id) for name, resource in matches.items()}
        mappings = state.mappings_by_integration()
        for spec in specs:
            current = matches.get(spec.name)
            if step := _integration_step(manifest, spec, current):
                steps.append(step)
            for step in _mapping_steps(spec, current, mappings[ids.get(spec.name, "")]):
                (unmanaged if step.phase == Phase.PRUNE_MAPPINGS else steps).append(step)
        matched = {resource.id for resource in matches.values()}
        unmanaged += _prune_steps(business, (r for r in state.integrations if r.id not in matched))
    seen = frozenset(str(mapping.id) for state in states.values() for mapping in state.mappings)
    if prune:
        steps, unmanaged = [*steps, *unmanaged], []
    return Plan(sorted(steps, key=_phase), sorted(unmanaged, key=_phase), ids, seen)


def _integration_step(manifest: Manifest, spec: IntegrationSpec, current: Resource | None) -> PlanStep | None:
    """Return the step that changes an integration itself, None if it is up to date."""
    if current is None:
        if spec.service_name != WEBHOOKS:
            mistake = ManifestError(spec.path, f"no integration of {spec.service_name} matches")
            raise NotFoundError(
                manifest.describe(mistake), hint="create it in Jebbit's dashboard: the API cannot"
            )
        return PlanStep(Phase.CREATE, CREATE, spec.business, spec.name, desired=spec.attributes)
    service = current.attributes.get("service_name", spec.service_name)
    if spec.service_name not in (WEBHOOKS, service):  # WEBHOOKS also stands for a missing service_name
        mistake = ManifestError((*spec.path, "service_name"), f"the integration belongs to {service}")
        raise UsageError(
            manifest.describe(mistake),
            hint="an integration cannot change its service: correct service_name or id",
        )
    changes = diff(current.attributes, spec.attributes)
    if not changes:
        return None
    if any(change.name == "endpoint" for change in changes):
        try:
            require_sendable(spec)
        except ManifestError as mistake:
            raise UsageError(manifest.describe(mistake), hint=mistake.hint) from None
    deactivates = any(change.name == "is_active" and change.desired is False for change in changes)
    return PlanStep(
        Phase.DEACTIVATE if deactivates else Phase.UPDATE,
        UPDATE,
        spec.business,
        spec.name,
        current,
        desired=spec.attributes,
    )


def _mapping_steps(
    spec: IntegrationSpec, current: Resource | None, existing: Sequence[Resource]
) -> Iterator[PlanStep]:
    if spec.mappings is None:
        return
    for step in mapping_plan.plan_import(import_lines(spec.mappings), existing, prune=True):
        desired: dict[str, Any] = {}
        phase, action = Phase.MAP, CREATE
        if step.action is mapping_plan.ImportAction.KEEP:
            continue
        if step.line is None:
            phase, action = Phase.PRUNE_MAPPINGS, DELETE
        elif step.current is None:
            desired = mapping_plan.new_attributes(step.line)
        else:
            action, desired = UPDATE, mapping_plan.changed_attributes(step.current, step.line)
        yield PlanStep(
            phase, action, spec.business, spec.name, current, step.current, desired, is_mapping=True
        )


def _prune_steps(business: str | None, unmanaged: Iterable[Resource]) -> Iterator[PlanStep]:
    """Yield the steps that remove unmanaged integrations.

    Those of other services are only deactivated: the API could not create them again.
    """
    for resource in unmanaged:
        if resource.attributes.get("service_name") == WEBHOOKS:
            yield PlanStep(Phase.PRUNE, DELETE, business, None, resource)
        elif resource.attributes.get("is_active") is True:
            yield PlanStep(Phase.PRUNE, UPDATE, business, None, resource, desired={"is_active": False})


def _phase(step: PlanStep) -> Phase:
    return step.phase
