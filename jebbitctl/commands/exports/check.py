"""``exports check``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import exports
from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.shared.command_lines import command_line
from jebbitctl.commands.shared.marked_lines import with_fix
from jebbitctl.diagnose.findings import State
from jebbitctl.errors import CheckFailedError
from jebbitctl.output.streams import line_width
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.diagnose.export_checks import ExportCheck
    from jebbitctl.output.output import Output

COLUMNS = ("state", "id", "name", "schedule", "last_status", "last_run_at", "rows", "detail", "fix")


@command(
    example="jebbitctl exports check\njebbitctl exports check wU3rT5yN --json -q ok",
    common=(*API_OPTIONS, "csv"),
)
def check(
    context: Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID…]",
            help="Export ids. Default: all exports.",
            show_default=False,
            autocompletion=values.exports,
        ),
    ] = None,
) -> None:
    """Check that exports ran on schedule and succeeded.

    An export is overdue when its period and 2 hours have passed since its last run: an hour for clocks that
    are set back, as Jebbit does not document the time zone, and an hour for a run that begins late or takes
    long. A last run without rows is marked with ! if earlier ones had some; it does not fail.

    Exits 6 if a last run failed or a run is overdue. Also exits 6 if an export cannot be checked, because
    Jebbit does not say its schedule or last run, or says it in an unknown form. The error says which.
    """
    from jebbitctl.diagnose.export_checks import check as check_export

    client, output = context.client, context.output
    doubts: list[str] = []
    if ids:
        found = [exports.get(client, id_) for id_ in dict.fromkeys(ids)]
    else:
        found = exports.list_with_runs(client.noting(doubts))
    now = time.time()
    checks = [
        check_export(one.id, one.attributes, now=now, campaigns=_campaigns(context, one.id)) for one in found
    ]
    with output.best_effort():
        _show(output, checks, is_whole=not doubts)
    if not checks and not doubts:
        output.note("No exports.")
    _raise_if_not_ok(checks, doubts)


def _campaigns(context: Context, id_: str | None) -> str | None:
    return None if id_ is None else command_line(context, "exports", "campaigns", id_)


def _show(output: Output, checks: Sequence[ExportCheck], *, is_whole: bool) -> None:
    """Print the results: lines for readers, also in a pipe, unless another format is requested."""
    if output.json:
        ok = is_whole and all(one.finding.state in {State.OK, State.WARNING} for one in checks)
        output.document({"ok": ok, "exports": [one.to_dict() for one in checks]})
    elif output.plain_requested:
        output.table(map(_row, checks), COLUMNS)
    else:
        for one in checks:
            found = one.finding
            output.diff(with_fix(found.state, f"{_title(one)}: {found.seen}", found.fix, line_width()))


def _row(one: ExportCheck) -> dict[str, object]:
    run = one.to_dict()["last_run"] or {}
    return {
        **one.to_dict(),
        "last_status": run.get("status"),
        "last_run_at": run.get("at"),
        "rows": run.get("rows"),
    }


def _title(one: ExportCheck) -> str:
    if one.name:
        return f"{one.name} ({one.id})"
    return "export without an id" if one.id is None else f"export {one.id}"


def _raise_if_not_ok(checks: Sequence[ExportCheck], doubts: Sequence[str]) -> None:
    """Fail unless every export is known to work.

    Args:
        checks: of the exports.
        doubts: why there may be others.

    Raises:
        CheckFailedError: one failed, or could not be checked.
    """
    failed = [_title(one) for one in checks if one.finding.state is State.FAILED]
    unknown = [_title(one) for one in checks if one.finding.state is State.UNKNOWN]
    total = plural(len(checks), "export")
    not_checked = f"could not check {len(unknown)} of {total}: {', '.join(unknown)}" if unknown else ""
    not_checked = "; ".join(filter(None, [not_checked, *doubts]))
    if failed:
        message = f"{len(failed)} of {total} failed or overdue: {', '.join(failed)}"
        raise CheckFailedError(f"{message}; {not_checked}" if not_checked else message)
    if not_checked:
        raise CheckFailedError(not_checked, hint="no failure was found, but none can be ruled out")
