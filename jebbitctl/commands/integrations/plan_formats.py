"""Prints a plan in the format that is asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jebbitctl.api.differences import UNKNOWN
from jebbitctl.commands.integrations.plan_output import (
    CHANGE_COLUMNS,
    change_rows,
    plan_lines,
    step_document,
    unknown_lines,
)
from jebbitctl.commands.shared.marked_lines import all_hanging
from jebbitctl.errors import UsageError
from jebbitctl.output.streams import line_width
from jebbitctl.output.wrapping import wrap

if TYPE_CHECKING:
    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.context import Context


def require_one_format(context: Context, *, markdown: bool) -> None:
    """Check that Markdown is the only format.

    Raises:
        UsageError: another format is asked for as well.
    """
    if markdown and (context.output.json or context.output.plain_requested):
        raise UsageError("--markdown, --plain and --json (or --query) are mutually exclusive")


def show_plan(context: Context, report: PlanReport, *, ok: bool, markdown: bool) -> None:
    """Print the steps of a plan and the unmanaged resources; people read the same text in a pipe.

    Args:
        context: prints them.
        report: to print.
        ok: of the JSON document, whether the command succeeds.
        markdown: the format is Markdown.
    """
    output, plan = context.output, report.plan
    if markdown:
        from jebbitctl.commands.integrations.plan_markdown import plan_markdown

        output.verbatim(plan_markdown(report).splitlines())
    elif output.json:
        documents: dict[str, Any] = {
            name: [step_document(step) for step in steps]
            for name, steps in (("steps", plan.steps), ("unmanaged", plan.unmanaged))
        }
        documents["unknown"] = [asdict(attribute) for attribute in plan.unknown]
        output.document({"ok": ok, **documents, "ignored": report.ignored})
    elif output.plain_requested:
        unknown = [{**asdict(attribute), "action": UNKNOWN} for attribute in plan.unknown]
        output.table([*change_rows(plan.steps, plan.unmanaged), *unknown], CHANGE_COLUMNS)
    else:
        lines = [
            *plan_lines(plan.steps, plan.unmanaged, strict=report.strict),
            *unknown_lines(plan.unknown),
        ]
        width = line_width()
        output.diff(all_hanging(lines, width))
        if lines or report.ignored:
            for line in wrap(report.summary, width):
                output.line(line)
