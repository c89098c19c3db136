"""Leaves known differences out of a plan."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.api.differences import OPTIONS, without
from jebbitctl.api.mapping_plan import Action
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan, PlanStep

    IsKnown: TypeAlias = Callable[[str | None, set[str]], bool]

_MAPPINGS = "mappings"


class KnownDifference(NamedTuple):
    """What to leave out of a plan.

    Attributes:
        name: of an integration in the manifest.
        attribute: such as ``region``, ``additional_options.hash_pii`` or ``mappings.Outcome``. It includes
            what is nested in it.
    """

    name: str
    attribute: str


def parse_known_difference(text: str, manifest: Manifest) -> KnownDifference:
    """Return what ``NAME.attribute`` means in a manifest.

    Raises:
        UsageError: it has another form, or the manifest has no such integration.
    """
    names = [spec.name for spec in manifest.integrations]
    found = [name for name in names if text.startswith(f"{name}.") and len(text) > len(name) + 1]
    if found:
        name = max(found, key=len)
        return KnownDifference(name, text[len(name) + 1 :])
    name, _, attribute = text.partition(".")
    if not name or not attribute:
        raise UsageError(
            f"--ignore {text!r} is not NAME.attribute",
            hint="for example: --ignore spring-leads.region, or spring-leads.mappings.Outcome",
        )
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise UsageError(
        f"--ignore {text}: {manifest.name} has no integration {name}",
        hint=f"did you mean {near[0]}.{attribute}?" if near else None,
    )


def ignore(plan: Plan, known: Sequence[KnownDifference]) -> tuple[Plan, Counter[KnownDifference]]:
    """Return a plan without known differences, and how many each of these left out."""
    counts: Counter[KnownDifference] = Counter()

    def is_known(name: str | None, terms: set[str]) -> bool:
        first = next((one for one in known if one.name == name and one.attribute in terms), None)
        if first:
            counts[first] += 1
        return first is not None

    def rest(steps: Iterable[PlanStep]) -> list[PlanStep]:
        return [left for step in steps if (left := _without(step, is_known))]

    unknown = [one for one in plan.unknown if not is_known(one.name, _terms(one.attribute))]
    return replace(plan, steps=rest(plan.steps), unmanaged=rest(plan.unmanaged), unknown=unknown), counts


def _without(step: PlanStep, is_known: IsKnown) -> PlanStep | None:
    """Return a step without the differences that are known, None if nothing is left of it."""
    mapping = f"{_MAPPINGS}.{step.jebbit_var}"
    if step.action is not Action.UPDATE or not step.name:
        return None if step.is_mapping and is_known(step.name, {_MAPPINGS, mapping}) else step
    known = [
        change.name
        for change in step.changes
        if is_known(
            step.name,
            {_MAPPINGS, mapping, f"{mapping}.{change.name}"} if step.is_mapping else _terms(change.name),
        )
    ]
    left = replace(step, desired=without(step.desired, known))
    return left if left.changes or not known else None


def _terms(attribute: str) -> set[str]:
    """Return the names that cover an attribute: its own, and those of the attributes around it."""
    if attribute.startswith(f"{OPTIONS}."):
        return {OPTIONS, attribute}
    if attribute.startswith(f"{_MAPPINGS}."):  # an unknown default
        return {_MAPPINGS, attribute.rpartition(".")[0], attribute}
    return {attribute}
