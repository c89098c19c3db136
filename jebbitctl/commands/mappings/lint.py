"""``mappings lint``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import OnlyIntegration
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util.ids import require_id
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.diagnose.mapping_lint import LintResult, MappingFinding

COLUMNS = ("state", "kind", "integration_id", "mappings", "detail", "fix")


@command(
    example="jebbitctl mappings lint --integration L5m24mjs\njebbitctl mappings lint --all",
    common=(*API_OPTIONS, "csv"),
)
def lint(
    context: Context,
    *,
    integration: OnlyIntegration = None,
    all_: Annotated[bool, typer.Option("--all", help="All integrations of the business.")] = False,
) -> None:
    """Check that mappings name attributes, and do not contradict each other.

    Finds a jebbit_var that is no attribute, and the nearest one; an attribute that does not pass to
    integrations; an attribute that is mapped twice; and two attributes under one client_var. Exits 6 if
    something is wrong, or cannot be checked because Jebbit's answers are incomplete; the error says which.
    Lines with ! may be wanted and do not count.
    """
    from jebbitctl.diagnose import mapping_lint
    from jebbitctl.diagnose.findings import State

    if all_ == (integration is not None):
        raise UsageError(
            "--integration and --all are mutually exclusive" if all_ else "no integration given",
            hint="check one integration with --integration ID, or those of the business with --all",
        )
    if integration is not None:
        require_id(integration, what="--integration")
    doubts: list[str] = []
    mappings = mapping_lint.fetch_mappings(context.client.noting(doubts), integration)
    result = mapping_lint.lint(mappings, mapping_lint.fetch_attributes(context.client, mappings))
    result.unknown.extend(doubts)
    problems = result.of(State.FAILED)
    unknown = result.of(State.UNKNOWN)
    with context.output.best_effort():
        _show(context, result, ok=not (problems or unknown or doubts))
    if not mappings and not doubts and not context.output.json:
        context.output.note("No mappings." if all_ else f"{integration} has no mappings.")
    checked = plural(result.mappings, "mapping")
    if problems:
        raise CheckFailedError(f"{plural(len(problems), 'problem')} in {checked}")
    if unknown:
        count = len({id_ for finding in unknown for id_ in finding.mappings})
        raise CheckFailedError(
            f"{count} of {checked} could not be checked, as Jebbit's answers are incomplete",
            hint="compare them with the attributes in Jebbit's dashboard",
        )
    if doubts:
        raise CheckFailedError(
            "mappings that Jebbit did not send could not be checked",
            hint="try again; if that does not help, ask Jebbit which mappings these credentials cannot see",
        )


def _show(context: Context, result: LintResult, *, ok: bool) -> None:
    output = context.output
    rows = [_row(context, finding) for finding in result.findings]
    if output.json:
        output.document({"ok": ok, "mappings": result.mappings, "findings": rows, "unknown": result.unknown})
    elif output.plain_requested:
        output.table(({**row, "mappings": ",".join(row["mappings"])} for row in rows), COLUMNS)
    else:
        output.diff(_lines(context, result, ok=ok))


def _lines(context: Context, result: LintResult, *, ok: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines of each finding, and at the end that all is well."""
    from jebbitctl.commands.shared.marked_lines import with_fix
    from jebbitctl.diagnose.findings import State
    from jebbitctl.output.streams import line_width

    width = line_width()
    for finding in result.findings:
        ids = ", ".join(finding.mappings)
        noun = "mapping" if len(finding.mappings) == 1 else "mappings"
        at = f"{finding.integration}: " if finding.integration else ""
        seen = f"{at}{noun} {ids}: {finding.message}"
        yield from with_fix(finding.state, seen, _fix(context, finding), width)
    for what in result.unknown:
        yield from with_fix(State.UNKNOWN, f"cannot be known: {what}", None, width)
    if ok and result.mappings:
        others = f", apart from {plural(count, 'warning')}" if (count := len(result.findings)) else ""
        seen = f"{plural(result.mappings, 'mapping')} checked: no problems{others}"
        yield from with_fix(State.OK, seen, None, width)


def _row(context: Context, finding: MappingFinding) -> dict[str, Any]:
    return {
        "state": finding.state,
        "kind": finding.kind,
        "integration_id": finding.integration,
        "mappings": list(finding.mappings),
        "detail": finding.message,
        "fix": _fix(context, finding) or None,
    }


def _fix(context: Context, finding: MappingFinding) -> str:
    """Return what to do, with a command for the same account."""
    from jebbitctl.commands.shared.command_lines import command_line

    parts = [finding.fix, command_line(context, *finding.command) if finding.command else ""]
    return ": ".join(filter(None, parts))
