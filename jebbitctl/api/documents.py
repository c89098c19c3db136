"""JSON:API 1.0 documents: https://jsonapi.org/format/1.0/."""

from __future__ import annotations

from typing import Any

API_ROOT = "/api/v1"
MEDIA_TYPE = "application/vnd.api+json"


def request_document(type_: str, attributes: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    """Wrap attributes for a POST, or for a PATCH if ``id_`` is given."""
    data: dict[str, Any] = {"type": type_, "attributes": attributes}
    return {"data": {"id": id_, **data} if id_ is not None else data}


def next_link(document: Any) -> str | None:
    """Return the URL of the next page, None on the last page."""
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    return link if isinstance(link, str) and link else None


def error_text(document: Any) -> str:
    """Return the text of a JSON:API error document in one line; empty if there is none."""
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list):
        return ""
    return "; ".join(filter(None, (_error_text(error) for error in errors[:5])))


def _error_text(error: Any) -> str:
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    title, detail = error.get("title"), error.get("detail")
    words = [word for word in (title, detail) if isinstance(word, str) and word]
    source = error.get("source")
    pointer = source.get("pointer") if isinstance(source, dict) else None
    where = f" ({pointer})" if isinstance(pointer, str) and pointer else ""
    return ": ".join(dict.fromkeys(words)) + where if words else ""
