"""``mappings get``."""

from __future__ import annotations

from jebbitctl.api import mappings
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import MappingId


@command(example="jebbitctl mappings get abc12345 -q client_var")
def get(context: Context, id_: MappingId) -> None:
    """Show one mapping with all its attributes."""
    context.output.resource(mappings.get(context.client, id_))
