"""Concurrent calls, of which no more than a given number begin per second."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeAlias, TypeVar

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util.timeouts import POLL_INTERVAL, start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")
_Ended: TypeAlias = BaseException | None
"""Why a worker ended: an exception to raise, or nothing."""


class RateLimitedCalls(Generic[Item, Result]):
    """Call a function for each item on a few threads; iterate over items and results as they finish.

    Use it in a ``with`` block: at its end no further call begins. Calls under way continue on daemon threads,
    which do not delay the end of the process. An exception of a call is raised by the iteration.

    ``begun`` is the number of calls that have begun and raised no exception; none begins after :meth:`stop`.
    What must be counted without fail is best counted by the call itself: a signal may interrupt the iteration
    anywhere.

    Args:
        items: read one at a time, when a thread is free.
        call: called on several threads.
        concurrency: the number of threads, at least 1.
        rate: the maximum number of calls per second, never exceeded to catch up; None: no limit.

    Raises:
        UsageError: the rate is not positive.
    """

    def __init__(
        self,
        items: Iterable[Item],
        call: Callable[[Item], Result],
        *,
        concurrency: int = 1,
        rate: float | None = None,
    ) -> None:
        if rate is not None and not rate > 0:  # also rejects nan
            raise UsageError("the rate must be more than 0 per second")
        self.begun = 0
        self._items = iter(items)
        self._call = call
        self._concurrency = concurrency
        self._interval = 0.0 if rate is None else 1 / rate
        self._due = 0.0
        self._turn = threading.Lock()
        self._stopped = threading.Event()
        self._results: SimpleQueue[tuple[Item, Result] | _Ended] = SimpleQueue()
        self._workers: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __iter__(self) -> Iterator[tuple[Item, Result]]:
        self._start()
        ended = 0
        while ended < len(self._workers):
            try:
                result = self._results.get(timeout=POLL_INTERVAL)
            except Empty:
                continue
            if isinstance(result, tuple):
                yield result
            elif result is None:
                ended += 1
            else:
                raise result

    def stop(self, grace: float = 0.0) -> None:
        """Begin no further call, and wait up to ``grace`` seconds for those under way."""
        self._stopped.set()
        if self._turn.acquire(timeout=POLL_INTERVAL):  # a call that has just been let in is counted now
            self._turn.release()  # otherwise a thread waits for the next item, whose call will not begin
        deadline = time.monotonic() + grace
        for worker in self._workers:
            while worker.is_alive() and (left := deadline - time.monotonic()) > 0:
                worker.join(min(left, POLL_INTERVAL))

    def _start(self) -> None:
        """Start the threads. If the system allows fewer, go on with those.

        Raises:
            JebbitctlError: there is not a single one.
        """
        for _ in range(self._concurrency):
            worker = threading.Thread(target=self._work, name="concurrent-call", daemon=True)
            try:
                start_thread(worker)
            except JebbitctlError:
                if not self._workers:
                    raise
                return
            self._workers.append(worker)

    def _work(self) -> None:
        ended: _Ended = None
        try:
            for item in self._turns():
                self._results.put((item, self._run(item)))
        except BaseException as error:  # noqa: BLE001 - raised again by the iteration
            ended = error
        self._results.put(ended)

    def _run(self, item: Item) -> Result:
        try:
            return self._call(item)
        except BaseException:
            with self._turn:
                self.begun -= 1
            raise

    def _turns(self) -> Iterator[Item]:
        """Yield items, each when its call may begin. One thread at a time waits for that."""
        while True:
            with self._turn:
                try:
                    item = next(self._items)
                except StopIteration:
                    return
                self._wait_until_due()
                if self._stopped.is_set():
                    return
                self.begun += 1
            yield item

    def _wait_until_due(self) -> None:
        now = time.monotonic()
        while (left := self._due - time.monotonic()) > 0:
            if self._stopped.wait(min(left, POLL_INTERVAL)):
                return
        self._due = max(self._due, now) + self._interval
