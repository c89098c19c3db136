"""``--dry-run`` of create and update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.util.redaction import redact_service_data
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context


class UnsentRequest(NamedTuple):
    """What would be sent, as JSON; the first three are None if nothing would be.

    Attributes:
        method: of the request.
        url: of the request.
        body: the document of the request.
        existing: the integration as it is; None if there is none.
    """

    method: str | None
    url: str | None
    body: dict[str, Any] | None
    existing: Resource | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {**self._asdict(), "existing": None if self.existing is None else self.existing.to_dict()}


def show_request(
    context: Context, method: str, path: str, document: dict[str, Any], existing: Resource | None = None
) -> None:
    """Print a request instead of sending it."""
    from jebbitctl.api.documents import API_ROOT

    document = redact_service_data(document)
    url = f"{context.settings.api_url.value}{API_ROOT}{path}"
    if context.output.json:
        context.output.resource(UnsentRequest(method, url, document, existing))
    else:
        context.output.line(f"{method} {url}")
        context.output.line(json_text(document, indent=None if context.output.plain else 2))


def show_no_request(context: Context, existing: Resource) -> None:
    """Print as JSON that nothing would be sent."""
    context.output.resource(UnsentRequest(None, None, None, existing))
