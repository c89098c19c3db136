"""Sends deliveries from a bounded queue, and from streams that keep their order."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jebbitctl.errors import JebbitctlError
from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.deliveries import STOPPED
from jebbitctl.sandbox.held_deliveries import HeldDeliveries
from jebbitctl.sandbox.reach import Reach
from jebbitctl.sandbox.storms import Storm
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.timeouts import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from jebbitctl.sandbox.deliveries import DeliveryResult, OutgoingDelivery
    from jebbitctl.sandbox.held_deliveries import Pending

    _Stream: TypeAlias = Generator[OutgoingDelivery | None, None, None]

CAPACITY = 1000
"""With as many deliveries in the queue, :meth:`Dispatcher.wait_for_room` waits."""
CLOSE_TIMEOUT = 1.0
"""Seconds that deliveries under way get at the end."""


class NotSent(NamedTuple):
    """What was stopped at the end.

    Attributes:
        deliveries: queued, or under way without a response.
        streams: that had not come to their end.
    """

    deliveries: int
    streams: int


class Dispatcher:
    """Sends deliveries on a few threads, which begin with the first delivery.

    Args:
        on_result: called with each result, from several threads.

    Attributes:
        certificates: what https endpoints are verified against.
        reach: where deliveries may go to.
        storm: the faults of deliveries.
    """

    def __init__(self, on_result: Callable[[DeliveryResult], None]) -> None:
        self.certificates = SYSTEM_CERTIFICATES
        self.reach = Reach()
        self.storm = Storm()
        self._on_result = on_result
        self._lock = threading.Lock()
        self._not_empty = threading.Condition(self._lock)
        self._not_full = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)
        self._queue: deque[Pending] = deque()
        self._held = HeldDeliveries()
        self._under_way = 0
        self._streams = 0
        self._waiting_streams: deque[_Stream] = deque()
        self._workers = 0
        self._closed = False

    def submit(
        self, delivery: OutgoingDelivery, on_result: Callable[[DeliveryResult], None] | None = None
    ) -> bool:
        """Queue a delivery, even if there is no room; return whether it will be sent: not when it is closed.

        Args:
            delivery: to send.
            on_result: called with its result, before the delivery counts as done; for one that is sent twice,
                with the second result before, so that the first comes when both are known.

        Raises:
            JebbitctlError: the system allows no thread to send it.
        """
        fault = self.storm.fault_of(delivery)
        delivery = replace(delivery, fault=fault.name) if fault else delivery
        with self._lock:
            if self._closed:
                return False
            self._start_worker()
            if fault and fault.holds_back:
                self._held.add((delivery, on_result), fault, time.monotonic())
            else:
                self._queue.append((delivery, on_result))
            self._not_empty.notify()
        return True

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until the queue has room; return whether it has in time (seconds): never when this is closed.

        Never hold a lock that a delivery's endpoint could wait for.
        """
        with self._lock:
            self._not_full.wait_for(lambda: self._closed or self._has_room(), timeout)
            return not self._closed and self._has_room()

    def send_now(self, delivery: OutgoingDelivery) -> None:
        """Send a delivery that has no fault, and wait for its result."""
        self._on_result(self.reach.aim(delivery).send(self.certificates))

    def stream(self, deliveries: _Stream) -> None:
        """Send deliveries on a thread of their own, each after the one before; None is nothing to send.

        It waits for its turn while there are many streams. The generator is closed at the end, also when this
        is closed before its last delivery.

        Raises:
            JebbitctlError: the system allows no more threads.
        """
        thread = threading.Thread(target=self._follow, args=(deliveries,), name="sandbox-stream", daemon=True)
        with self._lock:
            if self._streams >= assumptions.backfills_at_once():
                self._waiting_streams.append(deliveries)
                return
            start_thread(thread)
            self._streams += 1

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing is queued, held back or under way; return whether it is in time (seconds)."""
        with self._lock:
            return self._idle.wait_for(self._is_idle, timeout)

    def close(self) -> NotSent:
        """Send no more, and wait shortly for deliveries under way; return how many were not sent.

        A delivery under way that has no response by then counts as not sent, but has no result yet.
        """
        with self._lock:
            self._closed = True
            dropped = [*self._queue, *self._held.all()]
            streams = self._streams + len(self._waiting_streams)
            self._queue.clear()
            self._held = HeldDeliveries()
            self._waiting_streams.clear()
            self._not_empty.notify_all()
            self._not_full.notify_all()
        for delivery, on_result in dropped:
            self._tell(delivery.not_sent(STOPPED), on_result)
        with self._lock:
            self._idle.wait_for(self._is_idle, CLOSE_TIMEOUT)
            return NotSent(len(dropped) + self._under_way, streams)

    def _has_room(self) -> bool:
        return len(self._queue) + len(self._held) < CAPACITY

    def _is_idle(self) -> bool:
        return not (self._queue or self._held or self._under_way or self._streams)

    def _start_worker(self) -> None:
        """Start a thread if there is work for one more, and the system allows it.

        Raises:
            JebbitctlError: there is not a single one.
        """
        work = len(self._queue) + len(self._held) + self._under_way + 1
        if self._workers >= min(assumptions.concurrency(), work):
            return
        try:
            start_thread(threading.Thread(target=self._work, name="sandbox-delivery", daemon=True))
        except JebbitctlError:
            if not self._workers:
                raise
            return
        self._workers += 1

    def _work(self) -> None:
        while pending := self._next():
            has_failed = True
            try:
                self._send(*pending)
                has_failed = False
            finally:
                with self._lock:
                    self._under_way -= 1
                    self._held.overtaken_by(pending[0])
                    self._notify_if_idle()
                    if has_failed:  # whoever gets the results raised an error, which ends this thread
                        self._workers -= 1
                        self._start_worker()

    def _next(self) -> Pending | None:
        """Wait for a delivery and return it, None at the end."""
        with self._lock:
            while True:
                now = time.monotonic()
                if due := self._held.take_due(now):
                    self._queue.extend(due)
                    self._not_empty.notify_all()
                if self._queue:
                    break
                if self._closed:
                    return None
                self._not_empty.wait(self._held.seconds_until_due(now))
            self._under_way += 1
            self._not_full.notify()
            return self._queue.popleft()

    def _follow(self, stream: _Stream | None) -> None:
        """Send the deliveries of a stream, then those of streams that wait."""
        while stream is not None:
            try:
                with closing(stream):
                    self._send_all(stream)
            finally:
                with self._lock:
                    stream = self._waiting_streams.popleft() if self._waiting_streams else None
                    if stream is None:
                        self._streams -= 1
                        self._notify_if_idle()

    def _send_all(self, stream: _Stream) -> None:
        for delivery in stream:
            if self._closed:
                return
            if delivery is not None:
                fault = self.storm.fault_of(delivery)
                self._send(replace(delivery, fault=fault.name) if fault else delivery, None)

    def _send(self, delivery: OutgoingDelivery, on_result: Callable[[DeliveryResult], None] | None) -> None:
        delivery = self.reach.aim(delivery)
        twice = delivery.signed() if delivery.fault == "duplicate" else None
        results: list[DeliveryResult] = []
        try:
            for request in [replace(twice, fault=None), twice] if twice else [delivery]:
                results.append(request.send(self.certificates))
                self._on_result(results[-1])
        finally:
            for result in reversed(results):  # the duplicate's first: with the other, the delivery has ended
                if on_result:
                    on_result(result)

    def _tell(self, result: DeliveryResult, on_result: Callable[[DeliveryResult], None] | None) -> None:
        try:
            self._on_result(result)
        finally:
            if on_result:
                on_result(result)

    def _notify_if_idle(self) -> None:
        if self._is_idle():
            self._idle.notify_all()
