"""Campaigns, read only (``/api/v1/campaigns``)."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

from jebbitctl.api import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "campaigns"
PAGE_SIZE = 200
"""Small enough to show the first campaigns soon; the service accepts up to 1,000."""


def list_pages(
    client: Client, *, launched: bool | None = None, title_contains: str | None = None
) -> Iterator[list[Resource]]:
    """Yield campaigns page by page, each campaign once.

    Stops at a page that is not full, and at one with nothing new, in case the service ignores paging.
    """
    filters: dict[str, str] = {}
    if launched is not None:
        filters["filter[launched]"] = "true" if launched else "false"
    if title_contains is not None:
        filters["filter[title_contains]"] = title_contains
    known: set[str] = set()
    for number in count(1):
        page = {"page[number]": str(number), "page[size]": str(PAGE_SIZE)}
        page_count = 0
        for document in client.pages(f"/{TYPE}", filters | page):
            found = resources.parse_many(document)
            new = {key: campaign for campaign in found if (key := _key(campaign)) not in known}
            known |= new.keys()
            yield list(new.values())
            page_count += 1
        if page_count > 1 or len(found) != PAGE_SIZE or not new:
            return


def matches_name_filter(campaign: Resource, text: str) -> bool:
    """Whether a ``campaign_name_filter`` should match a campaign; Jebbit does not document the rule."""
    title = campaign.attributes.get("title")
    return isinstance(title, str) and text.casefold() in title.casefold()


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def list_launch_links(client: Client, id_: str) -> Iterator[Resource]:
    """Yield a campaign's launch links."""
    for document in client.pages(f"{resources.resource_path(TYPE, id_)}/launch_links"):
        yield from resources.parse_many(document)


def _key(campaign: Resource) -> str:
    """Return what identifies a campaign, even one without an id."""
    return campaign.id if campaign.id is not None else json.dumps(campaign.to_dict(), sort_keys=True)
