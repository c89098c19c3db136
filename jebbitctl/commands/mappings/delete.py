"""``mappings delete``."""

from __future__ import annotations

from jebbitctl.api import mappings
from jebbitctl.commands.base import Context, Yes, command
from jebbitctl.commands.mappings.names import MappingId
from jebbitctl.commands.resource_actions import confirm_and_delete
from jebbitctl.util.ids import require_id


@command(example="jebbitctl mappings delete abc12345 --yes")
def delete(context: Context, id_: MappingId, *, yes: Yes = False) -> None:
    """Delete a mapping. The integration then sends the attribute under its name at Jebbit."""
    require_id(id_)

    def describe() -> str:
        attributes = mappings.get(context.client, id_).attributes
        return f"{attributes.get('jebbit_var')} → {attributes.get('client_var')}"

    confirm_and_delete(context, "mapping", id_, yes=yes, describe=describe, delete=mappings.delete)
