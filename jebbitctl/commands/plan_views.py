"""A plan as people and programs see it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from jebbitctl.api.dependents import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.manifest.plan import Step

CHANGE_COLUMNS = ("action", "business", "name", "id", "mapping", "attribute", "is", "should_be")
STEP_COLUMNS = ("result", "action", "business", "name", "id", "mapping")
BEYOND = "beyond"
_SIGNS = {"create": "+", "update": "~", "delete": "-"}


def step_document(step: Step, id_: str | None = None) -> dict[str, Any]:
    """Return a step as JSON; ``id_`` is the integration's that did not exist when the plan was made."""
    known = step.integration["id"] if step.integration else None
    return {
        "action": step.action,
        "business": step.business,
        "name": step.name,
        "id": known or id_,
        "mapping": step.jebbit_var,
        "changes": [
            {"attribute": change.name, "is": change.is_, "should_be": change.should_be}
            for change in step.changes
        ],
    }


def change_rows(steps: Iterable[Step], beyond: Iterable[Step]) -> Iterator[dict[str, Any]]:
    """Yield a row for each attribute that is not as it should be, and for each thing to delete, or beyond."""
    for step in steps:
        document = step_document(step)
        for change in document["changes"] or [_known_by(step)]:
            yield {**document, **change}
    for step in beyond:
        yield {**step_document(step), "action": BEYOND, **_known_by(step)}


def plan_lines(steps: Sequence[Step], beyond: Sequence[Step] = ()) -> Iterator[tuple[str, str]]:
    """Yield signs and texts: what is to be done, integration by integration, then what is beyond."""
    in_sections = len({step.business for step in (*steps, *beyond)}) > 1
    by_owner: dict[tuple[str | None, str, str | None], list[Step]] = {}
    for step in steps:
        known = str(step.integration["id"]) if step.integration else None
        by_owner.setdefault((step.business, step.name or "", known), []).append(step)
    for (business, _, _), about in by_owner.items():
        own = [step for step in about if not step.about_mapping]
        at = f"business {business}: " if in_sections else ""
        yield _SIGNS[own[0].action] if own else "~", at + _title(about[0])
        for step in own:
            yield from _changes(step)
        for step in about:
            if step.about_mapping:
                yield f"  {_SIGNS[step.action]}", _mapping(step)
    for step in beyond:
        at = f"business {step.business}: " if in_sections else ""
        what = f"mapping {step.jebbit_var} of {step.name}" if step.about_mapping else _title(step)
        yield "?", f"{at}{what} is not in the manifest"


def step_line(step: Step, id_: str | None) -> str:
    """Return a step in a few words."""
    known = str(step.integration["id"]) if step.integration else id_
    owner = f"{step.name} ({known})" if step.name and known else step.name or known
    of = f" mapping {step.jebbit_var} of" if step.about_mapping else ""
    return f"{step.action}{of} {owner}"


def counted(steps: Iterable[Step]) -> str:
    """Return how much there is to do, in words."""
    counts = Counter((step.action, "mapping" if step.about_mapping else "integration") for step in steps)
    return ", ".join(f"{action} {plural(count, noun)}" for (action, noun), count in counts.items())


def plural(count: int, noun: str) -> str:
    """Return ``1 mapping`` or ``2 mappings``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _title(step: Step) -> str:
    known = step.integration or {}
    if step.name:
        return f"{step.name} ({known['id']})" if known else step.name
    return f"{known.get('id')} {known.get('endpoint') or known.get('service_name')}"


def _known_by(step: Step) -> dict[str, Any]:
    """Return what tells people which one it is that has only an id here."""
    current = step.current or {}
    name = next((name for name in ("client_var", "endpoint") if current.get(name)), "service_name")
    return {"attribute": name, "is": current.get(name)}


def _changes(step: Step) -> Iterator[tuple[str, str]]:
    for change in step.changes:
        if step.action == "create":
            yield "   ", f"{change.name}: {shown(change.should_be)}"
        else:
            yield "   ", f"{change.name}: {shown(change.is_)} → {shown(change.should_be)}"


def _mapping(step: Step) -> str:
    current, asked = step.mapping or {}, step.asked
    if step.action == "update":
        told = ", ".join(f"{c.name} {shown(c.is_)} → {shown(c.should_be)}" for c in step.changes)
        return f"mapping {step.jebbit_var}: {told}"
    client_var = asked.get("client_var") or current.get("client_var")
    default = asked.get("default") or current.get("default")
    return f"mapping {step.jebbit_var} → {client_var}" + (f" (default {default})" if default else "")
