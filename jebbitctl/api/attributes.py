"""Attributes: what a business asks its visitors (``/api/v1/traits``), read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import resources
from jebbitctl.api.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "traits"


def list_pages(client: Client, ids: Iterable[str] | None = None) -> Iterator[list[Resource]]:
    """Yield attributes page by page: all, or those with one of these ``user_defined_id``."""
    filters = {} if ids is None else {"filter[user_defined_id]": ",".join(ids)}
    for document in Listing(client, f"/{TYPE}", filters).pages(paged=True):
        yield resources.parse_many(document)


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)
