"""``campaigns get``."""

from __future__ import annotations

from jebbitctl.api import campaigns
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import CampaignId


@command(example="jebbitctl campaigns get def56789 -q title")
def get(context: Context, id_: CampaignId) -> None:
    """Show one campaign with all its attributes."""
    context.output.resource(campaigns.get(context.client, id_))
