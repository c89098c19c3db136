"""``exports get``."""

from __future__ import annotations

from jebbitctl.api import exports
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import ExportId


@command(example="jebbitctl exports get wU3rT5yN -q schedule")
def get(context: Context, id_: ExportId) -> None:
    """Show one export with its last runs and all its attributes."""
    context.output.resource(exports.get(context.client, id_))
