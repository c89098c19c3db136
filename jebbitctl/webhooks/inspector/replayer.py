"""Sends deliveries again to the endpoints that the command line names, and to no others."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.delivery import ForwardOutcome
from jebbitctl.webhooks.receiving.forwarding import forward
from jebbitctl.webhooks.replay import Changes
from jebbitctl.webhooks.response_text import response_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient

MAX_AT_ONCE = 2
"""Replays at the same time; the server's other threads keep answering."""


@dataclass(frozen=True, slots=True)
class ReplayTarget:
    """An endpoint to replay to.

    Attributes:
        url: its URL as it may be shown.
        send: sends a delivery and returns what became of it.
    """

    url: str
    send: Callable[[Delivery], ForwardOutcome]


def client_target(client: EndpointClient) -> ReplayTarget:
    """Return a target that gets each delivery at exactly the client's URL."""
    url = shown_url(client.url)

    def send(delivery: Delivery) -> ForwardOutcome:
        response = forward(client, delivery)
        return ForwardOutcome(
            url=url,
            status=response.status,
            milliseconds=round(response.elapsed * 1000, 1),
            response=response_text(response).strip(),
            error=response.error,
        )

    return ReplayTarget(url, send)


class Replayer:
    """Replays deliveries.

    Args:
        targets: where to.
        secrets: the shared secrets by their labels; without one, nothing can be signed.
    """

    def __init__(
        self, targets: Sequence[ReplayTarget] = (), secrets: Mapping[str, str] | None = None
    ) -> None:
        self._targets = tuple(targets)
        self._secrets = dict(secrets or {})
        self._free = threading.Semaphore(MAX_AT_ONCE)

    @property
    def urls(self) -> list[str]:
        """The targets' URLs."""
        return [target.url for target in self._targets]

    def signer(self, delivery: Delivery) -> str | None:
        """Return the label of the secret that would sign a delivery; None if no secret is known."""
        return delivery.secret if delivery.secret in self._secrets else next(iter(self._secrets), None)

    def replay(
        self, delivery: Delivery, target: int, *, body: bytes | None = None, re_sign: bool = False
    ) -> ForwardOutcome:
        """Send a delivery again and return what became of it.

        Args:
            delivery: as it was received.
            target: the index of the target.
            body: another body, which must be signed again.
            re_sign: sign now: with the secret that signed the delivery, or else the first.

        Raises:
            UsageError: it cannot be sent, or too many others are being sent.
        """
        if not 0 <= target < len(self._targets):
            raise UsageError("no such target")
        if body is not None and not re_sign:
            raise UsageError("an edited body must be signed again")
        if body is None and delivery.omitted_bytes:
            raise UsageError(f"{delivery.omitted_bytes} bytes of the body were not recorded")
        if delivery.masked and not re_sign:
            raise UsageError("the body is masked, so that its signature no longer fits")
        if body is not None:
            delivery = replace(delivery, body=body, omitted_bytes=0)
        delivery = Changes(self._secret(delivery) if re_sign else None).apply(delivery)
        if not self._free.acquire(blocking=False):
            raise UsageError("two replays are still running")
        try:
            return self._targets[target].send(delivery)
        finally:
            self._free.release()

    def _secret(self, delivery: Delivery) -> str:
        label = self.signer(delivery)
        if label is None:
            raise UsageError("no shared secret is known")
        return self._secrets[label]
