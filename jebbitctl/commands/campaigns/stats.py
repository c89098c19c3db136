"""``campaigns stats``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.completion import values
from jebbitctl.errors import UsageError
from jebbitctl.util.times import parse_day

if TYPE_CHECKING:
    from datetime import date

_DAY = "2026-01-31, today, yesterday, or 7d for 7 days ago."


@command(
    example="jebbitctl campaigns stats --since 7d\njebbitctl campaigns stats def56789 --since 2026-01-01",
    common=LIST_OPTIONS,
)
def stats(
    context: Context,
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="Campaign id; without it, all campaigns.", autocompletion=values.campaigns
        ),
    ] = None,
    *,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help=f"First day to count: {_DAY}", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day to count, which is included.")
    ] = None,
) -> None:
    """Show views, engagements, completions and leads of campaigns.

    Without an ID, a terminal shows bars and a total, but no campaigns with nothing but zeros.

    With an ID, outcomes and questions follow. In a pipe, each line has kind, name, count, views, responses,
    rate, resource_type, and what else Jebbit sends. The kind is total, outcome, question, screen, campaign
    for an attribute that is not a number, or the name of another list.
    """
    from jebbitctl.api import campaign_stats
    from jebbitctl.commands.campaigns.stats_of_all import print_campaigns
    from jebbitctl.commands.campaigns.stats_of_one import print_campaign

    first, last = _day(since, "--since"), _day(until, "--until")
    if first and last and first > last:
        raise UsageError(f"--since {first} is after --until {last}")
    days = _in_words(first, last)
    if id_ is None:
        pages = campaign_stats.list_pages(context.client, since=first, until=last)
        print_campaigns(context.output, pages, days)
    else:
        found = campaign_stats.get(context.client, id_, since=first, until=last)
        print_campaign(context.output, found, days)


def _day(text: str | None, option: str) -> date | None:
    return None if text is None else parse_day(text, what=option, today=_today())


def _today() -> date:
    """Return the date where this machine is; by which clock Jebbit counts days is not documented."""
    return datetime.now().astimezone().date()


def _in_words(since: date | None, until: date | None) -> str:
    """Return days as text: ``2026-01-01 to 2026-01-31``; empty without a bound."""
    if since and until:
        return f"{since} to {until}"
    if since:
        return f"since {since}"
    return f"until {until}" if until else ""
