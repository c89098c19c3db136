"""Statistics of campaigns, read only (``/api/v1/campaign_stats``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import resources
from jebbitctl.api.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "campaign_stats"


def list_pages(
    client: Client, *, since: date | None = None, until: date | None = None
) -> Iterator[list[Resource]]:
    """Yield the totals of each campaign, page by page, over these days; both are included."""
    for document in Listing(client, f"/{TYPE}", _days(since, until)).pages(paged=True):
        yield resources.parse_many(document)


def _days(since: date | None, until: date | None) -> dict[str, str]:
    days = {"filter[start_date]": since, "filter[end_date]": until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}
