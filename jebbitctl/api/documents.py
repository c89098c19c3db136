"""JSON:API 1.0 documents: https://jsonapi.org/format/1.0/."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from jebbitctl.errors import RefusedError, UsageError

MEDIA_TYPE = "application/vnd.api+json"

Resource: TypeAlias = dict[str, Any]
"""A resource as the rest of the program sees it: ``id`` and ``type`` beside its attributes."""

_ID = r"[A-Za-z0-9_~.-]{1,128}"


def is_id(value: str) -> bool:
    """Whether ``value`` can be one segment of a path, and a header's value."""
    return re.fullmatch(_ID, value) is not None and set(value) != {"."}


def require_id(value: str, *, what: str = "") -> str:
    """Return ``value`` when it can be one segment of a path.

    Raises:
        UsageError: it is empty, a dot segment, or holds what an id never holds.
    """
    if not is_id(value):
        raise UsageError(f"{what} {value!r} is not an id".lstrip(), hint="ids look like L5m24mjs")
    return value


def request_document(type_: str, attributes: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    """Wrap attributes for a POST, or for a PATCH when ``id_`` is given."""
    data: dict[str, Any] = {"type": type_, "attributes": attributes}
    return {"data": {"id": id_, **data} if id_ is not None else data}


def flatten(data: Any) -> Resource:
    """Turn one resource object into a flat mapping; attributes that nobody knows yet are kept.

    Raises:
        RefusedError: it is not a resource object.
    """
    if not isinstance(data, dict) or not isinstance(attributes := data.get("attributes", {}), dict):
        raise RefusedError("Jebbit's answer holds no resource where one was expected")
    beside = dict(data)
    beside.pop("attributes", None)
    return {"id": None, "type": None, **attributes, **beside}


def one(document: Any) -> Resource:
    """Return the single resource of a document.

    Raises:
        RefusedError: the document holds none.
    """
    return flatten(document.get("data") if isinstance(document, dict) else None)


def many(document: Any) -> list[Resource]:
    """Return the resources of a collection document, in its order.

    Raises:
        RefusedError: the document holds no collection.
    """
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise RefusedError("Jebbit's answer holds no list where one was expected")
    return [flatten(resource) for resource in data]


def next_link(document: Any) -> str | None:
    """Return the URL of the following page, None on the last."""
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    return link if isinstance(link, str) and link else None


def error_text(document: Any) -> str:
    """Return what a JSON:API error document says, in one line; empty when it says nothing."""
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
