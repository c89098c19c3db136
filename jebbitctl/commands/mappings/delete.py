"""``mappings delete``."""

from __future__ import annotations

from jebbitctl.api import mappings
from jebbitctl.commands.arguments import MappingId
from jebbitctl.commands.base import Context, Yes, command
from jebbitctl.commands.resource_actions import confirm_and_delete


@command(example="jebbitctl mappings delete abc12345 --yes")
def delete(context: Context, id_: MappingId, *, yes: Yes = False) -> None:
    """Delete a mapping. The integration then sends the attribute under its name at Jebbit."""

    def describe() -> str:
        attributes = mappings.get(context.client, id_).attributes
        return f"{attributes.get('jebbit_var')} → {attributes.get('client_var')}"

    confirm_and_delete(context, "mapping", id_, yes=yes, describe=describe, delete=mappings.delete)
