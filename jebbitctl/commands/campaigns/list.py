"""``campaigns list``."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import campaigns
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.campaigns.pages import page_by_page

COLUMNS = ("id", "launch_date", "active_iteration", "title")


@command(name="list", example='jebbitctl campaigns list --launched --matching "Spring"', common=LIST_OPTIONS)
def list_(
    context: Context,
    *,
    launched: Annotated[
        bool | None,
        typer.Option("--launched/--not-launched", help="Only launched or only unlaunched campaigns."),
    ] = None,
    title_contains: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only titles that contain TEXT. Jebbit applies this filter."),
    ] = None,
    matching: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only campaigns that the campaign_name_filter TEXT matches. Jebbit does not document how it "
            "compares; this assumes that the title contains TEXT, ignoring case.",
        ),
    ] = None,
) -> None:
    """List campaigns, newest first."""
    pages = campaigns.list_pages(context.client, launched=launched, title_contains=title_contains)
    found = (
        campaign
        for campaign in page_by_page(pages)
        if matching is None or campaigns.matches_name_filter(campaign, matching)
    )
    if not context.output.table(found, COLUMNS):
        filtered = (launched, title_contains, matching) != (None, None, None)
        context.output.note("No campaigns match." if filtered else "No campaigns.")
