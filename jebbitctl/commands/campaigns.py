"""``campaigns``: read only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import campaigns
from jebbitctl.commands.base import LIST_OPTIONS, Context, command, group
from jebbitctl.commands.completion import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource

COLUMNS = ("id", "launch_date", "active_iteration", "title")
LINK_COLUMNS = ("id", "enabled", "label", "link_group", "complete_live_link")

CampaignId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Campaign id.", show_default=False, autocompletion=values.campaigns),
]


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
        for campaign in _page_by_page(pages)
        if matching is None or campaigns.matches_name_filter(campaign, matching)
    )
    if not context.output.table(found, COLUMNS):
        filtered = (launched, title_contains, matching) != (None, None, None)
        context.output.note("No campaigns match." if filtered else "No campaigns.")


@command(example="jebbitctl campaigns get def56789 -q title")
def get(context: Context, id_: CampaignId) -> None:
    """Show one campaign with all its attributes."""
    context.output.resource(campaigns.get(context.client, id_))


@command(example="jebbitctl campaigns links def56789 -q '[].complete_live_link' --plain", common=LIST_OPTIONS)
def links(context: Context, id_: CampaignId) -> None:
    """List a campaign's launch links."""
    if not context.output.table(campaigns.list_launch_links(context.client, id_), LINK_COLUMNS):
        context.output.note(f"Campaign {id_} has no launch links.")


def _page_by_page(pages: Iterable[list[Resource]]) -> Iterator[Resource]:
    """Yield each campaign; flush a page to a pipe before requesting the next one."""
    for page in pages:
        yield from page
        if sys.stdout is not None:
            sys.stdout.flush()


app = group("Show the campaigns that integrations deliver for.", list_, get, links)
