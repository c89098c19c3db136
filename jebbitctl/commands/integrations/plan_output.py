"""A plan as lines for people, as rows and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.differences import UNKNOWN
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import format_value
from jebbitctl.commands.integrations.attributes import update_command
from jebbitctl.manifest.plan import Phase
from jebbitctl.util import shell
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.context import Context
    from jebbitctl.manifest.plan import Plan, PlanStep, UnknownAttribute

CHANGE_COLUMNS = ("action", "business", "name", "id", "mapping", "attribute", "current", "desired")
STEP_COLUMNS = ("result", "action", "business", "name", "id", "mapping")
UNMANAGED = "unmanaged"
_IDENTIFYING = ("endpoint", "host", "service_name")
"""Attributes by which people recognize an integration, the best first."""
_SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}


class UnmatchedStep(NamedTuple):
    """A step that writes a mapping of an attribute that Jebbit does not have, and the nearest one."""

    step: PlanStep
    nearest: str | None


class PlanReport(NamedTuple):
    """A plan, and what its readers need to know beside it.

    Attributes:
        name: of the manifest.
        plan: to show.
        strict: whether what is unmanaged or unknown is a difference, too.
        ignored: differences that are left out of the plan.
        unmatched: steps that write a mapping of an attribute that Jebbit does not have.
    """

    name: str
    plan: Plan
    strict: bool = False
    ignored: int = 0
    unmatched: tuple[UnmatchedStep, ...] = ()

    @property
    def drift(self) -> list[str]:
        """What differs, in words."""
        plan = self.plan
        drift = [count_steps(plan.steps)] if plan.steps else []
        if self.strict:
            drift += [f"{len(plan.unmanaged)} unmanaged"] * bool(plan.unmanaged)
            drift += [f"{len(plan.unknown)} unknown"] * bool(plan.unknown)
        return drift

    @property
    def summary(self) -> str:
        """The plan in one line."""
        return summary(self.plan, strict=self.strict, ignored=self.ignored)


def summary(plan: Plan, *, strict: bool = False, ignored: int = 0) -> str:
    """Return the numbers of steps, and of everything that is no step, in one line."""
    others = {"unmanaged": len(plan.unmanaged), "unknown": len(plan.unknown), "ignored": ignored}
    parts = [f"Plan: {count_steps(plan.steps)}" if plan.steps else "No changes"]
    parts += [f"{count} {what}" for what, count in others.items() if count]
    if strict and (removals := [step for step in plan.unmanaged if not step.unsaid]):
        parts.append(f"apply --prune would {count_steps(removals)}")
    return "; ".join(parts) + "."


def in_sync(plan: Plan, name: str, *, ignored: int = 0) -> str:
    """Return the message that a plan has no steps."""
    exceptions = ["what it does not say"] * bool(plan.unknown) + ["what is ignored"] * bool(ignored)
    apart = f", apart from {' and '.join(exceptions)}" if exceptions else ""
    return f"Jebbit matches {name}{apart}."


def _set_command(id_: str, values: dict[str, Any]) -> str:
    """Return the command that sets unknown attributes of an integration, or the default of its mapping."""
    (name, value), *_ = values.items()
    if not name.startswith("mappings."):
        return update_command(id_, values)
    return shell.join(["jebbitctl", "mappings", "update", id_, "--default", str(value)])


def warn_of_unknown(context: Context, plan: Plan, *, prune: bool) -> None:
    """Warn of attributes that apply leaves alone, since Jebbit does not say their values."""
    by_id: dict[tuple[str, str], dict[str, Any]] = {}
    for _, name, id_, attribute, desired in map(astuple, plan.unknown):
        by_id.setdefault((name, id_), {})[attribute] = desired
    for (name, id_), values in by_id.items():
        context.output.warn(
            f"{name} ({id_}): Jebbit does not say {', '.join(values)}: neither compared nor changed; "
            f"to set what the manifest says: {_set_command(id_, values)}"
        )
    for step in plan.unmanaged if prune else ():
        context.output.warn(f"{step_title(step)} is left alone: Jebbit does not say its {step.unsaid}")


def unknown_lines(unknown: Iterable[UnknownAttribute]) -> Iterator[tuple[str, str]]:
    """Yield a sign and a text for each attribute that Jebbit does not say."""
    for business, name, id_, attribute, desired in map(astuple, unknown):
        at = f"business {business}: " if business else ""
        yield "?", f"{at}{name} ({id_}): {attribute}: {UNKNOWN}; {format_value(desired)} in the manifest"


def step_document(step: PlanStep, id_: str | None = None) -> dict[str, Any]:
    """Return a step as JSON.

    Args:
        step: to return.
        id_: of an integration that was created after the plan was made.
    """
    known = step.integration.id if step.integration else None
    return {
        "action": step.action,
        "business": step.business,
        "name": step.name,
        "id": known or id_,
        "mapping": step.jebbit_var,
        "changes": [
            {"attribute": name, "current": current, "desired": desired}
            for name, current, desired in step.changes
        ],
    }


def change_rows(steps: Iterable[PlanStep], unmanaged: Iterable[PlanStep]) -> Iterator[dict[str, Any]]:
    """Yield a row for each attribute that differs, each deletion and each unmanaged resource."""
    for step in steps:
        document = step_document(step)
        for change in document["changes"] or [_identifying_attribute(step)]:
            yield {**document, **change}
    for step in unmanaged:
        yield {**step_document(step), "action": UNMANAGED, **_identifying_attribute(step)}


def plan_lines(
    steps: Sequence[PlanStep], unmanaged: Sequence[PlanStep] = (), *, strict: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield signs and texts: the steps, grouped by integration, then the unmanaged resources.

    Args:
        steps: to show.
        unmanaged: to show.
        strict: show what is unmanaged as what ``apply --prune`` would make of it.
    """
    has_sections = any(step.business is not None for step in (*steps, *unmanaged))
    for group in by_integration(steps):
        own = [step for step in group if not step.is_mapping]
        yield (
            _SIGNS[own[0].action if own else Action.UPDATE],
            step_title(group[0], with_business=has_sections),
        )
        for step in own:
            yield from _changes(step)
        for step in group:
            if step.is_mapping:
                yield f"  {_SIGNS[step.action]}", mapping_text(step)
    for step in unmanaged:
        yield unmanaged_line(step, strict=strict, with_business=has_sections)


def by_integration(steps: Iterable[PlanStep]) -> list[list[PlanStep]]:
    """Return steps in groups, one for each integration."""
    groups: dict[tuple[str | None, str, str | None], list[PlanStep]] = {}
    for step in steps:
        known = str(step.integration.id) if step.integration else None
        groups.setdefault((step.business, step.name or "", known), []).append(step)
    return list(groups.values())


def unmanaged_line(step: PlanStep, *, strict: bool, with_business: bool) -> tuple[str, str]:
    """Return a sign, and that a resource is not in the manifest; if strict, also what --prune does to it."""
    at = f"business {step.business}: " if with_business else ""
    what = f"mapping {step.jebbit_var} of {step.name}" if step.is_mapping else step_title(step)
    sign, text = "?", f"{at}{what} is not in the manifest"
    if step.unsaid:
        text += f", and is never deleted: Jebbit does not say its {step.unsaid}"
    elif strict:
        sign, text = _SIGNS[step.action], f"{text}: apply --prune would {verb(step)} it"
    return sign, text


def verb(step: PlanStep) -> str:
    """Return what a step does, in a word; what only the dashboard can create is deactivated, not deleted."""
    deactivates = step.phase == Phase.PRUNE_INTEGRATIONS and step.action is Action.UPDATE
    return "deactivate" if deactivates else str(step.action)


def step_line(step: PlanStep, id_: str | None) -> str:
    """Return a step in one line, such as ``update mapping Outcome of spring-leads (L5m24mjs)``."""
    known = str(step.integration.id) if step.integration else id_
    owner = f"{step.name} ({known})" if step.name and known else step.name or known
    of = f" mapping {step.jebbit_var} of" if step.is_mapping else ""
    return f"{verb(step)}{of} {owner}"


def count_steps(steps: Iterable[PlanStep]) -> str:
    """Return the numbers of steps as text, such as ``create 1 integration, delete 2 mappings``."""
    counts = Counter((verb(step), "mapping" if step.is_mapping else "integration") for step in steps)
    return ", ".join(f"{what} {plural(count, noun)}" for (what, noun), count in counts.items())


def step_title(step: PlanStep, *, with_business: bool = False) -> str:
    """Return how people recognize the integration of a step."""
    at = f"business {step.business}: " if with_business else ""
    known = step.integration
    if known is None:
        return f"{at}{step.name}"
    if step.name:
        return f"{at}{step.name} ({known.id})"
    return f"{at}{known.id} {next(filter(None, map(known.attributes.get, _IDENTIFYING)), None)}"


def _identifying_attribute(step: PlanStep) -> dict[str, Any]:
    """Return an attribute by which people recognize a resource, since an id says little."""
    current = step.current.attributes if step.current else {}
    names = ("client_var", *_IDENTIFYING)
    name = next((name for name in names if current.get(name)), "service_name")
    return {"attribute": name, "current": current.get(name)}


def _changes(step: PlanStep) -> Iterator[tuple[str, str]]:
    for name, current, desired in step.changes:
        if step.action is Action.CREATE:
            yield "   ", f"{name}: {format_value(desired)}"
        else:
            yield "   ", f"{name}: {format_value(current)} → {format_value(desired)}"


def mapping_text(step: PlanStep) -> str:
    """Return a mapping and what changes of it."""
    if step.action is Action.UPDATE:
        changes = ", ".join(
            f"{name} {format_value(current)} → {format_value(desired)}"
            for name, current, desired in step.changes
        )
        return f"mapping {step.jebbit_var}: {changes}"
    attributes = {**(step.mapping.attributes if step.mapping else {}), **step.desired}
    client_var, default = attributes.get("client_var"), attributes.get("default")
    return f"mapping {step.jebbit_var} → {client_var}" + (f" (default {default})" if default else "")
