"""Deliveries that faults hold back until their time has come."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from jebbitctl.sandbox.deliveries import DeliveryResult, OutgoingDelivery

if TYPE_CHECKING:
    from jebbitctl.sandbox.storms import DeliveryFault

BURST_INTERVAL = 2.0
"""Seconds that deliveries are collected for a burst, from the first one on."""
BURST_SIZE = 100
"""Deliveries in a burst at most."""
Pending: TypeAlias = tuple[OutgoingDelivery, Callable[[DeliveryResult], None] | None]
"""A delivery to send, and what is called with its result."""


@dataclass(slots=True, eq=False)
class _Held:
    pending: Pending
    overtaking: int
    released: bool = False


class HeldDeliveries:
    """The deliveries that are held back. The dispatcher's lock guards them."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._by_time: list[tuple[float, int, _Held]] = []
        """A heap, also of those that were released early."""
        self._reordered: dict[str, list[_Held]] = {}
        self._burst: list[Pending] = []
        self._burst_at = 0.0
        self._released: list[Pending] = []
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def add(self, pending: Pending, fault: DeliveryFault, now: float) -> None:
        """Hold a delivery back.

        Args:
            pending: the delivery.
            fault: one that holds back.
            now: on a clock that only goes on, in seconds.
        """
        self._number += 1
        if fault.name == "burst":
            self._burst_at = self._burst_at if self._burst else now + BURST_INTERVAL
            self._burst.append(pending)
            return
        held = _Held(pending, fault.overtaking)
        heapq.heappush(self._by_time, (now + fault.delay, next(self._order), held))
        if fault.overtaking:
            self._reordered.setdefault(pending[0].integration, []).append(held)

    def overtaken_by(self, sent: OutgoingDelivery) -> None:
        """Release what has waited long enough for later deliveries to the same integration."""
        waiting = self._reordered.get(sent.integration)
        if not waiting or sent.kind != "live":
            return
        for held in waiting:
            held.overtaking -= held.pending[0].number < sent.number
        for held in [held for held in waiting if held.overtaking <= 0]:
            self._release(held)

    def take_due(self, now: float) -> list[Pending]:
        """Return the deliveries whose time has come, and hold them no longer."""
        while self._by_time and (self._by_time[0][0] <= now or self._by_time[0][2].released):
            _, _, held = heapq.heappop(self._by_time)
            if not held.released:
                self._release(held)
        if self._burst and (len(self._burst) >= BURST_SIZE or now >= self._burst_at):
            self._released += self._burst
            self._burst = []
        due, self._released = self._released, []
        self._number -= len(due)
        return due

    def seconds_until_due(self, now: float) -> float | None:
        """Return how long nothing is due, None if nothing is held."""
        if self._released or len(self._burst) >= BURST_SIZE:
            return 0.0
        times = [self._by_time[0][0]] if self._by_time else []
        times += [self._burst_at] if self._burst else []
        return max(min(times) - now, 0.0) if times else None

    def all(self) -> list[Pending]:
        """Return the deliveries that are held, in no particular order."""
        timed = [held.pending for _, _, held in self._by_time if not held.released]
        return [*self._released, *timed, *self._burst]

    def _release(self, held: _Held) -> None:
        held.released = True
        self._released.append(held.pending)
        waiting = self._reordered.get(held.pending[0].integration, [])
        if held in waiting:
            waiting.remove(held)
