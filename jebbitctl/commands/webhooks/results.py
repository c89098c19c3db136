"""The results of requests to an endpoint, for people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

MAX_SHOWN_BYTES = 300
"""The maximum size of a response body in a result."""


def describe(response: EndpointResponse) -> dict[str, Any]:
    """Return a response as a JSON object or a table row."""
    return {
        "ok": response.accepted,
        "status": response.status,
        "milliseconds": round(response.elapsed * 1000, 1),
        "response": response.start[:MAX_SHOWN_BYTES].decode("utf-8", "replace").strip(),
        "error": response.error,
    }


def require_accepted(accepted: int, count: int, detail: str, *, hint: str | None = None) -> None:
    """Raise an error unless all deliveries were accepted.

    Raises:
        CheckFailedError: the endpoint did not accept all deliveries.
    """
    if accepted < count:
        what = "delivery" if count == 1 else f"{count - accepted} of {count} deliveries"
        raise CheckFailedError(f"{what} not accepted: {detail}", hint=hint)
