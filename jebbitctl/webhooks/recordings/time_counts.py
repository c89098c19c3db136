"""Counts events per minute; if that is too many minutes, per five minutes, and so on."""

from __future__ import annotations

from collections import Counter

WIDTHS = (60, 300, 900, 3600, 21_600, 86_400, 604_800, 52 * 604_800)
"""Seconds. Each is a multiple of the one before."""


class TimeCounts:
    """Counts events by label and time.

    Args:
        max_intervals: memory is bounded by this number: counts are added up before there are more intervals.

    Attributes:
        seconds: the width of an interval.
    """

    def __init__(self, max_intervals: int) -> None:
        self._max_intervals = max_intervals
        self._counts: dict[int, Counter[str]] = {}
        self.seconds = WIDTHS[0]

    def add(self, time: float, label: str) -> None:
        """Count an event at a time in unix seconds."""
        self._counts.setdefault(int(time // self.seconds), Counter())[label] += 1
        while len(self._counts) > self._max_intervals and self.seconds != WIDTHS[-1]:
            self._widen()

    def counts(self) -> list[tuple[int, Counter[str]]]:
        """Return the start of each interval with an event, in unix seconds, and its counts."""
        return [(interval * self.seconds, counts) for interval, counts in sorted(self._counts.items())]

    def chart(self, max_intervals: int) -> TimeCounts:
        """Return the same counts in intervals so wide that few lead from the first to the last event."""
        result = TimeCounts(self._max_intervals)
        result.seconds, result._counts = self.seconds, self._counts
        while result._span() > max_intervals and result.seconds != WIDTHS[-1]:
            result._widen()
        return result

    def with_gaps(self) -> list[tuple[int, Counter[str]]]:
        """Return :meth:`counts` with the intervals between them that have no events."""
        if not self._counts:
            return []
        intervals = range(min(self._counts), max(self._counts) + 1)
        return [(interval * self.seconds, self._counts.get(interval, Counter())) for interval in intervals]

    def _span(self) -> int:
        return max(self._counts) - min(self._counts) + 1 if self._counts else 0

    def _widen(self) -> None:
        wider = WIDTHS[WIDTHS.index(self.seconds) + 1]
        counts: dict[int, Counter[str]] = {}
        for start, counted in self.counts():
            counts.setdefault(start // wider, Counter()).update(counted)
        self.seconds, self._counts = wider, counts
