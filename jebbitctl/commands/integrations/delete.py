"""``integrations delete``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.base import Context, Yes, command
from jebbitctl.commands.shared.arguments import IntegrationIds


@command(
    example="jebbitctl integrations delete L5m24mjs --yes\njebbitctl integrations delete L5m24mjs Ab12Cd34"
)
def delete(context: Context, ids: IntegrationIds, *, yes: Yes = False) -> None:
    """Delete integrations. Jebbit stops delivering to their endpoints.

    Asks once for all. If one is not found, the others are deleted, and the exit code is 3.
    """
    from jebbitctl.commands.shared.deletion import confirm_and_delete

    def describe(id_: str) -> str:
        attributes = integrations.get(context.client, id_).attributes
        names = map(attributes.get, ("endpoint", "host", "service_name"))
        return str(next(filter(None, names), "no endpoint"))

    confirm_and_delete(context, "integration", ids, yes=yes, describe=describe, delete=integrations.delete)
