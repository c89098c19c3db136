"""What came of visits that were asked for together: their counts, and what became of their deliveries."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jebbitctl.sandbox.deliveries import DeliveryResult

KEPT_BACK = {
    "unfinished": "the visitor left before the end",
    "no_email": "no e-mail address",
    "inactive": "the integration is inactive",
    "name_filter": "the campaign's title does not match campaign_name_filter",
    "not_opted_in": "the visitor did not opt in, which require_opt_in asks for",
    "no_outcome": "no outcome was shown, which require_outcomes asks for",
    "no_integration": "the campaign feeds no webhook integration",
}
"""Why a visit is not delivered, or not to an integration, in words; by the name that counters use."""
MAX_RUNS = 1000
"""Older runs are forgotten."""
_MAX_NAMED = 20
"""Different failures, and integrations of one reason, that are told apart."""


@dataclass(slots=True)
class _Reason:
    count: int = 0
    integrations: dict[str, None] = field(default_factory=dict)
    more: bool = False


class VisitRun:
    """Counts of some visits. Any thread may use it.

    Attributes:
        id: names it in URLs.
        business: the id of the business.
    """

    def __init__(self, id_: str, business: str) -> None:
        self.id = id_
        self.business = business
        self._done = threading.Condition()
        self._visits = self._finished = self._deliveries = self._pending = self._duplicates = 0
        self._outcomes: Counter[str] = Counter()
        self._results: Counter[str] = Counter()
        self._kept_back: dict[str, _Reason] = {}

    def add_visit(self, *, finished: bool) -> None:
        with self._done:
            self._visits += 1
            self._finished += finished

    def add_kept_back(self, reason: str, integration: str | None = None) -> None:
        """Count a visit that is not delivered, or not to this integration."""
        with self._done:
            found = self._kept_back.setdefault(reason, _Reason())
            found.count += 1
            if integration and len(found.integrations) < _MAX_NAMED:
                found.integrations[integration] = None
            elif integration and integration not in found.integrations:
                found.more = True

    def add_delivery(self, change: int = 1) -> None:
        """Count a delivery that is about to be sent; -1 if it will not be."""
        with self._done:
            self._deliveries += change
            self._pending += change

    def add_result(self, result: DeliveryResult) -> None:
        """Count what became of a delivery, or that it was sent again."""
        words = result.words
        with self._done:
            if result.fault == "duplicate":
                self._duplicates += 1
                return
            if words not in self._results and len(self._results) >= _MAX_NAMED:
                words = "other reasons"
            self._results[words] += 1
            self._outcomes[result.outcome] += 1
            self._pending -= 1
            self._done.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until each delivery has a result, or the time is up."""
        with self._done:
            self._done.wait_for(lambda: self._pending == 0, seconds)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        with self._done:
            return {
                "id": self.id,
                "visits": self._visits,
                "finished": self._finished,
                "deliveries": self._deliveries,
                "pending": self._pending,
                "duplicates": self._duplicates,
                "outcomes": dict(self._outcomes),
                "results": dict(self._results),
                "kept_back": [
                    {
                        "reason": reason,
                        "explanation": KEPT_BACK[reason],
                        "count": found.count,
                        "integrations": list(found.integrations),
                        "more_integrations": found.more,
                    }
                    for reason, found in self._kept_back.items()
                ],
            }


class VisitRuns:
    """The latest runs, by id. Hold the state's lock."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, VisitRun] = OrderedDict()
        self._next = 1

    def start(self, business: str) -> VisitRun:
        """Return a new run."""
        run = VisitRun(str(self._next), business)
        self._next += 1
        self._runs[run.id] = run
        if len(self._runs) > MAX_RUNS:
            self._runs.popitem(last=False)
        return run

    def find(self, id_: str, business: str) -> VisitRun | None:
        """Return a run of a business, None if there is no such run."""
        run = self._runs.get(id_)
        return run if run and run.business == business else None
