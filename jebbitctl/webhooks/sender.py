"""Sends signed deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.webhooks.endpoint import RESPONSE_TIMEOUT, EndpointClient, require_endpoint
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, sign

if TYPE_CHECKING:
    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.endpoint import EndpointResponse

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


@dataclass(frozen=True, slots=True)
class Sender:
    """A delivery to one URL, signed when it is sent.

    Attributes:
        url: any http or https URL.
        secret: the integration's shared secret; never sent itself.
        body: the bytes to deliver.
        live: leave out ``x-jebbit-test``, so that the endpoint treats the delivery as real.
        timeout: seconds for each request.
        certificates: what the endpoint is verified against.
        user_agent: in place of this program's, by which it tells its own deliveries from Jebbit's.

    Raises:
        UsageError: the URL is not valid, or the secret is empty.
    """

    url: str
    secret: str = field(repr=False)
    body: bytes = field(default=SAMPLE_BODY, repr=False)
    live: bool = False
    timeout: float = RESPONSE_TIMEOUT
    certificates: TrustedCertificates = SYSTEM_CERTIFICATES
    user_agent: str | None = None

    def __post_init__(self) -> None:
        require_endpoint(self.url)
        if not self.secret:
            raise UsageError("the shared secret is empty")

    def send(self) -> EndpointResponse:
        """Send one delivery and return the response."""
        with EndpointClient(self.url, self.timeout, self.certificates) as client:
            headers = delivery_headers(self.secret, self.body, live=self.live)
            if self.user_agent is not None:
                headers["user-agent"] = self.user_agent
            return client.send(self.body, headers)


def deliver(client: EndpointClient, secret: str, body: bytes, *, live: bool = False) -> EndpointResponse:
    """Sign a body now and send it; see :func:`delivery_headers`.

    Raises:
        ValueError: the secret is empty.
    """
    return client.send(body, delivery_headers(secret, body, live=live))
