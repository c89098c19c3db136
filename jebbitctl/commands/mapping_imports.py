"""``mappings import``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import documents, mapping_csv, mapping_import, mappings
from jebbitctl.api.mapping_csv import COLUMNS as CSV
from jebbitctl.api.mapping_import import DELETE, DONE, FAIL
from jebbitctl.commands import completing
from jebbitctl.commands.common import command
from jebbitctl.context import context_of
from jebbitctl.errors import RefusedError, UnavailableError
from jebbitctl.storage.inputs import read_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.api.mapping_import import Step
    from jebbitctl.context import Context

COLUMNS = ("line", "result", *CSV)
NAMED = 20
"""Failed lines whose numbers the error at the end repeats."""


def import_(
    ctx: typer.Context,
    integration_id: Annotated[
        str,
        typer.Argument(
            metavar="INTEGRATION_ID",
            help="Whose mappings these are.",
            show_default=False,
            autocompletion=completing.integrations,
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV in UTF-8; - reads standard input.", show_default=False),
    ],
    *,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete the mappings that the file does not name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask before deleting.")] = False,
) -> None:
    """Make an integration's mappings what a CSV file says.

    The first line names the columns jebbit_var, client_var and default, in any order; an empty default is
    none. Mappings are found by their jebbit_var: what is there already is left alone, so a second run changes
    nothing. A line that cannot be is named by its number, the rest goes on, and nothing is deleted then.
    """
    context = context_of(ctx)
    documents.require_id(integration_id, what="INTEGRATION_ID")
    if prune and not (yes or dry_run):
        context.prompts.require("A confirmation", instead="add --yes to delete without asking")
    lines = mapping_csv.parse(read_input(file, what="FILE"), "standard input" if file == "-" else file)
    existing = list(mappings.listed(context.client, integration_id))
    steps = mapping_import.plan(lines, existing, prune=prune)
    if dry_run:
        for step in steps:
            _tell_failure(context, step)
    else:
        if not yes:
            _confirm_deletions(context, steps)
        steps = _import(context, integration_id, steps)
    _show(context, integration_id, steps, dry_run=dry_run)
    _require_all(context, steps, prune=prune)


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    command(app, "import", example="jebbitctl mappings import L5m24mjs mappings.csv --prune --dry-run")(
        import_
    )


def _confirm_deletions(context: Context, steps: Sequence[Step]) -> None:
    if count := sum(step.action == DELETE for step in steps):
        context.prompts.confirm(
            f"Delete {count} mapping{'s' if count > 1 else ''} that the file does not name?",
            instead="add --yes to delete without asking",
        )


def _import(context: Context, integration: str, steps: Sequence[Step]) -> list[Step]:
    """Carry out a plan and return how each step ended; should it stop, what was done is reported as well."""
    done: list[Step] = []
    try:
        with context.output.progress("Importing", total=len(steps)) as bar:
            for step in mapping_import.carry_out(context.clients(), integration, steps):
                done.append(step)
                _tell_failure(context, step)
                bar.advance()
    except BaseException:
        if done:
            _show(context, integration, done, dry_run=False)
        context.output.note(f"Stopped after {len(done)} of {len(steps)}; a second run does the rest.")
        raise
    return done


def _tell_failure(context: Context, step: Step) -> None:
    if step.action == FAIL and not context.output.json:
        context.output.warn(f"{_name(step)}: {step.error}")


def _name(step: Step) -> str:
    return f"line {step.line.number}" if step.line else f"mapping {(step.current or {}).get('id')}"


def _show(context: Context, integration: str, steps: Sequence[Step], *, dry_run: bool) -> None:
    rows = [_row(step, step.action if dry_run else DONE[step.action]) for step in steps]
    counts = Counter(DONE[step.action] for step in steps)
    if context.output.json:
        head = {"integration_id": integration, "dry_run": dry_run}
        totals = {name: counts[name] for name in DONE.values()}
        with context.output.telling():
            context.output.document({**head, **totals, "lines": rows})
        return
    with context.output.telling():
        context.output.table(rows, COLUMNS)
    told = ", ".join(f"{counts[name]} {name}" for name in DONE.values() if counts[name]) or "no lines"
    context.output.note(f"Would be: {told}. Nothing was changed." if dry_run else f"{told}.".capitalize())


def _row(step: Step, result: str) -> dict[str, Any]:
    current = step.current or {}
    named = {column: getattr(step.line, column) if step.line else current.get(column) for column in CSV}
    return {
        "line": step.line.number if step.line else None,
        "result": result,
        "id": current.get("id"),
        **{column: value or None for column, value in named.items()},
        "error": step.error,
    }


def _require_all(context: Context, steps: Sequence[Step], *, prune: bool) -> None:
    """Return when every line was taken.

    Raises:
        RefusedError: one was not.
        UnavailableError: the same, where trying later may help with all of them.
    """
    failed = [step for step in steps if step.action == FAIL]
    if not failed:
        return
    if prune and any(step.line for step in failed):
        context.output.warn("nothing is deleted while a line fails")
    more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    message = f"{len(failed)} of {len(steps)} failed: {', '.join(map(_name, failed[:NAMED]))}{more}"
    if all(step.unavailable for step in failed):
        raise UnavailableError(message, hint="run it again: what is there already is left alone")
    raise RefusedError(message, hint="mend these lines and run it again: the others are left alone then")
