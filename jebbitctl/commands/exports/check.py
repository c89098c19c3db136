"""``exports check``."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import exports
from jebbitctl.api.export_checks import check as check_export
from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.completion import values
from jebbitctl.errors import CheckFailedError
from jebbitctl.output.streams import is_terminal
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.api.export_checks import ExportCheck
    from jebbitctl.output.output import Output

COLUMNS = ("state", "id", "name", "schedule", "last_status", "last_run_at", "rows", "detail", "fix")
_STATES = {True: ("✓", "ok"), False: ("✗", "failed"), None: ("–", "unknown")}  # noqa: RUF001 - an en dash
_WARNING = ("!", "warning")


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

    Exits 6 if a last run failed or a run is overdue. Also exits 6 if an export cannot be checked, as its
    schedule or its last run is not understood, or not said by Jebbit. The error says which it is.
    """
    client, output = context.client, context.output
    doubts: list[str] = []
    if ids:
        found = [exports.get(client, id_) for id_ in dict.fromkeys(ids)]
    else:
        found = exports.list_with_runs(client.noting(doubts))
    now = time.time()
    checks = [check_export(export.id, export.attributes, now=now) for export in found]
    with output.best_effort():
        _show(output, checks, is_whole=not doubts)
    if not checks and not doubts:
        output.note("No exports.")
    _raise_if_not_ok(checks, doubts)


def _show(output: Output, checks: Sequence[ExportCheck], *, is_whole: bool) -> None:
    """Print the results: lines for readers, also in a pipe, unless another format is requested."""
    if output.json:
        ok = is_whole and all(one.verdict.ok for one in checks)
        output.document({"ok": ok, "exports": [one.to_dict() for one in checks]})
    elif output.plain_requested:
        output.table(map(_row, checks), COLUMNS)
    else:
        width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else sys.maxsize
        for one in checks:
            output.diff(_lines(one, width))


def _row(one: ExportCheck) -> dict[str, object]:
    run = one.to_dict()["last_run"] or {}
    return {
        **one.to_dict(),
        "state": _state(one)[1],
        "last_status": run.get("status"),
        "last_run_at": run.get("at"),
        "rows": run.get("rows"),
    }


def _state(one: ExportCheck) -> tuple[str, str]:
    return _WARNING if one.verdict.ok and one.verdict.warning else _STATES[one.verdict.ok]


def _lines(one: ExportCheck, width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of an export, each with a sign or with spaces in its place."""
    text = f"{_title(one)}: {one.verdict.detail}"
    first, *more = _wrap(text, width)
    yield _state(one)[0], first
    if one.verdict.fix:
        more += _wrap(f"→ {one.verdict.fix}", width)
    for line in more:
        yield " ", f"  {line}"


def _wrap(text: str, width: int) -> list[str]:
    """Return text as lines that leave room for a sign and an indentation."""
    return textwrap.wrap(text, max(width - 4, 20), break_long_words=False, break_on_hyphens=False)


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
    failed = [_title(one) for one in checks if one.verdict.ok is False]
    unknown = [_title(one) for one in checks if one.verdict.ok is None]
    total = plural(len(checks), "export")
    not_checked = f"could not check {len(unknown)} of {total}: {', '.join(unknown)}" if unknown else ""
    not_checked = "; ".join(filter(None, [not_checked, *doubts]))
    if failed:
        message = f"{len(failed)} of {total} failed or overdue: {', '.join(failed)}"
        raise CheckFailedError(f"{message}; {not_checked}" if not_checked else message)
    if not_checked:
        raise CheckFailedError(not_checked, hint="no failure was found, but none can be ruled out")
