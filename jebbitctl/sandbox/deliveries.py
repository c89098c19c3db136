"""Test webhooks. They are really sent, but only to endpoints on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.errors import UsageError
from jebbitctl.util.urls import is_loopback
from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERY_TIMEOUT = 3.0
"""Seconds to wait for an endpoint's response."""


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
        host, safe_url = _split(self.endpoint or "")
        if not self.endpoint:
            outcome = "not sent: the integration has no endpoint"
        elif is_loopback(host):
            outcome = self._send_to(self.endpoint)
        else:
            outcome = "not sent: the sandbox only delivers to this machine"
        log(f"delivery {self.integration_id} -> {safe_url}: {outcome}")

    def _send_to(self, endpoint: str) -> str:
        try:
            response = Sender(endpoint, self.secret, self.body, timeout=DELIVERY_TIMEOUT).send()
        except UsageError as error:
            return f"not sent: {error.message}"
        return f"{response.outcome} ({response.elapsed * 1000:.0f} ms)"


def _split(endpoint: str) -> tuple[str, str]:
    """Return the host of a URL, and the URL without its user name, password and query."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", "(not a URL)"
    address = f"[{host}]" if ":" in host else host
    return host, f"{parts.scheme}://{address}{f':{port}' if port else ''}{parts.path}" if host else "-"
