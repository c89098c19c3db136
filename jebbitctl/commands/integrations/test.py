"""``integrations test``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import IntegrationId
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from jebbitctl.api.delivery_reports import DeliveryReport
    from jebbitctl.output.output import Output


@command(example="jebbitctl integrations test L5m24mjs")
def test(context: Context, id_: IntegrationId) -> None:
    """Make Jebbit send a signed test delivery.

    Jebbit sends it to the integration's endpoint. Prints the bodies that Jebbit says it sent, which does not
    mean that they arrived. Exits 6 if Jebbit reports none.
    """
    with note_of_write(context.output, "POST", f"{integrations.TYPE}/{id_}/test"):
        report = integrations.send_test(context.client, id_)
    look = f"jebbitctl webhooks listen --trigger {id_}"
    with context.output.best_effort():
        show_report(context.output, id_, report)
    if report.problem:
        raise CheckFailedError(report.problem, hint=f"see whether a delivery arrives with: {look}")
    if not context.output.json:
        context.output.note(f"To see whether it arrives: {look}")


def show_report(output: Output, id_: str, report: DeliveryReport) -> None:
    """Print the decoded bodies, and how many there are."""
    if output.json:
        output.document({"id": id_, "ok": report.problem is None, **report.to_dict()})
        return
    for body in report.deliveries:
        output.line(json_text(body, indent=2 if not output.plain else None))
    output.flush()
    if report.deliveries:
        output.note(report.summary)
