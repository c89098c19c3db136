"""Test webhooks. They are really sent, but only to endpoints on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.urls import is_loopback, shown_url, url_host
from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERY_TIMEOUT = 3.0
"""Seconds to wait for an endpoint's response."""
USER_AGENT = "jebbit-sandbox"
"""Jebbit's own is not documented."""


@dataclass(frozen=True, slots=True)
class OutgoingDelivery:
    """A test webhook to send.

    Attributes:
        integration_id: the integration that it belongs to.
        endpoint: the URL to send it to; None for an integration of another service.
        secret: the shared secret that signs it.
        body: the bytes to send.
    """

    integration_id: str
    endpoint: str | None
    secret: str = field(repr=False)
    body: bytes = SAMPLE_BODY

    def send(self, log: Callable[[str], None]) -> None:
        """Send it if the endpoint is on loopback, and log one line about the outcome."""
        safe_url = shown_url(self.endpoint or "")
        if not self.endpoint:
            outcome = "not sent: the integration has no endpoint"
        elif is_loopback(url_host(self.endpoint)):
            outcome = self._send_to(self.endpoint)
        else:
            outcome = "not sent: the sandbox only delivers to this machine"
        log(f"delivery {self.integration_id} -> {safe_url or '-'}: {outcome}")

    def _send_to(self, endpoint: str) -> str:
        try:
            response = Sender(
                endpoint, self.secret, self.body, timeout=DELIVERY_TIMEOUT, user_agent=USER_AGENT
            ).send()
        except UsageError as error:
            return f"not sent: {error.message}"
        return f"{response.outcome} ({response.elapsed * 1000:.0f} ms)"
