"""Deliveries between the receiver's thread, which puts them in, and the one that takes them out."""

from __future__ import annotations

import math
import queue
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.deadline import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.receiver import Delivery

BACKLOG = 1000
"""Deliveries that wait; with more the receiver waits, too, and memory stays flat."""
_PATIENCE = 0.1


class Inbox:
    """A queue that somebody empties until it is closed."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Delivery | None] = queue.Queue(BACKLOG)
        self._closed = False

    def put(self, delivery: Delivery | None) -> None:
        """Put one in, when there is room; None is the end. Once closed, a full inbox takes no more."""
        while True:
            with suppress(queue.Full):
                return self._waiting.put(delivery, timeout=_PATIENCE)
            if self._closed:
                return None

    def coming(self, timeout: float | None = None) -> Iterator[Delivery]:
        """Yield deliveries as they come, until the end or for ``timeout`` seconds, however many wait."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                delivery = self._waiting.get(timeout=min(left, POLL_INTERVAL))
            except queue.Empty:
                continue
            if delivery is None:
                return
            yield delivery

    def close(self) -> Iterator[Delivery]:
        """Let nobody wait for room any more; return what is left, for when the receiver has ended."""
        self._closed = True
        return self._rest()

    def _rest(self) -> Iterator[Delivery]:
        with suppress(queue.Empty):
            while (delivery := self._waiting.get_nowait()) is not None:
                yield delivery
