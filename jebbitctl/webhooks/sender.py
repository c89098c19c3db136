"""Sends signed deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, sign

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse

SAMPLE_BODY = (
    b'{"data":{"email":"test@example.com","test_attribute":"attribute_value",'
    b'"test_sata_attribute":["option 1","option 4"],"opt_in":"true","outcome":"example_outcome"},'
    b'"event":{"event_number":0}}'
)
"""Source: Jebbit's article "Integrations API - Overview"."""


def delivery_headers(secret: str, body: bytes, *, live: bool) -> dict[str, str]:
    """Return the headers of a delivery, as Jebbit sends them; with ``x-jebbit-test`` unless ``live``.

    Raises:
        ValueError: the secret is empty.
    """
    from jebbitctl.util.http_session import USER_AGENT

    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        SIGNATURE_HEADER: sign(secret, body),
    }
    return headers if live else {**headers, TEST_HEADER: "true"}


def deliver(client: EndpointClient, secret: str, body: bytes, *, live: bool = False) -> EndpointResponse:
    """Sign a body now and send it; see :func:`delivery_headers`.

    Raises:
        ValueError: the secret is empty.
    """
    return client.send(body, delivery_headers(secret, body, live=live))
