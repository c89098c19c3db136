"""Deliveries passed on: the same bytes and headers, to one URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.webhooks.exchange import EndpointClient, EndpointResponse
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
_MADE_ANEW = frozenset({"host", "content-length", "expect"})


def end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that travel on: without a connection's own, and those that ``Connection`` names."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _MADE_ANEW | named
    return {name: value for name, value in headers.items() if name not in dropped}


def forward(client: EndpointClient, delivery: Delivery) -> EndpointResponse:
    """Pass a delivery on and return that endpoint's answer, or the reason for none."""
    return client.send(delivery.body, end_to_end(delivery.headers))
