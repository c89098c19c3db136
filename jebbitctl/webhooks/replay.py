"""Recorded deliveries sent again, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.webhooks.exchange import TIMEOUT, EndpointClient
from jebbitctl.webhooks.forwarding import forward
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.webhooks.exchange import EndpointResponse
    from jebbitctl.webhooks.receiver import Delivery
    from jebbitctl.webhooks.recordings import Recorded


def resign(delivery: Delivery, secret: str) -> Delivery:
    """Return the same delivery with a signature of now.

    Raises:
        ValueError: the secret is empty.
    """
    return replace(delivery, headers={**delivery.headers, SIGNATURE_HEADER: sign(secret, delivery.body)})


def replay(
    recorded: Iterable[Recorded], url: str, *, secret: str | None = None, timeout: float = TIMEOUT
) -> Iterator[tuple[Recorded, EndpointResponse]]:
    """Send each delivery to ``url`` with its own headers, and yield it with what came of it.

    Args:
        recorded: what to send, in this order.
        url: any http or https URL.
        secret: sign afresh with this; None keeps the signature that was recorded.
        timeout: seconds for each request.

    Raises:
        UsageError: the URL cannot be sent to.
        ValueError: the secret is empty.
    """
    with EndpointClient(url, timeout) as client:
        for one in recorded:
            delivery = one.delivery if secret is None else resign(one.delivery, secret)
            yield one, forward(client, delivery)
