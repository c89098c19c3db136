"""``--dry-run`` of create and update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.util.redaction import redact_service_data
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from jebbitctl.context import Context


def show_request(context: Context, method: str, path: str, document: dict[str, Any]) -> None:
    """Print a request instead of sending it."""
    from jebbitctl.api.documents import API_ROOT

    document = redact_service_data(document)
    url = f"{context.settings.api_url.value}{API_ROOT}{path}"
    if context.output.json:
        context.output.document({"method": method, "url": url, "body": document})
    else:
        context.output.line(f"{method} {url}")
        context.output.line(json_text(document, indent=None if context.output.plain else 2))
