"""Writes without a clear answer: they may have been carried out, and no idempotency key tells."""

from __future__ import annotations

from urllib.parse import urlsplit

_LISTS = {
    "campaigns": "jebbitctl campaigns list",
    "integrations": "jebbitctl integrations list",
    "integration_mappings": "jebbitctl mappings list",
    "integration_historic_backfills": "jebbitctl backfills list",
}


_NOUNS = {"integration_mappings": "mapping", "integration_historic_backfills": "backfill"}
"""What people and commands call one, where it is not the collection's singular."""


def noun(collection: str) -> str:
    """Return what one of a collection is called: ``mapping`` for ``integration_mappings``."""
    return _NOUNS.get(collection, collection.removesuffix("s").replace("_", " "))


def list_command(collection: str) -> str | None:
    """Return the command that lists a collection, None where there is none."""
    return _LISTS.get(collection)


def how_to_look(method: str, url: str) -> str | None:
    """Return how to find out whether a write was carried out; None for what writes nothing.

    Args:
        method: in capitals.
        url: the URL below ``/api/v1/``, or that path.
    """
    _, below, path = urlsplit(url).path.partition("/api/v1/")
    if method == "GET" or not below:
        return None
    if path.endswith("/test"):
        return "look at the endpoint; one test delivery more does no harm"
    if method == "DELETE":
        return "delete it again: that does no harm, and ends with 'not found' when it is gone"
    collection = path.partition("/")[0]
    return f"look before you send it again: {_LISTS.get(collection, f'jebbitctl api /{collection}')}"
