"""Counts the responses to a series of deliveries."""

from __future__ import annotations

import statistics
import threading
from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which deliveries failed.

    Attributes:
        count: deliveries that failed so.
        first: the first response of this kind.
    """

    count: int
    first: EndpointResponse


@dataclass(frozen=True, slots=True)
class Summary:
    """Statistics of a series.

    Times are in seconds, over the deliveries that got a response. They are None if there are none.

    Attributes:
        accepted: deliveries that got a 2xx response.
        statuses: the number of responses with each status.
        errors: the number of deliveries without a response, for each reason.
        failures: what was not accepted, by the outcome in words.
        minimum: the shortest response time.
        median: the median of the response times.
        p99: 99 % of the response times are at most this long: a measured time (nearest rank).
    """

    accepted: int
    statuses: dict[int, int]
    errors: dict[str, int]
    failures: dict[str, Failure]
    minimum: float | None
    median: float | None
    p99: float | None

    @property
    def count(self) -> int:
        """The number of deliveries with a response or an error."""
        return sum(self.statuses.values()) + sum(self.errors.values())


class Tally:
    """Counts responses; threads may add them at the same time. It keeps no more of each than its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted = 0
        self._statuses: Counter[int] = Counter()
        self._errors: Counter[str] = Counter()
        self._failures: dict[str, Failure] = {}
        self._times: list[float] = []

    def add(self, response: EndpointResponse) -> None:
        """Count a response."""
        with self._lock:
            if response.status is None:
                self._errors[response.outcome] += 1
            else:
                self._statuses[response.status] += 1
                self._times.append(response.elapsed)
            if response.accepted:
                self._accepted += 1
            else:
                known = self._failures.get(response.outcome, Failure(0, response))
                self._failures[response.outcome] = Failure(known.count + 1, known.first)

    def summary(self) -> Summary:
        """Return the statistics of the responses so far."""
        with self._lock:
            times = sorted(self._times)
            return Summary(
                accepted=self._accepted,
                statuses=dict(self._statuses),
                errors=dict(self._errors),
                failures=dict(self._failures),
                minimum=times[0] if times else None,
                median=statistics.median(times) if times else None,
                p99=times[ceil(len(times) * 0.99) - 1] if times else None,
            )
