"""Concurrent API calls with back-pressure."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeAlias, TypeVar

from jebbitctl.errors import JebbitctlError
from jebbitctl.util.timeouts import POLL_INTERVAL, start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_IN_FLIGHT = 8
"""Default limit of calls in flight."""

WINDOW_FACTOR = 4
"""Calls submitted ahead of the consumer, for each call in flight.

With 1, workers idle whenever the oldest call is not the first to end: 1,000 calls with exponentially
distributed latencies, 2 in flight, take 30 % longer than without a limit. With 2 it is 6 %, with 4 under
1 %. A larger window would only let more calls begin while the consumer stalls.
"""

Item = TypeVar("Item")
State = TypeVar("State")
Result = TypeVar("Result")
Call: TypeAlias = tuple[Item, Future[Result]]


class ConcurrentCalls(Generic[Item, State, Result]):
    """Call a function for each item on a few threads; iterate over the finished calls in the items' order.

    Each iteration yields an item and its finished future with the result or the exception. New calls
    are submitted only when the consumer asks for the next one, so a slow consumer slows the calls down. When
    the consumer leaves the ``with`` block, no further call begins.

    The threads are daemons, so they cannot delay the end of an interrupted process, as those of a
    ``ThreadPoolExecutor`` would.

    Args:
        items: read lazily, as calls are submitted.
        make_state: makes the state of one thread, such as a client with its own connections. If it fails,
            the thread's item fails.
        call: called with the thread's state and an item.
        max_in_flight: the number of threads.
    """

    def __init__(
        self,
        items: Iterable[Item],
        make_state: Callable[[], State],
        call: Callable[[State, Item], Result],
        *,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        self._items = iter(items)
        self._make_state = make_state
        self._call = call
        self._max_in_flight = max_in_flight
        self._submitted: deque[Call[Item, Result]] = deque()
        self._queue: SimpleQueue[Call[Item, Result] | None] = SimpleQueue()
        self._workers = 0
        self._max_workers = max_in_flight

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Call[Item, Result]:
        self._fill_window()
        if not self._submitted:
            raise StopIteration
        _wait([self._submitted[0][1]])
        return self._submitted.popleft()

    def close(self) -> None:
        """Begin no further call; only those already begun can still be iterated over."""
        self._items = iter(())
        self._submitted = deque(call for call in self._submitted if not call[1].cancel())
        self._queue.put(None)

    def drain(self, timeout: float = math.inf) -> list[Call[Item, Result]]:
        """Close, and return the calls that end within ``timeout`` seconds, in the items' order."""
        self.close()
        _wait([future for _, future in self._submitted], timeout)
        return [call for call in self._submitted if call[1].done()]

    def _fill_window(self) -> None:
        while len(self._submitted) < WINDOW_FACTOR * self._max_in_flight:
            try:
                item = next(self._items)
            except StopIteration:
                return
            self._add_worker()
            future: Future[Result] = Future()
            call = item, future
            self._submitted.append(call)
            self._queue.put(call)

    def _add_worker(self) -> None:
        """Start another thread if there may be more. If the system allows none, go on with those there are.

        Raises:
            JebbitctlError: there is not a single one.
        """
        if self._workers >= self._max_workers:
            return
        try:
            start_thread(threading.Thread(target=self._work, name="concurrent-call", daemon=True))
            self._workers += 1
        except JebbitctlError:
            if not self._workers:
                raise
            self._max_workers = self._workers

    def _work(self) -> None:
        states: list[State] = []
        while call := self._queue.get():
            item, future = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                states = states or [self._make_state()]
                future.set_result(self._call(states[0], item))
            except BaseException as error:  # noqa: BLE001 - the consumer gets it from the future
                future.set_exception(error)
        self._queue.put(None)  # for the next worker


def _wait(futures: list[Future[Result]], timeout: float = math.inf) -> None:
    """Wait until all futures are done or the time is up; wake now and then to notice a Ctrl-C."""
    deadline = time.monotonic() + timeout
    while wait(futures, min(POLL_INTERVAL, max(deadline - time.monotonic(), 0))).not_done:
        if time.monotonic() >= deadline:
            return
