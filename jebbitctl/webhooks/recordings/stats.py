"""Statistics of a recording, in bounded memory."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Any

from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.recordings.attribute_stats import AttributeStats
from jebbitctl.webhooks.recordings.body_fields import body_fields
from jebbitctl.webhooks.recordings.time_counts import TimeCounts

if TYPE_CHECKING:
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

DATA = "data."
MAX_INTERVALS = 10_000


class RecordingStats:
    """Counts deliveries as they are read.

    Attributes:
        count: the number of deliveries.
        reasons: deliveries by why they were accepted or refused.
        kinds: deliveries that are ``test``, ``live`` and ``repeat``; the last are also one of the others.
        attributes: of the ``data`` of valid deliveries: anybody can send others.
        times: deliveries by time; the labels are ``ok`` and ``refused``.
        forwards: forwards by status, ``failed`` without one; deliveries whose outcome is not known.
    """

    def __init__(self) -> None:
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.attributes = AttributeStats()
        self.times = TimeCounts(MAX_INTERVALS)
        self.forwards: Counter[str] = Counter()
        self._milliseconds: Counter[float] = Counter()
        """Rounded as they are shown, so that there are few."""
        self._first = self._last = 0.0

    def add(self, record: RecordedDelivery) -> None:
        """Count a delivery."""
        delivery, valid = record.delivery, record.delivery.verification.valid
        self._first = min(self._first, delivery.time) if self.count else delivery.time
        self._last = max(self._last, delivery.time) if self.count else delivery.time
        self.count += 1
        self.reasons[str(delivery.verification.reason)] += 1
        self.kinds[delivery.kind] += 1
        self.kinds["repeat"] += delivery.repeat
        self.times.add(delivery.time, "ok" if valid else "refused")
        self._add_forwards(record)
        fields = body_fields(delivery) if valid else None
        if fields is not None:
            names = {
                name.removeprefix(DATA): value for name, value in fields.items() if name.startswith(DATA)
            }
            self.attributes.add(names)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as a JSON object."""
        return {
            "deliveries": self.count,
            "first": rfc3339(self._first, "microseconds") if self.count else None,
            "last": rfc3339(self._last, "microseconds") if self.count else None,
            "reasons": dict(self.reasons.most_common()),
            **{name: self.kinds[name] for name in ("test", "live", "refused", "repeat")},
            "forwards": dict(sorted(self.forwards.items())),
            "forward_milliseconds": self._latency(),
            "json_bodies": self.attributes.bodies,
            "attributes": self._attributes(),
            "attributes_complete": self.attributes.is_complete,
            "interval_seconds": self.times.seconds,
            "intervals": [
                {"time": rfc3339(start), "ok": counts["ok"], "refused": counts["refused"]}
                for start, counts in self.times.counts()
            ],
        }

    def _add_forwards(self, record: RecordedDelivery) -> None:
        if record.forwards is None:
            self.forwards["unknown"] += 1
        for outcome in record.forwards or ():
            self.forwards[str(outcome.status or "failed")] += 1
            if outcome.status is not None:
                self._milliseconds[round(outcome.milliseconds, 1)] += 1

    def _latency(self) -> dict[str, float] | None:
        """Return times of forwards that were answered: measured ones, by nearest rank."""
        ranks = {"min": 0.0, "median": 0.5, "p99": 0.99}
        total = self._milliseconds.total()
        return (
            {name: self._at_rank(max(ceil(total * share), 1)) for name, share in ranks.items()}
            if total
            else None
        )

    def _at_rank(self, rank: int) -> float:
        """Return the time that as many as ``rank`` are at most."""
        times = sorted(self._milliseconds)
        counts = accumulate(self._milliseconds[time] for time in times)
        return next(time for time, count in zip(times, counts, strict=True) if count >= rank)

    def _attributes(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "present": counted.present,
                "share": round(counted.present / self.attributes.bodies, 4),
                "distinct": counted.distinct,
                "examples": counted.examples,
            }
            for name, counted in self.attributes.counts.items()
        ]
