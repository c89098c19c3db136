"""Hints for writes that may have been carried out. Jebbit has no idempotency keys."""

from __future__ import annotations

from urllib.parse import urlsplit

from jebbitctl.api.documents import API_ROOT
from jebbitctl.util.text import singular

_LIST_COMMANDS = {
    "campaigns": "jebbitctl campaigns list",
    "campaign_stats": "jebbitctl campaigns list",
    "integrations": "jebbitctl integrations list",
    "integration_mappings": "jebbitctl mappings list",
    "integration_historic_backfills": "jebbitctl backfills list",
    "traits": "jebbitctl attributes list",
    "uploaders": "jebbitctl exports list",
}

_NOUNS = {
    "campaign_stats": "campaign",
    "integration_mappings": "mapping",
    "integration_historic_backfills": "backfill",
    "traits": "attribute",
    "uploaders": "export",
}
"""Names of resources that are not the singular of their collection."""


def noun(collection: str) -> str:
    """Return the name of a resource for messages, such as ``mapping`` for ``integration_mappings``."""
    return _NOUNS.get(collection, singular(collection).replace("_", " "))


def list_command(collection: str, business: str | None = None) -> str | None:
    """Return the command that lists a collection, of a business if one is in use; None if there is none."""
    command = _LIST_COMMANDS.get(collection)
    return f"{command} --business {business}" if command and business else command


def recovery_hint(method: str, url: str) -> str | None:
    """Return how to find out whether a write was carried out; None for a request that writes nothing.

    Args:
        method: in capitals.
        url: a URL or path; anything outside ``/api/v1/`` writes nothing.
    """
    _, below, path = urlsplit(url).path.partition(f"{API_ROOT}/")
    if method == "GET" or not below:
        return None
    if path.endswith("/test"):
        return "check the endpoint; sending another test is safe"
    if method == "DELETE":
        return "delete it again; this is safe, and fails with 'not found' if it is already deleted"
    collection = path.partition("/")[0]
    return f"check before you send it again: {_LIST_COMMANDS.get(collection, f'jebbitctl api /{collection}')}"
