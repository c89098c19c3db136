"""``mappings delete``."""

from __future__ import annotations

from jebbitctl.api import mappings
from jebbitctl.commands.base import Context, Yes, command
from jebbitctl.commands.shared.arguments import MappingIds


@command(example="jebbitctl mappings delete abc12345 --yes\njebbitctl mappings delete abc12345 def67890")
def delete(context: Context, ids: MappingIds, *, yes: Yes = False) -> None:
    """Delete mappings. Attributes are then sent under their names at Jebbit.

    Asks once for all. If one is not found, the others are deleted, and the exit code is 3.
    """
    from jebbitctl.commands.shared.deletion import confirm_and_delete

    def describe(id_: str) -> str:
        attributes = mappings.get(context.client, id_).attributes
        return f"{attributes.get('jebbit_var')} → {attributes.get('client_var')}"

    confirm_and_delete(context, "mapping", ids, yes=yes, describe=describe, delete=mappings.delete)
