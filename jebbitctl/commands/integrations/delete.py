"""``integrations delete``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.arguments import IntegrationId
from jebbitctl.commands.base import Context, Yes, command
from jebbitctl.commands.resource_actions import confirm_and_delete


@command(example="jebbitctl integrations delete L5m24mjs --yes")
def delete(context: Context, id_: IntegrationId, *, yes: Yes = False) -> None:
    """Delete an integration. Jebbit stops delivering to its endpoint."""

    def describe() -> str:
        attributes = integrations.get(context.client, id_).attributes
        return str(attributes.get("endpoint") or "no endpoint")

    confirm_and_delete(context, "integration", id_, yes=yes, describe=describe, delete=integrations.delete)
