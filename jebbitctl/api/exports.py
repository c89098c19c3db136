"""Exports: the files that Jebbit sends on a schedule (``/api/v1/uploaders``), read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "uploaders"


def list_exports(client: Client) -> Iterator[Resource]:
    """Yield every export; see :func:`resources.list_resources`."""
    return resources.list_resources(client, TYPE)


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)
