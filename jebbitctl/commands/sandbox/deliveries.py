"""``sandbox deliveries``."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import OnlyIntegration
from jebbitctl.util.ids import require_id

COLUMNS = (
    "time",
    "kind",
    "integration_id",
    "campaign_id",
    "outcome",
    "status",
    "milliseconds",
    "fault",
    "endpoint",
    "error",
)


@command(
    name="deliveries",
    example="jebbitctl sandbox deliveries --failed\njebbitctl sandbox deliveries --csv --columns time,status",
    common=LIST_OPTIONS,
)
def deliveries(
    context: Context,
    *,
    integration: OnlyIntegration = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only refused, unanswered, lost or unsent deliveries.")
    ] = False,
) -> None:
    """List what a running sandbox delivered, newest first.

    These are live deliveries, tests and backfills, with what each endpoint answered. The sandbox keeps the
    last 10,000.
    """
    from jebbitctl.api import sandbox_control

    if integration is not None:
        require_id(integration, what="--integration")
    sandbox_control.require_sandbox_url(context.settings.api_url.value)
    filters = {"integration": integration, "failed": "true" if failed else None}
    given = {name: value for name, value in filters.items() if value is not None}
    if not context.output.table(sandbox_control.list_deliveries(context.client, given), COLUMNS):
        context.output.note("No deliveries match." if given else "No deliveries.")
