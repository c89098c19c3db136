"""``integrations test``."""

from __future__ import annotations

from typing import Any

from jebbitctl.api import integrations
from jebbitctl.commands.arguments import IntegrationId
from jebbitctl.commands.base import Context, command
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.text import json_text, plural


@command(example="jebbitctl integrations test L5m24mjs")
def test(context: Context, id_: IntegrationId) -> None:
    """Make Jebbit send a signed test delivery.

    Jebbit sends it to the integration's endpoint. Prints the bodies that Jebbit reports. Exits 6 if Jebbit
    reports none.
    """
    deliveries = integrations.send_test(context.client, id_)
    with context.output.best_effort():
        show_deliveries(context, id_, deliveries)
    if not integrations.reports_delivery(deliveries):
        raise CheckFailedError(integrations.NO_DELIVERY)


def show_deliveries(context: Context, id_: str, deliveries: Any) -> None:
    """Print the decoded bodies; a response that is not a list is printed as it is."""
    output = context.output
    if not isinstance(deliveries, list):
        output.document(deliveries)
    elif output.json:
        output.document({"id": id_, "deliveries": deliveries})
    else:
        for body in deliveries:
            output.line(json_text(body, indent=2 if not output.plain else None))
        output.note(f"Jebbit sent {plural(len(deliveries), 'test delivery')}.")
