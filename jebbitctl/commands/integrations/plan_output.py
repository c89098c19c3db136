"""Prints a plan, as text, tab-separated lines or JSON."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any

from jebbitctl.api.differences import UNKNOWN
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import format_value
from jebbitctl.commands.integrations.attributes import update_command
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


def show_plan(context: Context, plan: Plan, *, ok: bool) -> None:
    """Print the steps of a plan and the unmanaged resources."""
    output = context.output
    if output.json:
        documents: dict[str, Any] = {
            name: [step_document(step) for step in steps]
            for name, steps in (("steps", plan.steps), ("unmanaged", plan.unmanaged))
        }
        documents["unknown"] = [asdict(attribute) for attribute in plan.unknown]
        output.document({"ok": ok, **documents})
    elif output.plain:
        unknown = [{**asdict(attribute), "action": UNKNOWN} for attribute in plan.unknown]
        output.table([*change_rows(plan.steps, plan.unmanaged), *unknown], CHANGE_COLUMNS)
    else:
        output.diff([*plan_lines(plan.steps, plan.unmanaged), *_unknown_lines(plan.unknown)])


def in_sync(plan: Plan, name: str) -> str:
    """Return the message that a plan has no steps."""
    return (
        f"Jebbit matches {name}, apart from what it does not say."
        if plan.unknown
        else f"Jebbit matches {name}."
    )


def _set_command(id_: str, values: dict[str, Any]) -> str:
    """Return the command that sets unknown attributes of an integration, or the default of its mapping."""
    (name, value), *_ = values.items()
    if not name.startswith("mappings."):
        return update_command(id_, values)
    return shlex.join(["jebbitctl", "mappings", "update", id_, "--default", str(value)])


def warn_of_unknown(context: Context, plan: Plan, *, prune: bool) -> None:
    """Warn of what apply leaves alone, since Jebbit does not say what it is now."""
    by_id: dict[tuple[str, str], dict[str, Any]] = {}
    for _, name, id_, attribute, desired in map(astuple, plan.unknown):
        by_id.setdefault((name, id_), {})[attribute] = desired
    for (name, id_), values in by_id.items():
        context.output.warn(
            f"{name} ({id_}): Jebbit does not say {', '.join(values)}: neither compared nor changed; "
            f"to set what the manifest says: {_set_command(id_, values)}"
        )
    for step in plan.unmanaged if prune else ():
        context.output.warn(f"{_title(step)} is left alone: Jebbit does not say its {step.unsaid}")


def _unknown_lines(unknown: Iterable[UnknownAttribute]) -> Iterator[tuple[str, str]]:
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


def plan_lines(steps: Sequence[PlanStep], unmanaged: Sequence[PlanStep] = ()) -> Iterator[tuple[str, str]]:
    """Yield signs and texts: the steps, grouped by integration, then the unmanaged resources."""
    has_sections = len({step.business for step in (*steps, *unmanaged)}) > 1
    by_owner: dict[tuple[str | None, str, str | None], list[PlanStep]] = {}
    for step in steps:
        known = str(step.integration.id) if step.integration else None
        by_owner.setdefault((step.business, step.name or "", known), []).append(step)
    for (business, _, _), group in by_owner.items():
        own = [step for step in group if not step.is_mapping]
        at = f"business {business}: " if has_sections else ""
        yield _SIGNS[own[0].action if own else Action.UPDATE], at + _title(group[0])
        for step in own:
            yield from _changes(step)
        for step in group:
            if step.is_mapping:
                yield f"  {_SIGNS[step.action]}", _mapping(step)
    for step in unmanaged:
        at = f"business {step.business}: " if has_sections else ""
        what = f"mapping {step.jebbit_var} of {step.name}" if step.is_mapping else _title(step)
        unsaid = f", and is never deleted: Jebbit does not say its {step.unsaid}" if step.unsaid else ""
        yield "?", f"{at}{what} is not in the manifest{unsaid}"


def step_line(step: PlanStep, id_: str | None) -> str:
    """Return a step in one line, such as ``update mapping Outcome of spring-leads (L5m24mjs)``."""
    known = str(step.integration.id) if step.integration else id_
    owner = f"{step.name} ({known})" if step.name and known else step.name or known
    of = f" mapping {step.jebbit_var} of" if step.is_mapping else ""
    return f"{step.action}{of} {owner}"


def count_steps(steps: Iterable[PlanStep]) -> str:
    """Return the numbers of steps as text, such as ``create 1 integration, delete 2 mappings``."""
    counts = Counter((step.action, "mapping" if step.is_mapping else "integration") for step in steps)
    return ", ".join(f"{action} {plural(count, noun)}" for (action, noun), count in counts.items())


def _title(step: PlanStep) -> str:
    known = step.integration
    if known is None:
        return str(step.name)
    if step.name:
        return f"{step.name} ({known.id})"
    return f"{known.id} {next(filter(None, map(known.attributes.get, _IDENTIFYING)), None)}"


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


def _mapping(step: PlanStep) -> str:
    if step.action is Action.UPDATE:
        changes = ", ".join(
            f"{name} {format_value(current)} → {format_value(desired)}"
            for name, current, desired in step.changes
        )
        return f"mapping {step.jebbit_var}: {changes}"
    attributes = {**(step.mapping.attributes if step.mapping else {}), **step.desired}
    client_var, default = attributes.get("client_var"), attributes.get("default")
    return f"mapping {step.jebbit_var} → {client_var}" + (f" (default {default})" if default else "")
