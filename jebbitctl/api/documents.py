"""JSON:API 1.0 documents: https://jsonapi.org/format/1.0/."""

from __future__ import annotations

from typing import Any

API_ROOT = "/api/v1"
SELF = "/self"
"""The path of the business in use."""
MEDIA_TYPE = "application/vnd.api+json"


def request_document(type_: str, attributes: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    """Wrap attributes for a POST, or for a PATCH if ``id_`` is given."""
    data: dict[str, Any] = {"type": type_, "attributes": attributes}
    return {"data": {"id": id_, **data} if id_ is not None else data}


def resource_id(document: Any) -> str | None:
    """Return the id of a document's only resource, None if it has none."""
    data = document.get("data") if isinstance(document, dict) else None
    id_ = data.get("id") if isinstance(data, dict) else None
    return id_ if isinstance(id_, str) and id_ else None


def next_link(document: Any) -> str | None:
    """Return the URL of the next page, None on the last page."""
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    return link if isinstance(link, str) and link else None
