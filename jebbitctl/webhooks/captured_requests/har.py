"""HAR files, their entries and the requests in those: http://www.softwareishard.com/blog/har-12-spec/."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.times import instant
from jebbitctl.webhooks.captured_requests.captured_request import (
    TEXT_ONLY,
    CapturedRequest,
    CaptureFormat,
    content_length,
    join_headers,
    text_body,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY: dict[str, Any] = {"request": {"headers": []}}
"""In place of an entry that is none, so that the others keep their numbers."""


def find_entries(document: Any) -> list[dict[str, Any]] | None:
    """Return the entries of a HAR file, of a list of entries, an entry, or a request; None for other JSON."""
    if not isinstance(document, dict):
        listed = document if isinstance(document, list) else []
        return listed if listed and all(map(_is_entry, listed)) else None
    if isinstance(log := document.get("log"), dict) and isinstance(entries := log.get("entries"), list):
        return [entry if _is_entry(entry) else _EMPTY for entry in entries]
    if _is_entry(document):
        return [document]
    return [{"request": document}] if _is_request(document) else None


def read_entry(entry: Mapping[str, Any]) -> CapturedRequest:
    """Return the request of an entry.

    Raises:
        UsageError: the body is not text, or not the Base64 that it should be.
    """
    headers = join_headers(
        (header["name"], header["value"])
        for header in entry["request"]["headers"]
        if isinstance(header, dict)
        and isinstance(header.get("name"), str)
        and isinstance(header.get("value"), str)
    )
    body, caveat = _read_post_data(entry["request"].get("postData"))
    if body is None and not content_length(headers):
        body = b""
    return CapturedRequest(CaptureFormat.HAR, headers, body, instant(entry.get("startedDateTime")), caveat)


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and _is_request(value.get("request"))


def _is_request(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("headers"), list) and "method" in value


def _read_post_data(data: Any) -> tuple[bytes | None, str]:
    """Return a body and its caveat. Some programs add ``encoding`` to the standard's members."""
    if not isinstance(data, dict) or not isinstance(text := data.get("text"), str):
        return None, ""
    if data.get("encoding") != "base64":
        return text_body(text), TEXT_ONLY
    try:
        return base64.b64decode(text, validate=True), ""
    except ValueError:
        raise UsageError("postData.text of the HAR entry is not Base64") from None
