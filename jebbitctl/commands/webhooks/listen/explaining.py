"""Says why deliveries were refused, within a bounded share of the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.explain import Explanation

MAX_BUDGET = 1.0
"""Seconds of CPU time for explanations in a row: anybody can send deliveries that need them."""
BUDGET_PER_SECOND = 0.2
_WITH_THE_BODY = "Save the body, and use jebbitctl webhooks verify --explain."
_WITH_A_RECORDING = (
    "Record it with --record FILE --record-refused, and use jebbitctl webhooks show FILE N with its secret."
)


class Explainer:
    """Explains refused deliveries.

    Args:
        secrets: the shared secrets, by their labels.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._budget = MAX_BUDGET
        self._updated = time.monotonic()
        self._stopping = False

    def stop(self) -> None:
        """Look for no more causes."""
        self._stopping = True

    def explain(self, delivery: Delivery) -> dict[str, str | None]:
        """Return the cause, an explanation and a fix; the cause is None if it was not looked for."""
        if SIGNATURE_HEADER not in delivery.headers:
            from jebbitctl.webhooks.explain import NO_HEADER

            return NO_HEADER.to_document()
        if delivery.omitted_bytes:
            return _not_looked_for("Its body is too long to look for the cause.", _WITH_THE_BODY)
        if self._stopping:
            return _not_looked_for("The cause was not looked for: listen was stopped.", _WITH_A_RECORDING)
        now = time.monotonic()
        self._budget = min(MAX_BUDGET, self._budget + BUDGET_PER_SECOND * (now - self._updated))
        self._updated = now
        if self._budget <= 0:
            too_many = "Too many deliveries were refused at once to look for the cause."
            return _not_looked_for(too_many, _WITH_A_RECORDING)
        started = time.thread_time()  # not the time that other programs take
        found = self._find(delivery)
        self._budget -= time.thread_time() - started
        return found.to_document()

    def _find(self, delivery: Delivery) -> Explanation:
        """Return the explanation for the first secret that proves one, else for the first secret."""
        from jebbitctl.webhooks.explain import explain

        header, reason = delivery.headers.get(SIGNATURE_HEADER), delivery.verification.reason
        found = [explain(secret, delivery.body, header, reason=reason) for secret in self._secrets.values()]
        return next((one for one in found if one.proven), found[0])


def _not_looked_for(explanation: str, fix: str) -> dict[str, str | None]:
    return {"cause": None, "explanation": explanation, "fix": fix}
