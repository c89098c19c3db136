"""JSON:API 1.0 documents: https://jsonapi.org/format/1.0/."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from jebbitctl.errors import RefusedError, UsageError

MEDIA_TYPE = "application/vnd.api+json"

Resource: TypeAlias = dict[str, Any]
"""A flattened resource: ``id`` and ``type`` beside its attributes."""

_ID = r"[A-Za-z0-9_~.-]{1,128}"


def is_id(value: str) -> bool:
    """Whether ``value`` is safe as a path segment and as a header value."""
    return re.fullmatch(_ID, value) is not None and set(value) != {"."}


def require_id(value: str, *, what: str = "") -> str:
    """Return ``value`` if it is an id.

    Raises:
        UsageError: it is empty, a dot segment, or contains characters that no id has.
    """
    if not is_id(value):
        raise UsageError(f"{what} {value!r} is not an id".lstrip(), hint="ids look like L5m24mjs")
    return value


def request_document(type_: str, attributes: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    """Return the document of a POST, or of a PATCH when ``id_`` is given."""
    data: dict[str, Any] = {"type": type_, "attributes": attributes}
    return {"data": {"id": id_, **data} if id_ is not None else data}


def flatten(data: Any) -> Resource:
    """Return a resource object as a flat mapping; unknown attributes are kept.

    Raises:
        RefusedError: ``data`` is not a resource object.
    """
    if not isinstance(data, dict) or not isinstance(attributes := data.get("attributes", {}), dict):
        raise RefusedError("Jebbit's response contains no resource where one was expected")
    beside = dict(data)
    beside.pop("attributes", None)
    return {"id": None, "type": None, **attributes, **beside}


def one(document: Any) -> Resource:
    """Return the single resource of a document.

    Raises:
        RefusedError: the document contains none.
    """
    return flatten(document.get("data") if isinstance(document, dict) else None)


def many(document: Any) -> list[Resource]:
    """Return the resources of a collection document, in order.

    Raises:
        RefusedError: the document contains no collection.
    """
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise RefusedError("Jebbit's response contains no list where one was expected")
    return [flatten(resource) for resource in data]


def next_link(document: Any) -> str | None:
    """Return the URL of the next page, None on the last one."""
    links = document.get("links") if isinstance(document, dict) else None
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):
        link = link.get("href")
    return link if isinstance(link, str) and link else None


def error_text(document: Any) -> str:
    """Return the text of a JSON:API error document in one line; empty when there is none."""
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
