"""``integrations campaigns``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import IntegrationId
from jebbitctl.commands.shared.attachments import CAMPAIGN_COLUMNS, note_reach


@command(example="jebbitctl integrations campaigns L5m24mjs -q '[].title'", common=LIST_OPTIONS)
def campaigns(context: Context, id_: IntegrationId) -> None:
    """List the campaigns that an integration is attached to.

    A brand-wide integration fires for all other campaigns as well, which Jebbit does not list here. A note
    says whether it is brand-wide.
    """
    found = integrations.list_campaigns(context.client, id_)
    if not context.output.table(found, CAMPAIGN_COLUMNS):
        context.output.note(f"No campaign is attached to integration {id_}.")
    note_reach(context, "integration", id_, integrations.get, "it also fires for every other campaign")
