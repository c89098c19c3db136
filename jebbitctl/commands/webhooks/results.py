"""The results of requests to an endpoint, for people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import CheckFailedError, UnavailableError
from jebbitctl.util.redaction import scrub_registered

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

MAX_SHOWN_CHARS = 300
"""The maximum length of a response body in a result."""


def describe(response: EndpointResponse) -> dict[str, Any]:
    """Return a response as a JSON object or a table row."""
    return {
        "ok": response.accepted,
        "status": response.status,
        "milliseconds": round(response.elapsed * 1000, 1),
        "response": _text(response)[:MAX_SHOWN_CHARS].strip(),
        "error": response.error,
    }


def require_accepted(
    accepted: int, count: int, detail: str, *, hint: str | None = None, answered: bool = True
) -> None:
    """Raise an error unless all deliveries were accepted.

    Args:
        accepted: deliveries that got a 2xx response.
        count: all deliveries.
        detail: why the others were not accepted.
        hint: what to do about it.
        answered: whether any of the others got a response.

    Raises:
        CheckFailedError: the endpoint answered a delivery with another status.
        UnavailableError: it did not, and some deliveries got no response.
    """
    if accepted < count:
        what = "delivery" if count == 1 else f"{count - accepted} of {count} deliveries"
        if answered:
            raise CheckFailedError(f"{what} not accepted: {detail}", hint=hint)
        raise UnavailableError(f"{what} without a response: {detail}", hint=hint)


def _text(response: EndpointResponse) -> str:
    """Return the start of the body, without secrets: once it is cut, the rest of one cannot be recognized."""
    from jebbitctl.webhooks.response_text import response_text

    return scrub_registered(response_text(response))
