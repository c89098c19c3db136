"""Forwards deliveries to a URL, with the same bytes and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
    from jebbitctl.webhooks.receiver import Delivery

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Source: RFC 9110, section 7.6.1, and RFC 2616, section 13.5.1."""
_SET_BY_THE_CLIENT = frozenset({"host", "content-length", "expect"})


def end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are not of one connection only; ``Connection`` may list more of those."""
    listed = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _SET_BY_THE_CLIENT | listed
    return {name: value for name, value in headers.items() if name not in dropped}


def forward(client: EndpointClient, delivery: Delivery) -> EndpointResponse:
    """Forward a delivery and return the endpoint's response, or the reason why there is none."""
    return client.send(delivery.body, end_to_end(delivery.headers))
