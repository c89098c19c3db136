"""``webhooks check``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.common import command
from jebbitctl.commands.webhook_options import SecretCommand, secret_of
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from jebbitctl.context import Context
    from jebbitctl.webhooks.checks import Result


def check(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The endpoint.", show_default=False)],
    *,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML, too.")
    ] = None,
) -> None:
    """Ask whether an endpoint is a correct receiver.

    Exit 0 when it is, 6 when not. Every probe carries x-jebbit-test, so a correct endpoint keeps none of
    them.
    """
    from jebbitctl.webhooks.checks import check as probe
    from jebbitctl.webhooks.junit import write_junit
    from jebbitctl.webhooks.probes import PROBES

    context = context_of(ctx)
    results: list[Result] = []
    with context.output.progress("Probing", len(PROBES)) as progress:
        for result in probe(url, secret_of(ctx, context)):
            results.append(result)
            progress.advance()
    with context.output.telling():
        _show_results(context, url, results)
    if junit:
        write_junit(junit, results)
    failed = [result.name for result in results if not result.passed]
    if failed:
        raise CheckFailedError(
            f"{len(failed)} of {len(results)} probes failed: {', '.join(failed)}",
            hint="is its secret this one? the other probes say little before a valid delivery is accepted"
            if PROBES[0].name in failed
            else "from jebbitctl.webhooks import verify does it right, in Python",
        )


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    command(
        app,
        "check",
        cls=SecretCommand,
        example="jebbitctl webhooks check https://example.com/hook --integration L5m24mjs --junit check.xml",
    )(check)


def _show_results(context: Context, url: str, results: list[Result]) -> None:
    output = context.output
    if output.json:
        rows = [
            {
                "name": result.name,
                "ok": result.passed,
                "expectation": result.expectation,
                "outcome": result.outcome,
                "consequence": result.consequence,
            }
            for result in results
        ]
        output.document({"url": url, "ok": all(result.passed for result in results), "probes": rows})
        return
    output.table(
        (
            {
                "": "✓" if r.passed else "✗",
                "probe": r.name,
                "expectation": r.expectation,
                "outcome": r.outcome,
            }
            for r in results
        ),
        ("", "probe", "expectation", "outcome"),
    )
    for result in results:
        if not result.passed:
            output.note(f"✗ {result.name}: {result.consequence}")
