"""What the sandbox counts, by the names that ``--expect`` uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jebbitctl.sandbox.delivery_log import DeliveryLog
    from jebbitctl.sandbox.request_log import RequestLog

COUNTERS = {
    "visits": "visits",
    "finished": "visits that reached the end",
    "kept_back": "visitors who left, and deliveries that answers or settings prevented",
    "delivered": "deliveries answered with 2xx; duplicates count again, here and below",
    "refused": "deliveries answered with another status",
    "unanswered": "deliveries without an answer",
    "failed": "refused and unanswered ones",
    "not_sent": "deliveries to other machines, or to no endpoint",
    "lost": "deliveries that --faults lost",
    "duplicates": "second requests with a delivery, by --faults",
    "requests": "requests to the API and for tokens",
    "errors": "those answered with 400 or more",
}
"""Each counter with its meaning, over all businesses. Live deliveries, tests and backfills count alike."""


def counters(deliveries: DeliveryLog, requests: RequestLog) -> dict[str, int]:
    """Return the value of each counter."""
    counted = deliveries.totals()
    counted["failed"] = counted["refused"] + counted["unanswered"]
    counted.update(requests=requests.count, errors=requests.errors)
    return {name: counted[name] for name in COUNTERS}
