"""``webhooks check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import SecretOptions, read_secret
from jebbitctl.commands.webhooks.send import Url
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint_check import ProbeResult


@command(example="jebbitctl webhooks check https://example.com/hook --integration L5m24mjs")
def check(
    context: Context,
    url: Url,
    *,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")
    ] = None,
    secret: SecretOptions,
) -> None:
    """Check that an endpoint is a correct receiver.

    Sends deliveries that a correct endpoint accepts and others that it rejects. All of them carry
    x-jebbit-test, so a correct endpoint does not process them. Exits 0 if all probes pass, else 6.
    """
    from jebbitctl.webhooks.endpoint_check import check_endpoint
    from jebbitctl.webhooks.junit import write_junit
    from jebbitctl.webhooks.probes import PROBES

    results: list[ProbeResult] = []
    with context.output.progress("Probing", len(PROBES)) as progress:
        certificates = context.environment.trusted_certificates()
        for result in check_endpoint(url, read_secret(context, secret), certificates):
            results.append(result)
            progress.advance()
    with context.output.best_effort():
        _show(context, url, results)
    if junit:
        write_junit(junit, results)
    failed = [result.name for result in results if not result.ok]
    if failed:
        raise CheckFailedError(
            f"{len(failed)} of {len(results)} probes failed: {', '.join(failed)}",
            hint="check that the endpoint uses this secret, then run the check again"
            if PROBES[0].name in failed
            else "receivers in Python can use jebbitctl.webhooks.verify",
        )


def _show(context: Context, url: str, results: list[ProbeResult]) -> None:
    output = context.output
    if output.json:
        fields = ("name", "ok", "expectation", "outcome", "consequence")
        rows = [{name: getattr(result, name) for name in fields} for result in results]
        output.document({"ok": all(result.ok for result in results), "url": url, "probes": rows})
        return
    table = (
        {
            "": "✓" if result.ok else "✗",
            "probe": result.name,
            "expectation": result.expectation,
            "outcome": result.outcome,
        }
        for result in results
    )
    output.table(table, ("", "probe", "expectation", "outcome"))
    for result in results:
        if not result.ok:
            output.note(f"✗ {result.name}: {result.consequence}")
