"""``campaigns integrations`` and ``campaigns exports``: who gets a campaign's answers."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import campaigns
from jebbitctl.api.differences import options_in
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import CampaignId
from jebbitctl.commands.shared.attachments import Attached, note_unknown, with_brand_wide
from jebbitctl.commands.shared.destinations import destination_columns
from jebbitctl.util.text import cell

INTEGRATION_COLUMNS = ("id", "via", "attached_at", "is_active", "service_name")
EXPORT_COLUMNS = ("id", "via", "attached_at", "name", "schedule", "destination")

Direct = Annotated[bool, typer.Option("--direct", help="Leave out those that are brand-wide.")]


@command(
    example="jebbitctl campaigns integrations def56789 -q '[?is_active].id'",
    common=LIST_OPTIONS,
)
def integrations(context: Context, id_: CampaignId, *, direct: Direct = False) -> None:
    """List the integrations that get a campaign's answers.

    The column via says why: campaign if the integration is attached to the campaign itself, brand if it is
    brand-wide, and fires for every campaign that its campaign_name_filter lets through.
    """
    from jebbitctl.api.integrations import list_integrations

    attached = list(campaigns.list_integrations(context.client, id_))
    everything = [] if direct else list_integrations(context.client)
    found, unknown = with_brand_wide(attached, everything, lambda resource: resource)
    columns = [*INTEGRATION_COLUMNS, *([] if context.output.json else destination_columns(found))]
    if not context.output.table(found, columns):
        context.output.note(_none("integration", id_, direct=direct))
    for row in map(Attached.to_dict, found):
        if text := options_in(row).get(campaigns.NAME_FILTER):
            context.output.note(
                f"Integration {row['id']} gets them only if its {campaigns.NAME_FILTER} "
                f"lets the campaign through: {cell(text)}."
            )
    note_unknown(context, "integration", id_, unknown, "integration_counts")


@command(
    example="jebbitctl campaigns exports def56789 --columns name,schedule",
    common=LIST_OPTIONS,
)
def exports(context: Context, id_: CampaignId, *, direct: Direct = False) -> None:
    """List the exports that contain a campaign's answers.

    The column via says why: campaign if the export is attached to the campaign itself, brand if it is
    brand-wide, and contains the answers of every campaign.
    """
    from jebbitctl.api.exports import ExportSummary, list_exports

    attached = list(campaigns.list_exports(context.client, id_))
    everything = [] if direct else list_exports(context.client)
    found, unknown = with_brand_wide(attached, everything, ExportSummary)
    if not context.output.table(found, EXPORT_COLUMNS):
        context.output.note(_none("export", id_, direct=direct))
    note_unknown(context, "export", id_, unknown, "uploader_counts")


def _none(noun: str, campaign: str, *, direct: bool) -> str:
    """Return what to say about an empty list."""
    return f"No {noun} is {'attached to' if direct else 'known to get the answers of'} campaign {campaign}."
