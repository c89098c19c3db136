"""Plans the steps that bring Jebbit in line with a manifest, one for each write, in a safe order.

Creations come first, then updates, then mappings. Steps that end deliveries come last: deactivations and
deletions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.differences import ENDPOINT, SERVICE, creation, diff, dotted, knows, unknown, without
from jebbitctl.api.integrations import is_webhook, same_service, with_defaults
from jebbitctl.api.mapping_plan import Action, plan_import, unknown_default
from jebbitctl.errors import NotFoundError
from jebbitctl.manifest.current_state import match
from jebbitctl.manifest.schema import require_sendable
from jebbitctl.manifest.validation import ManifestError
from jebbitctl.util.redaction import is_credential, redact_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.differences import Difference
    from jebbitctl.api.resources import Resource
    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.schema import IntegrationSpec


class Phase(IntEnum):
    """The order of steps."""

    CREATE = 0
    UPDATE = 1
    MAPPINGS = 2
    DEACTIVATE = 3
    PRUNE_MAPPINGS = 4
    PRUNE_INTEGRATIONS = 5


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One write.

    Attributes:
        phase: its place in the order.
        action: create, update or delete.
        business: the business that it changes, None for the business in use.
        name: of the integration in the manifest, None for an unmanaged integration.
        integration: its current state, None if it does not exist yet.
        mapping: the current state of the mapping, None if it does not exist yet or the step changes none.
        desired: the attributes to create or update the resource with; empty for a deletion.
        is_mapping: whether the step changes a mapping of the integration.
        unsaid: the attribute that Jebbit does not say, so that an unmanaged integration is left alone.
    """

    phase: Phase
    action: Action
    business: str | None
    name: str | None
    integration: Resource | None = None
    mapping: Resource | None = None
    desired: dict[str, Any] = field(default_factory=dict)
    is_mapping: bool = False
    unsaid: str | None = None

    @property
    def current(self) -> Resource | None:
        """The current state of the resource that the step changes, None if it does not exist yet."""
        return self.mapping if self.is_mapping else self.integration

    @property
    def changes(self) -> list[Difference]:
        """The attributes that change, as people may see them."""
        return [change.shown for change in self.differences]

    @property
    def differences(self) -> list[Difference]:
        """The attributes that change, with credentials."""
        return diff(self.current.attributes, self.desired) if self.current else creation(self.desired)

    @property
    def sets_only_credentials(self) -> bool:
        """Whether it does nothing but change credentials of another service."""
        return self.action is Action.UPDATE and all(
            is_credential(name, current) or is_credential(name, desired)
            for name, current, desired in self.differences
        )

    @property
    def jebbit_var(self) -> str | None:
        """The name of the mapping that the step changes, None if it changes none."""
        if not self.is_mapping:
            return None
        current = self.mapping.attributes if self.mapping else {}
        return str(self.desired.get("jebbit_var") or current.get("jebbit_var"))


@dataclass(frozen=True, slots=True)
class UnknownAttribute:
    """An attribute that the manifest declares and Jebbit does not say. It is neither compared nor written.

    Attributes:
        business: of the integration, None for the business in use.
        name: of the integration in the manifest.
        id: of the integration, or of its mapping.
        attribute: its name; a nested one has a dotted name, such as ``mappings.Outcome.default``.
        desired: the declared value, masked if it is a credential.
    """

    business: str | None
    name: str
    id: str
    attribute: str
    desired: Any


class Existing(NamedTuple):
    """How many integrations and mappings of a business the manifest declares, or pruning would end."""

    integrations: int
    mappings: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The differences between a manifest and Jebbit.

    Attributes:
        steps: bring Jebbit in line with the manifest.
        unmanaged: would delete what the manifest does not declare; with ``prune``, only what is left alone.
        ids: the ids of existing integrations that the manifest declares, by name.
        known_mappings: the ids of all existing mappings.
        unknown: what the manifest declares, and Jebbit does not say.
        existing: the numbers of what exists, by business.
    """

    steps: list[PlanStep]
    unmanaged: list[PlanStep]
    ids: dict[str, str]
    known_mappings: frozenset[str]
    unknown: list[UnknownAttribute]
    existing: dict[str | None, Existing]

    @property
    def new(self) -> list[str]:
        """The names of the integrations to create."""
        return [str(s.name) for s in self.steps if s.action is Action.CREATE and not s.is_mapping]


def plan_changes(manifest: Manifest, states: dict[str | None, CurrentState], *, prune: bool = False) -> Plan:
    """Compare a manifest with the current state of its businesses.

    Args:
        manifest: the desired state.
        states: the current state of each business.
        prune: delete what the manifest does not declare.

    Raises:
        UsageError: a spec matches two integrations, or asks for an impossible change.
        NotFoundError: a spec matches none, and it cannot be created.
    """
    steps: list[PlanStep] = []
    unmanaged: list[PlanStep] = []
    unsaid: list[UnknownAttribute] = []
    ids: dict[str, str] = {}
    existing: dict[str | None, Existing] = {}
    for business, state in states.items():
        specs = manifest.of(business)
        matches = match(manifest, specs, state.integrations)
        ids |= {name: str(resource.id) for name, resource in matches.items()}
        mappings = state.mappings_by_integration()
        for spec in specs:
            current = matches.get(spec.name)
            unsaid += _unknown_attributes(spec, current)
            unsaid += _unknown_defaults(spec, mappings[ids.get(spec.name, "")])
            if step := _integration_step(manifest, spec, current):
                steps.append(step)
            for step in _mapping_steps(spec, current, mappings[ids.get(spec.name, "")]):
                (unmanaged if step.phase == Phase.PRUNE_MAPPINGS else steps).append(step)
        matched = {resource.id for resource in matches.values()}
        beyond = list(_prune_steps(business, (r for r in state.integrations if r.id not in matched)))
        unmanaged += beyond
        existing[business] = Existing(
            len(matches) + sum(not step.unsaid for step in beyond),
            sum(len(mappings[ids.get(s.name, "")]) for s in specs if s.mappings is not None),
        )
    known_mappings = frozenset(str(mapping.id) for state in states.values() for mapping in state.mappings)
    if prune:
        steps += [step for step in unmanaged if not step.unsaid]
        unmanaged = [step for step in unmanaged if step.unsaid]
    return Plan(
        sorted(steps, key=_phase), sorted(unmanaged, key=_phase), ids, known_mappings, unsaid, existing
    )


def _unknown_attributes(spec: IntegrationSpec, current: Resource | None) -> Iterator[UnknownAttribute]:
    if current is None:
        return
    for name in unknown(current.attributes, spec.attributes):
        shown = redact_attribute(name, dotted(spec.attributes)[name])
        yield UnknownAttribute(spec.business, spec.name, str(current.id), name, shown)


def _unknown_defaults(spec: IntegrationSpec, existing: Sequence[Resource]) -> Iterator[UnknownAttribute]:
    for step in plan_import(spec.mappings, existing) if spec.mappings else ():
        if step.spec and step.current and (default := unknown_default(step)):
            name = f"mappings.{step.spec.jebbit_var}.default"
            yield UnknownAttribute(spec.business, spec.name, str(step.current.id), name, default)


def _integration_step(manifest: Manifest, spec: IntegrationSpec, current: Resource | None) -> PlanStep | None:
    """Return the step that changes an integration itself, None if it is up to date."""
    if current is None:
        if not is_webhook({SERVICE: spec.service_name}):
            error = ManifestError(spec.path, f"no integration of {spec.service_name} matches")
            raise NotFoundError(
                manifest.describe(error), hint="create it in Jebbit's dashboard: the API cannot"
            )
        desired = with_defaults(spec.attributes)
        return PlanStep(Phase.CREATE, Action.CREATE, spec.business, spec.name, desired=desired)
    service = current.attributes.get(SERVICE, spec.service_name)
    # the service of webhooks also stands for a missing service_name
    if not (is_webhook({SERVICE: spec.service_name}) or same_service(spec.service_name, service)):
        raise manifest.usage_error(
            ManifestError(
                (*spec.path, "service_name"),
                f"the integration belongs to {service}",
                "an integration cannot change its service: correct service_name or id",
            )
        )
    changes = diff(current.attributes, spec.attributes)
    if not changes:
        return None
    if any(change.name == "endpoint" for change in changes):
        try:
            require_sendable(spec)
        except ManifestError as error:
            raise manifest.usage_error(error) from None
    deactivates = any(change.name == "is_active" and change.desired is False for change in changes)
    return PlanStep(
        Phase.DEACTIVATE if deactivates else Phase.UPDATE,
        Action.UPDATE,
        spec.business,
        spec.name,
        current,
        desired=without(spec.attributes, unknown(current.attributes, spec.attributes)),
    )


def _mapping_steps(
    spec: IntegrationSpec, current: Resource | None, existing: Sequence[Resource]
) -> Iterator[PlanStep]:
    if spec.mappings is None:
        return
    for step in plan_import(spec.mappings, existing, prune=True):
        if step.action is Action.UNCHANGED:
            continue
        yield PlanStep(
            Phase.PRUNE_MAPPINGS if step.action is Action.DELETE else Phase.MAPPINGS,
            step.action,
            spec.business,
            spec.name,
            current,
            step.current,
            step.desired,
            is_mapping=True,
        )


def _prune_steps(business: str | None, unmanaged: Iterable[Resource]) -> Iterator[PlanStep]:
    """Yield the steps that delete unmanaged integrations.

    Integrations of other services are only deactivated, since the API cannot create them again. One whose
    service or endpoint Jebbit does not say is left alone.
    """
    for resource in unmanaged:
        step = partial(PlanStep, Phase.PRUNE_INTEGRATIONS, business=business, name=None, integration=resource)
        attributes = resource.attributes
        decisive = (SERVICE, ENDPOINT if is_webhook(attributes) else "is_active")
        unsaid = next((name for name in decisive if not knows(attributes, [name])), None)
        if unsaid:
            yield step(Action.UNCHANGED, unsaid=unsaid)
        elif is_webhook(attributes):
            yield step(Action.DELETE)
        elif attributes["is_active"] is True:
            yield step(Action.UPDATE, desired={"is_active": False})


def _phase(step: PlanStep) -> Phase:
    return step.phase
