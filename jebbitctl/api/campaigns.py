"""Campaigns, which are only read here (``/api/v1/campaigns``)."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING

from jebbitctl.api import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource

PATH = "/campaigns"
PAGE_SIZE = 200
"""Few enough to show the first ones soon; the service takes up to 1,000."""


def pages(
    client: Client, *, launched: bool | None = None, title_contains: str | None = None
) -> Iterator[list[Resource]]:
    """Yield campaigns, page by page as they come, each campaign once.

    Ends with a page that is not full, or holds nothing new, as where a service ignores paging.
    """
    filters: dict[str, str] = {}
    if launched is not None:
        filters["filter[launched]"] = "true" if launched else "false"
    if title_contains is not None:
        filters["filter[title_contains]"] = title_contains
    seen: set[str] = set()
    for number in count(1):
        page = {"page[number]": str(number), "page[size]": str(PAGE_SIZE)}
        followed = 0
        for document in client.pages(PATH, filters | page):
            found = documents.many(document)
            new = {key: resource for resource in found if (key := _key(resource)) not in seen}
            seen |= new.keys()
            yield list(new.values())
            followed += 1
        if followed > 1 or len(found) != PAGE_SIZE or not new:
            return


def would_match(resource: Resource, text: str) -> bool:
    """Whether a ``campaign_name_filter`` of this text would take a campaign, as far as anybody knows."""
    title = resource.get("title")
    return isinstance(title, str) and text.casefold() in title.casefold()


def get(client: Client, id_: str) -> Resource:
    """Return one campaign."""
    return {**documents.one(client.get(_path(id_))), "id": id_}


def links(client: Client, id_: str) -> Iterator[Resource]:
    """Yield a campaign's launch links."""
    for page in client.pages(f"{_path(id_)}/launch_links"):
        yield from documents.many(page)


def _path(id_: str) -> str:
    return f"{PATH}/{documents.require_id(id_)}"


def _key(resource: Resource) -> str:
    """Return what tells one campaign from another, also where it has no id."""
    id_ = resource["id"]
    return id_ if isinstance(id_, str) else json.dumps(resource, sort_keys=True)
