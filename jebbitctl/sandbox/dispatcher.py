"""Sends deliveries from a bounded queue, and from streams that keep their order."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jebbitctl.errors import JebbitctlError
from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.deliveries import STOPPED
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.timeouts import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from jebbitctl.sandbox.deliveries import DeliveryResult, OutgoingDelivery

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
    """

    def __init__(self, on_result: Callable[[DeliveryResult], None]) -> None:
        self.certificates = SYSTEM_CERTIFICATES
        self._on_result = on_result
        self._lock = threading.Lock()
        self._not_empty = threading.Condition(self._lock)
        self._not_full = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)
        self._queue: deque[tuple[OutgoingDelivery, Callable[[DeliveryResult], None] | None]] = deque()
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
            on_result: called with its result, before the delivery counts as done.

        Raises:
            JebbitctlError: the system allows no thread to send it.
        """
        with self._lock:
            if self._closed:
                return False
            self._queue.append((delivery, on_result))
            self._start_worker()
            self._not_empty.notify()
        return True

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until the queue has room; return whether it has in time (seconds): never when this is closed.

        Never hold a lock that a delivery's endpoint could wait for.
        """
        with self._lock:
            self._not_full.wait_for(lambda: self._closed or len(self._queue) < CAPACITY, timeout)
            return not self._closed and len(self._queue) < CAPACITY

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
        """Wait until nothing is queued or under way; return whether that is so in time (seconds)."""
        with self._lock:
            return self._idle.wait_for(self._is_idle, timeout)

    def close(self) -> NotSent:
        """Send nothing more, and give what is under way a moment; return what was not sent.

        A delivery under way that has no response by then counts as not sent, but has no result yet.
        """
        with self._lock:
            self._closed = True
            dropped, streams = list(self._queue), self._streams + len(self._waiting_streams)
            self._queue.clear()
            self._waiting_streams.clear()
            self._not_empty.notify_all()
            self._not_full.notify_all()
        for delivery, on_result in dropped:
            self._tell(delivery.not_sent(STOPPED), on_result)
        with self._lock:
            self._idle.wait_for(self._is_idle, CLOSE_TIMEOUT)
            return NotSent(len(dropped) + self._under_way, streams)

    def _is_idle(self) -> bool:
        return not (self._queue or self._under_way or self._streams)

    def _start_worker(self) -> None:
        """Start a thread if there is work for one more, and the system allows it.

        Raises:
            JebbitctlError: there is not a single one.
        """
        if self._workers >= min(assumptions.concurrency(), len(self._queue) + self._under_way):
            return
        try:
            start_thread(threading.Thread(target=self._work, name="sandbox-delivery", daemon=True))
        except JebbitctlError:
            if not self._workers:
                self._queue.pop()
                raise
            return
        self._workers += 1

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._queue:
                    if self._closed:
                        return
                    self._not_empty.wait()
                delivery, on_result = self._queue.popleft()
                self._under_way += 1
                self._not_full.notify()
            try:
                self._send(delivery, on_result)
            finally:
                with self._lock:
                    self._under_way -= 1
                    self._notify_if_idle()

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
                self._send(delivery, None)

    def _send(self, delivery: OutgoingDelivery, on_result: Callable[[DeliveryResult], None] | None) -> None:
        self._tell(delivery.send(self.certificates), on_result)

    def _tell(self, result: DeliveryResult, on_result: Callable[[DeliveryResult], None] | None) -> None:
        self._on_result(result)
        if on_result:
            on_result(result)

    def _notify_if_idle(self) -> None:
        if self._is_idle():
            self._idle.notify_all()
