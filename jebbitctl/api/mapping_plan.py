"""Planning an import: compare a file's mappings with those of an integration."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.api import mappings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.mappings import MappingSpec
    from jebbitctl.api.resources import Resource

    Unmatched: TypeAlias = dict[str, list[Resource]]


class Action(StrEnum):
    """What a step of a plan does, or that it failed."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    DELETE = "delete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportStep:
    """The action for one mapping, planned or executed.

    Attributes:
        action: FAILED for an invalid mapping, and for a step that failed when it was executed.
        spec: the file's mapping, None for a mapping that is not in the file.
        current: the mapping at Jebbit, None if there is none.
        error: why the step failed.
        unavailable: whether the step failed because Jebbit could not be reached or did not answer.
    """

    action: Action
    spec: MappingSpec | None
    current: Resource | None = None
    error: str | None = None
    unavailable: bool = False

    @property
    def desired(self) -> dict[str, Any]:
        """The attributes to create or update the mapping with; empty for a deletion."""
        if self.spec is None:
            return {}
        if self.current is None:
            return _new_attributes(self.spec)
        return changed_attributes(self.current, self.spec)


def plan_import(
    specs: Iterable[MappingSpec], existing: Iterable[Resource], *, prune: bool = False
) -> list[ImportStep]:
    """Return a step for each spec, then, with ``prune``, the deletions of mappings that no spec names.

    Specs and mappings are matched by ``jebbit_var``. If Jebbit has several mappings with the same one, a spec
    is matched with an equal mapping first: an update of another one would send the attribute twice.
    Nothing is deleted if any spec is invalid, since it may be meant for a mapping to keep.
    """
    unmatched: Unmatched = defaultdict(list)
    for mapping in existing:
        unmatched[mappings.to_text(mapping.attributes.get("jebbit_var"))].append(mapping)
    specs = list(specs)
    equal = [_match_equal(spec, unmatched) for spec in specs]
    steps = [step or _plan_spec(spec, unmatched) for spec, step in zip(specs, equal, strict=True)]
    if prune and not any(step.action is Action.FAILED for step in steps):
        steps += [ImportStep(Action.DELETE, None, mapping) for rest in unmatched.values() for mapping in rest]
    return steps


def changed_attributes(mapping: Resource, spec: MappingSpec) -> dict[str, str | None]:
    """Return the attributes in which a spec differs from a mapping; an empty default becomes None.

    A default that Jebbit does not say is neither compared nor changed; see :func:`unknown_default`.
    """
    desired = {"client_var": spec.client_var, "default": spec.default}
    return {
        name: value or None
        for name, value in desired.items()
        if name in mapping.attributes and mappings.to_text(mapping.attributes[name]) != value
    }


def unknown_default(step: ImportStep) -> str | None:
    """Return the desired default of a mapping whose default Jebbit does not say, None if there is none."""
    if step.spec is None or step.current is None or "default" in step.current.attributes:
        return None
    return step.spec.default or None


def _new_attributes(spec: MappingSpec) -> dict[str, str]:
    """Return the attributes to create a mapping with; an empty default is left out."""
    attributes = {"jebbit_var": spec.jebbit_var, "client_var": spec.client_var, "default": spec.default}
    return {name: value for name, value in attributes.items() if value}


def _match_equal(spec: MappingSpec, unmatched: Unmatched) -> ImportStep | None:
    """Return the step for a spec that equals a mapping, None if it equals none."""
    candidates = unmatched[spec.jebbit_var]
    for position, mapping in enumerate(candidates):
        if spec.problem is None and not changed_attributes(mapping, spec):
            return ImportStep(Action.UNCHANGED, spec, candidates.pop(position))
    return None


def _plan_spec(spec: MappingSpec, unmatched: Unmatched) -> ImportStep:
    """Return the step for a spec that equals no mapping."""
    if spec.problem is not None:
        return ImportStep(Action.FAILED, spec, error=spec.problem)
    if candidates := unmatched[spec.jebbit_var]:
        return ImportStep(Action.UPDATE, spec, candidates.pop(0))
    return ImportStep(Action.CREATE, spec)
