"""A bounded queue of deliveries between the receiver's thread and the main thread."""

from __future__ import annotations

import math
import queue
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.receiver import Delivery

MAX_QUEUED = 1000
"""While this many deliveries are queued, the receiver waits; memory use stays bounded."""
_PUT_TIMEOUT = 0.1
_BATCH_INTERVAL = 0.1
"""Seconds between batches. A consumer that wakes up for each delivery halves the receiver's speed."""


class DeliveryQueue:
    """Hands deliveries from the receiver to a consumer until it is closed."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Delivery | None] = queue.Queue(MAX_QUEUED)
        self._closed = False

    def put(self, delivery: Delivery | None) -> None:
        """Add a delivery, or None to mark the end.

        Waits while the queue is full. Once the queue is closed, a full queue drops the delivery instead.
        """
        while True:
            with suppress(queue.Full):
                return self._queue.put(delivery, timeout=_PUT_TIMEOUT)
            if self._closed:
                return None

    def deliveries(self, timeout: float | None = None) -> Iterator[Delivery]:
        """Yield deliveries as they arrive, until the end mark or for ``timeout`` seconds.

        The first delivery is yielded at once; later ones may be up to a tenth of a second late. The
        timeout holds even while deliveries are queued.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                delivery = self._queue.get(timeout=min(remaining, POLL_INTERVAL))
            except queue.Empty:
                continue
            if delivery is None:
                return
            yield delivery
            if self._queue.empty():
                time.sleep(_BATCH_INTERVAL)

    def close(self) -> None:
        """Stop ``put`` from waiting."""
        self._closed = True

    def remaining(self) -> Iterator[Delivery]:
        """Yield the deliveries in the queue. Read them after the receiver has stopped."""
        with suppress(queue.Empty):
            while (delivery := self._queue.get_nowait()) is not None:
                yield delivery
