"""``integrations get``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import IntegrationId, ShowSecret


@command(example="jebbitctl integrations get L5m24mjs -q additional_options")
def get(context: Context, id_: IntegrationId, *, show_secret: ShowSecret = False) -> None:
    """Show one integration with all its attributes."""
    context.output.resource(integrations.get(context.client, id_), show_secrets=show_secret)
