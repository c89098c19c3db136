"""Says why deliveries were refused, within a bounded share of the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.webhooks.explain import Explanation
    from jebbitctl.webhooks.receiver import Delivery

_PAUSE_FACTOR = 4
"""After an explanation that took a second, there is none for this many seconds: anybody can cause them."""


class Explainer:
    """Explains refused deliveries.

    Args:
        secrets: the shared secrets, by their labels.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._next = 0.0

    def explain(self, delivery: Delivery) -> Explanation | None:
        """Return why a delivery was refused; None if its body was not kept, or there is no time for it."""
        from jebbitctl.webhooks.explain import Cause, explain

        started = time.monotonic()
        if delivery.omitted_bytes or started < self._next:
            return None
        header = delivery.headers.get(SIGNATURE_HEADER, "")
        reason = delivery.verification.reason
        found: Explanation | None = None
        for secret in self._secrets.values():
            found = explain(secret, delivery.body, header, reason=reason)
            if found.cause is not Cause.UNKNOWN:
                break
        now = time.monotonic()
        self._next = now + _PAUSE_FACTOR * (now - started)
        return found
