"""``campaigns links``."""

from __future__ import annotations

from jebbitctl.api import campaigns
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import CampaignId

COLUMNS = ("id", "enabled", "label", "link_group", "complete_live_link")


@command(example="jebbitctl campaigns links def56789 -q '[].complete_live_link' --plain", common=LIST_OPTIONS)
def links(context: Context, id_: CampaignId) -> None:
    """List a campaign's launch links."""
    if not context.output.table(campaigns.list_launch_links(context.client, id_), COLUMNS):
        context.output.note(f"Campaign {id_} has no launch links.")
