"""Test webhooks: really sent, to endpoints on this machine only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.errors import UsageError
from jebbitctl.urls import is_loopback
from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 3.0
"""Seconds an endpoint has to answer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One test webhook.

    Attributes:
        integration_id: whose it is.
        endpoint: where it goes; None for an integration of another service.
        secret: what it is signed with.
        body: the bytes that are sent.
    """

    integration_id: str
    endpoint: str | None
    secret: str = field(repr=False)
    body: bytes = SAMPLE_BODY

    def run(self, log: Callable[[str], None]) -> None:
        """Send it, when the endpoint is on loopback, and log one line on what came of it."""
        host, shown = _place(self.endpoint or "")
        if not self.endpoint:
            outcome = "not sent, there is no endpoint"
        elif is_loopback(host):
            outcome = self._send(self.endpoint)
        else:
            outcome = "not sent, the sandbox delivers to this machine only"
        log(f"delivery {self.integration_id} -> {shown}: {outcome}")

    def _send(self, endpoint: str) -> str:
        try:
            result = Sender(endpoint, self.secret, self.body, timeout=TIMEOUT).send()
        except UsageError as error:
            return f"not sent, {error.message}"
        return f"{result.status or result.error} in {result.elapsed * 1000:.0f} ms"


def _place(endpoint: str) -> tuple[str, str]:
    """Return an endpoint's host, and the endpoint without what may be secret: user name, password, query."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", "(not a URL)"
    address = f"[{host}]" if ":" in host else host
    return host, f"{parts.scheme}://{address}{f':{port}' if port else ''}{parts.path}" if host else "-"
