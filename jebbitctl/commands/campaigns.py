"""``campaigns``: list, get, links."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import campaigns
from jebbitctl.commands.common import command, group
from jebbitctl.context import context_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource

app = group("The campaigns that integrations deliver for.")

COLUMNS = ("id", "launch_date", "active_iteration", "title")
LINK_COLUMNS = ("id", "enabled", "label", "link_group", "complete_live_link")

Id = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.", show_default=False)]


@command(app, "list", example='jebbitctl campaigns list --launched --matching "Spring"')
def list_(
    ctx: typer.Context,
    *,
    launched: Annotated[bool | None, typer.Option("--launched/--not-launched", help="Only these.")] = None,
    title_contains: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only titles with this; Jebbit looks for it.")
    ] = None,
    matching: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Only those that a campaign_name_filter of this text would take. How Jebbit compares is not "
            "documented; here: the title contains it, ignoring case.",
        ),
    ] = None,
) -> None:
    """List campaigns, newest first, as they come."""
    context = context_of(ctx)
    pages = campaigns.list_pages(context.client, launched=launched, title_contains=title_contains)
    found = (
        campaign
        for campaign in _as_they_come(pages)
        if matching is None or campaigns.matches_name_filter(campaign, matching)
    )
    if not context.output.table(found, COLUMNS):
        asked = (launched, title_contains, matching) != (None, None, None)
        context.output.note("No campaigns match." if asked else "No campaigns.")


@command(app, "get", example="jebbitctl campaigns get def56789 -q title")
def get(ctx: typer.Context, id_: Id) -> None:
    """Show one campaign with all its attributes."""
    context = context_of(ctx)
    context.output.resource(campaigns.get(context.client, id_))


@command(app, "links", example="jebbitctl campaigns links def56789 -q '[].complete_live_link'")
def links(ctx: typer.Context, id_: Id) -> None:
    """List a campaign's launch links."""
    context = context_of(ctx)
    if not context.output.table(campaigns.list_launch_links(context.client, id_), LINK_COLUMNS):
        context.output.note(f"No launch links of {id_}.")


def _as_they_come(pages: Iterable[list[Resource]]) -> Iterator[Resource]:
    """Yield each campaign; a reader of the pipe has one page before the next one is asked for."""
    for page in pages:
        yield from page
        if sys.stdout is not None:
            sys.stdout.flush()
