"""``exports campaigns``."""

from __future__ import annotations

from jebbitctl.api import exports
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import ExportId
from jebbitctl.commands.shared.attachments import CAMPAIGN_COLUMNS, note_reach


@command(example="jebbitctl exports campaigns wU3rT5yN -q '[].title'", common=LIST_OPTIONS)
def campaigns(context: Context, id_: ExportId) -> None:
    """List the campaigns that an export is attached to.

    A brand-wide export sends answers of all other campaigns as well, which Jebbit does not list here. A note
    says whether it is brand-wide.
    """
    found = exports.list_campaigns(context.client, id_)
    if not context.output.table(found, CAMPAIGN_COLUMNS):
        context.output.note(f"No campaign is attached to export {id_}.")
    note_reach(context, "export", id_, exports.get, "it also sends answers of every other campaign")
