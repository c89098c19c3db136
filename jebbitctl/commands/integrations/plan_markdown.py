"""A plan as a comment on a pull request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import format_value
from jebbitctl.commands.integrations.plan_output import (
    by_integration,
    mapping_text,
    step_title,
    unknown_lines,
    unmanaged_line,
    verb,
)
from jebbitctl.commands.integrations.unmatched_mappings import unmatched_lines
from jebbitctl.output.markdown import code, comment, paragraph
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.manifest.plan import PlanStep

MARKER = "jebbitctl-plan"
"""How the comment begins, before the manifest's name, so that a program can find and replace it."""
_SIGNS = {"~": "!"}
"""Signs that GitHub colours in a diff, for those that it does not."""


def plan_markdown(report: PlanReport) -> str:
    """Return a comment: the summary, and folded away below it the changes of each integration."""
    plan = report.plan
    has_sections = any(step.business is not None for step in (*plan.steps, *plan.unmanaged))
    folds = []
    if report.unmatched:
        heading = f"{plural(len(report.unmatched), 'mapping')} of attributes that Jebbit does not have"
        folds.append((heading, [f"{sign} {text}" for sign, text in unmatched_lines(report.unmatched)]))
    for group in by_integration(plan.steps):
        own = [step for step in group if not step.is_mapping]
        what = verb(own[0]) if own else str(Action.UPDATE)
        heading = f"{what} {code(step_title(group[0], with_business=has_sections))}"
        folds.append((heading, [line for step in group for line in _lines(step)]))
    unmanaged = [
        unmanaged_line(step, strict=report.strict, with_business=has_sections) for step in plan.unmanaged
    ]
    for what, lines in (("unmanaged", unmanaged), ("unknown", [*unknown_lines(plan.unknown)])):
        if lines:
            folds.append(
                (f"{len(lines)} {what}", [f"{_SIGNS.get(sign, sign)} {text}" for sign, text in lines])
            )
    summary = paragraph(f"<b>{code(report.name)}</b>: {report.summary}")
    name = quote(os.fsencode(report.name), safe="/.")  # which may have bytes that are no UTF-8
    return comment(f"{MARKER} {name}", [summary], folds)


def _lines(step: PlanStep) -> Iterator[str]:
    """Yield the lines of a diff: what goes, and what comes instead."""
    if step.is_mapping and step.action is not Action.UPDATE:
        yield f"{'+' if step.action is Action.CREATE else '-'} {mapping_text(step)}"
        return
    if step.action is Action.DELETE:
        yield f"- {step_title(step)}"
    of = f"mapping {step.jebbit_var}: " if step.is_mapping else ""
    for name, current, desired in step.changes:
        for sign, value in (("-", current), ("+", desired)):
            if value is not None:
                yield f"{sign} {of}{name}: {format_value(value)}"
