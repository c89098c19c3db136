"""Calls on a few threads, with a bounded backlog."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError
from jebbitctl.util.timeouts import start_thread

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WAITING = 1000
"""While this many calls wait, adding another one waits, too; memory use stays bounded."""
_CLOSE_INTERVAL = 0.02


class WorkerPool:
    """Makes calls side by side, in the order in which they were added.

    The threads are daemons, so they cannot delay the end of an interrupted process.

    Args:
        threads: the maximum number of calls at a time.
    """

    def __init__(self, threads: int) -> None:
        self._max_threads = threads
        self._threads = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._running = 0
        self._closed = False
        lock = threading.Lock()
        self._added = threading.Condition(lock)
        self._removed = threading.Condition(lock)

    def add(self, call: Callable[[], None]) -> None:
        """Add a call, which must not raise. While the backlog is full, wait.

        Raises:
            JebbitctlError: the system allows not a single thread.
        """
        with self._removed:
            self._removed.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._closed)
            self._waiting.append(call)
            if self._threads < min(self._max_threads, self._running + len(self._waiting)):
                self._add_thread()
            self._added.notify()

    def close(self, timeout: float) -> None:
        """Wait until all calls have returned, at most for ``timeout`` seconds, and drop those left."""
        deadline = time.monotonic() + timeout
        with self._added:
            self._closed = True
            self._added.notify_all()
            self._removed.notify_all()
        while (self._waiting or self._running) and time.monotonic() < deadline:
            time.sleep(_CLOSE_INTERVAL)
        with self._added:
            self._waiting.clear()

    def _add_thread(self) -> None:
        try:
            start_thread(threading.Thread(target=self._work, name="forward", daemon=True))
        except JebbitctlError:
            if not self._threads:
                self._waiting.pop()
                raise
        else:
            self._threads += 1

    def _work(self) -> None:
        while True:
            with self._added:
                self._added.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                call = self._waiting.popleft()
                self._running += 1
                self._removed.notify()
            try:
                call()
            finally:
                with self._added:
                    self._running -= 1
