"""The deliveries that the page shows: rows in memory, bodies in memory or read again from a recording."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import escape_controls
from jebbitctl.webhooks.delivery import NOT_ANSWERED
from jebbitctl.webhooks.receiving.forwarding import is_forwarded
from jebbitctl.webhooks.recordings.lines import MAX_LINE_BYTES, DeliveryLine, parse_line
from jebbitctl.webhooks.recordings.reading import RecordedDelivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome

MAX_DELIVERIES = 20_000
"""The maximum number of deliveries to show; the oldest are dropped."""
MAX_BYTES = 64 * 1024 * 1024
"""The maximum size of the bodies, headers and outcomes in memory; the oldest deliveries are dropped."""
MAX_CHANGES = 1000
"""The maximum number of rows in one answer."""
_MAX_TARGET = 300


@dataclass(slots=True)
class _Entry:
    """A delivery: in memory, or at an offset of the recording."""

    version: int
    row: dict[str, Any]
    forwards: tuple[ForwardOutcome, ...] | None
    expected: int
    delivery: Delivery | None
    offset: int
    size: int


class InspectorStore:
    """Holds deliveries for the page; any thread may add and read.

    Args:
        path: the recording that :meth:`add_recorded` refers to.

    Attributes:
        problem: why no more deliveries come, for the page; None while they may.
        invalid_lines: how many lines of the recording are not deliveries.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.problem: str | None = None
        self.invalid_lines = 0
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._version = 0
        self._total = 0
        self._bytes = 0

    def add(self, number: int, delivery: Delivery, *, forwards: int = 0, answered: bool = True) -> None:
        """Add a delivery that was just received, and keep it in memory.

        Args:
            number: counts up; deliveries that come at the same time may be added in another order.
            delivery: the delivery.
            forwards: how many outcomes of forwarding will follow; see :meth:`add_outcome`.
            answered: whether the delivery's status is what its sender got; else an outcome will tell.
        """
        if not answered:
            delivery = replace(delivery, status=NOT_ANSWERED)
        size = len(delivery.body) + sum(len(name) + len(value) for name, value in delivery.headers.items())
        with self._lock:
            self._put(number, _Entry(0, _row(number, delivery), (), forwards, delivery, 0, size))

    def add_outcome(self, number: int, outcome: ForwardOutcome, *, answer: int | None = None) -> None:
        """Add what became of a delivery at one URL; nothing happens if the delivery was dropped.

        Args:
            number: the delivery's.
            outcome: what became of it.
            answer: the status that its sender got because of it; None if it is another one.
        """
        with self._lock:
            if entry := self._entries.get(number):
                if answer is not None and entry.delivery:
                    entry.delivery = replace(entry.delivery, status=answer)
                self._set_forwards(entry, (*(entry.forwards or ()), outcome))

    def add_recorded(self, number: int, line: DeliveryLine, offset: int) -> None:
        """Add a delivery whose line begins at an offset of the recording; its body stays there."""
        with self._lock:
            row = _row(number, line.delivery)
            self._put(number, _Entry(0, row, line.forwards, 0, None, offset, _size(line.forwards)))

    def set_outcomes(self, number: int, forwards: tuple[ForwardOutcome, ...]) -> None:
        """Set what became of a delivery of the recording."""
        with self._lock:
            if entry := self._entries.get(number):
                self._set_forwards(entry, forwards)

    def changes(self, after: int) -> dict[str, Any]:
        """Return the rows that are new or changed since a version, oldest change first, at most 1,000.

        The answer's ``version`` is what to ask for next; ``more`` says that there are more rows already.
        ``first`` is the number of the oldest delivery that is still there.
        """
        with self._lock:
            changed = (
                [entry for entry in self._entries.values() if entry.version > after]
                if after < self._version
                else []
            )
            changed.sort(key=lambda entry: entry.version)
            sent = changed[:MAX_CHANGES]
            return {
                "version": sent[-1].version if sent else self._version,
                "more": len(changed) > len(sent),
                "first": min(self._entries, default=0),
                "total": self._total,
                "invalid_lines": self.invalid_lines,
                "problem": self.problem,
                "rows": [{**entry.row, **_forwarding(entry)} for entry in sent],
            }

    def numbers(self, *, after: int, before: int | None) -> list[int]:
        """Return the numbers between two others, newest first."""
        with self._lock:
            found = [n for n in self._entries if n > after and (before is None or n < before)]
        return sorted(found, reverse=True)

    def read(self, numbers: Iterable[int]) -> Iterator[RecordedDelivery]:
        """Yield deliveries with all they have; those that were dropped are left out.

        Raises:
            OSError: the recording cannot be read.
        """
        if self._path is None:
            for number in numbers:
                entry = self._entries.get(number)
                if entry and entry.delivery:
                    yield RecordedDelivery(number, entry.delivery, entry.forwards)
            return
        with self._path.open("rb") as file:
            for number in numbers:
                if entry := self._entries.get(number):
                    file.seek(entry.offset)
                    line = parse_line(file.readline(MAX_LINE_BYTES))
                    if isinstance(line, DeliveryLine):
                        yield RecordedDelivery(number, line.delivery, entry.forwards)

    def _put(self, number: int, entry: _Entry) -> None:
        self._touch(entry)
        self._total += 1
        self._bytes += entry.size
        self._entries[number] = entry
        self._drop_oldest()

    def _set_forwards(self, entry: _Entry, forwards: tuple[ForwardOutcome, ...]) -> None:
        added = _size(forwards) - _size(entry.forwards)
        entry.forwards = forwards
        entry.size += added
        self._bytes += added
        self._touch(entry)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._entries) > MAX_DELIVERIES or self._bytes > MAX_BYTES:
            oldest = self._entries.pop(next(iter(self._entries)))
            self._bytes -= oldest.size

    def _touch(self, entry: _Entry) -> None:
        self._version += 1
        entry.version = self._version


def _size(forwards: Iterable[ForwardOutcome] | None) -> int:
    return sum(len(one.url) + len(one.response) + len(one.error or "") for one in forwards or ())


def _row(number: int, delivery: Delivery) -> dict[str, Any]:
    query = f"?{delivery.query}" if delivery.query else ""
    return {
        "number": number,
        "time": delivery.time,
        "verdict": str(delivery.verification.reason),
        "test": delivery.test,
        "repeat": delivery.repeat,
        "method": escape_controls(delivery.method[:_MAX_TARGET]),
        "target": escape_controls(f"{delivery.path}{query}"[:_MAX_TARGET]),
        "bytes": len(delivery.body) + delivery.omitted_bytes,
    }


def _forwarding(entry: _Entry) -> dict[str, str]:
    """Return what became of the forwards in a word, and their statuses."""
    if entry.forwards is None:
        return {"forward": "unknown", "statuses": ""}
    statuses = ", ".join(str(outcome.status or "failed") for outcome in entry.forwards)
    if any(not is_forwarded(outcome) for outcome in entry.forwards):
        return {"forward": "failed", "statuses": statuses}
    if len(entry.forwards) < entry.expected:
        return {"forward": "pending", "statuses": statuses}
    return {"forward": "ok" if entry.forwards else "none", "statuses": statuses}
