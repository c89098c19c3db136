"""What became of the latest deliveries, and exact counts of all."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.sandbox.deliveries import DeliveryResult

MAX_RESULTS = 10_000
"""Older results are dropped from the log; they stay in the counts."""


@dataclass(slots=True)
class Counts:
    """Counts of one business.

    Attributes:
        visits: all visits.
        finished: those that reached the end.
        kept_back: why there was no delivery, by the names in visit_runs.KEPT_BACK.
        outcomes: of deliveries, by kind, then by outcome.
        faults: of deliveries, by name.
    """

    visits: int = 0
    finished: int = 0
    kept_back: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)


class DeliveryLog:
    """Keeps results and counts. Any thread may use it.

    Attributes:
        tell: called with each result.
    """

    def __init__(self) -> None:
        self.tell: Callable[[DeliveryResult], None] = lambda _: None
        self._lock = Lock()
        self._results: deque[DeliveryResult] = deque(maxlen=MAX_RESULTS)
        self._counts: dict[str, Counts] = {}

    def add(self, result: DeliveryResult) -> None:
        """Keep a result."""
        with self._lock:
            self._results.append(result)
            counts = self._of(result.business)
            counts.outcomes.setdefault(result.kind, Counter())[result.outcome] += 1
            if result.fault:
                counts.faults[result.fault] += 1
        self.tell(result)

    def add_visits(self, business: str, *, visits: int, finished: int) -> None:
        """Count visits."""
        with self._lock:
            counts = self._of(business)
            counts.visits += visits
            counts.finished += finished

    def add_kept_back(self, business: str, reason: str) -> None:
        """Count a delivery that there is none of."""
        with self._lock:
            self._of(business).kept_back[reason] += 1

    def results(self, business: str) -> Iterator[DeliveryResult]:
        """Yield the latest results of a business, newest first."""
        with self._lock:
            found = list(self._results)
        return (result for result in reversed(found) if result.business == business)

    def counts(self, business: str) -> dict[str, Any]:
        """Return the counts of a business as a JSON object."""
        with self._lock:
            counts = self._of(business)
            return {
                "visits": counts.visits,
                "finished": counts.finished,
                "kept_back": dict(counts.kept_back),
                "faults": dict(counts.faults),
                **{kind: dict(outcomes) for kind, outcomes in counts.outcomes.items()},
            }

    def totals(self) -> Counter[str]:
        """Return the counts of all businesses: visits, finished, kept_back, duplicates, and each outcome."""
        totals: Counter[str] = Counter()
        with self._lock:
            for counts in self._counts.values():
                totals.update(visits=counts.visits, finished=counts.finished)
                totals.update(kept_back=counts.kept_back.total(), duplicates=counts.faults["duplicate"])
                for outcomes in counts.outcomes.values():
                    totals.update(outcomes)
        return totals

    def _of(self, business: str) -> Counts:
        return self._counts.setdefault(business, Counts())


def describe(result: DeliveryResult) -> dict[str, Any]:
    """Return a result as a JSON object."""
    return {
        "time": rfc3339(result.time, "milliseconds"),
        "kind": result.kind,
        "integration_id": result.integration,
        "campaign_id": result.campaign,
        "endpoint": result.endpoint or None,
        "outcome": result.outcome,
        "status": result.status,
        "error": result.error,
        "fault": result.fault,
        "milliseconds": result.milliseconds,
    }
