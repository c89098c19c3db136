"""A bounded queue of events between the receiver's threads and the main thread."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.receiving.events import Event

MAX_QUEUED = 1000
"""While this many events are queued, the receiver waits; memory use stays bounded."""
_BATCH_INTERVAL = 0.1
"""Seconds between batches. A consumer that wakes up for each event halves the receiver's speed."""


class EventQueue:
    """Hands events to a consumer."""

    def __init__(self) -> None:
        self._queued: deque[Event] = deque()
        self._ended = False
        self._closed = False
        self._changed = threading.Condition()

    def put(self, event: Event) -> None:
        """Add an event. Waits while the queue is full, unless it is closed: then, few still come."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._queued) < MAX_QUEUED or self._closed)
            self._queued.append(event)
            if len(self._queued) == 1:
                self._changed.notify_all()

    def end(self) -> None:
        """Let :meth:`events` end after the events that are in the queue."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Yield events as they arrive, until :meth:`end` or for ``timeout`` seconds.

        The first event is yielded at once; later ones may be up to a tenth of a second late. The timeout
        holds even while events are queued; what was not yielded remains in the queue.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while (remaining := deadline - time.monotonic()) > 0:
            with self._changed:
                self._changed.wait_for(lambda: self._queued or self._ended, min(remaining, POLL_INTERVAL))
                if self._ended and not self._queued:
                    return
            while time.monotonic() < deadline and (event := self._next()):
                yield event
            time.sleep(max(0, min(_BATCH_INTERVAL, deadline - time.monotonic())))

    def close(self) -> None:
        """Stop ``put`` from waiting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def remaining(self) -> Iterator[Event]:
        """Yield the events in the queue."""
        while event := self._next():
            yield event

    def _next(self) -> Event | None:
        with self._changed:
            if not self._queued:
                return None
            if len(self._queued) >= MAX_QUEUED:
                self._changed.notify_all()
            return self._queued.popleft()
