"""Sends recorded deliveries again, byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
from jebbitctl.webhooks.forwarding import forward
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.receiver import Delivery
    from jebbitctl.webhooks.recordings import RecordedDelivery


def re_sign(delivery: Delivery, secret: str) -> Delivery:
    """Return the delivery with a new signature, made now.

    Raises:
        ValueError: the secret is empty.
    """
    return replace(delivery, headers={**delivery.headers, SIGNATURE_HEADER: sign(secret, delivery.body)})


def replay(
    recorded: Iterable[RecordedDelivery],
    url: str,
    *,
    secret: str | None = None,
    certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
) -> Iterator[tuple[RecordedDelivery, EndpointResponse]]:
    """Send each delivery to ``url`` with its own headers; yield it with the response.

    A delivery whose body was not recorded in full is not sent; its response is an error that says so.

    Args:
        recorded: the deliveries, in this order.
        url: any http or https URL.
        secret: signs each delivery again; None keeps the recorded signatures.
        certificates: what the endpoint is verified against.

    Raises:
        UsageError: the URL is not valid.
        ValueError: the secret is empty.
    """
    with EndpointClient(url, certificates=certificates) as client:
        for record in recorded:
            delivery = record.delivery if secret is None else re_sign(record.delivery, secret)
            if missing := delivery.omitted_bytes:
                error = f"not sent: {missing} bytes of the body were not recorded"
                yield record, EndpointResponse(None, 0.0, error=error, reached=False)
            else:
                yield record, forward(client, delivery)
