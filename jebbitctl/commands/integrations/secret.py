"""``integrations secret``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.arguments import IntegrationId
from jebbitctl.commands.base import Context, command


@command(example="jebbitctl integrations secret L5m24mjs > webhook.secret")
def secret(context: Context, id_: IntegrationId) -> None:
    """Print an integration's shared secret, which signs its deliveries."""
    value = integrations.shared_secret(context.client, id_)
    context.output.scalar(value, {"id": id_, "shared_secret": value})
