"""Campaigns, read only (``/api/v1/campaigns``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import resources
from jebbitctl.api.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "campaigns"
NAME_FILTER = "campaign_name_filter"
"""The option of an integration that limits the campaigns that it fires for."""


def list_pages(
    client: Client, *, launched: bool | None = None, title_contains: str | None = None
) -> Iterator[list[Resource]]:
    """Yield campaigns page by page, each campaign once."""
    filters: dict[str, str] = {}
    if launched is not None:
        filters["filter[launched]"] = "true" if launched else "false"
    if title_contains is not None:
        filters["filter[title_contains]"] = title_contains
    for document in Listing(client, f"/{TYPE}", filters).pages(paged=True):
        yield resources.parse_many(document)


def matches_name_filter(campaign: Resource, text: str) -> bool:
    """Whether a NAME_FILTER should match a campaign; Jebbit does not document the rule."""
    title = campaign.attributes.get("title")
    return isinstance(title, str) and text.casefold() in title.casefold()


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def list_launch_links(client: Client, id_: str) -> Iterator[Resource]:
    """Yield a campaign's launch links."""
    return resources.list_linked(client, TYPE, id_, "launch_links")


def list_integrations(client: Client, id_: str) -> Iterator[Resource]:
    """Yield the integrations that are attached to a campaign itself."""
    return resources.list_linked(client, TYPE, id_, "integrations")


def list_exports(client: Client, id_: str) -> Iterator[Resource]:
    """Yield the exports that are attached to a campaign itself."""
    return resources.list_linked(client, TYPE, id_, "uploaders")
