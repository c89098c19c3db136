"""``integrations diagnose``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.completion import values
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.diagnose.diagnosis import IntegrationReport
    from jebbitctl.output.output import Output

_MARKS = {"ok": "✓", "failed": "✗", "warning": "!", "unknown": "–"}  # noqa: RUF001 - an en dash


@command(
    example="jebbitctl integrations diagnose L5m24mjs\njebbitctl integrations diagnose --all --quiet",
)
def diagnose(
    context: Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID…]",
            help="Integration ids.",
            show_default=False,
            autocompletion=values.integrations,
        ),
    ] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Diagnose every active webhook.")] = False,
) -> None:
    """Find out why no data arrives.

    Follows a lead from the campaign to the endpoint. Exits 6 if something stops it.
    """
    from jebbitctl.diagnose.diagnosis import diagnose as run
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.findings import State

    if bool(ids) == all_:
        raise UsageError("give either ids or --all", hint="list ids: jebbitctl integrations list")
    facts = Facts(context.client)
    reports = list(run(ids or list(facts.integrations()), facts, context.clients()))
    with context.output.best_effort():
        _show(context.output, reports)
    failing = [report.id for report in reports if report.named(State.FAILED)]
    if failing:
        raise CheckFailedError(f"{plural(len(failing), 'integration')} cannot deliver: {', '.join(failing)}")


def _show(output: Output, reports: Sequence[IntegrationReport]) -> None:
    for report in reports:
        for name, finding in report.findings.items():
            detail = f"{finding.seen} → {finding.fix}" if finding.fix else finding.seen
            output.diff([(_MARKS[finding.state], f"{name:<14}{detail}")])
