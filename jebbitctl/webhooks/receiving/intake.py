"""What is done with a delivery: it is announced, forwarded, recorded and answered, in the right order."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.errors import JebbitctlError
from jebbitctl.webhooks.delivery import NOT_ANSWERED, ForwardOutcome
from jebbitctl.webhooks.receiving.events import Arrived, Forwarded
from jebbitctl.webhooks.receiving.webhook_server import Answer
from jebbitctl.webhooks.receiving.worker_pool import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.receiving.events import Feed
    from jebbitctl.webhooks.receiving.forwarding import Forwarder
    from jebbitctl.webhooks.recordings.recorder import Recorder

MAX_FORWARDS = 20
"""How many deliveries are forwarded at a time."""
NO_RESPONSE_BEFORE_END = "no response before listen ended"
_TOO_LATE = Answer(HTTPStatus.BAD_GATEWAY.value, b"not forwarded: the receiver has ended\n")


@dataclass(slots=True)
class _Pending:
    """A delivery that is being forwarded.

    Attributes:
        number: counts the deliveries.
        delivery: the delivery.
        outcomes: one for each URL; None until it is known.
        started: when sending it to URLs began, by their positions.
        claimed: whether somebody has begun to record it.
        recorded: whether its line in the recording says that the outcomes will follow.
    """

    number: int
    delivery: Delivery
    outcomes: list[ForwardOutcome | None]
    started: dict[int, float] = field(default_factory=dict)
    claimed: bool = False
    recorded: bool = False


class Intake:
    """Handles deliveries; safe to call from several threads.

    A delivery is recorded before it is answered. Without ``ack``, the answer to a valid one is that of the
    first URL; it is forwarded to the other ones meanwhile. With ``ack``, it is answered before it is
    forwarded.

    Args:
        feed: told of each event.
        recorder: None to record nothing.
        forwarders: one for each URL.
        ack: answer before forwarding.
        on_failure: called when something cannot be recorded.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        recorder: Recorder | None = None,
        forwarders: Sequence[Forwarder] = (),
        ack: bool = False,
        on_failure: Callable[[JebbitctlError], None] = lambda _: None,
    ) -> None:
        self._feed = feed
        self._recorder = recorder
        self._forwarders = forwarders
        self._ack = ack
        self._on_failure = on_failure
        self._numbers = itertools.count(1)  # next() on it is atomic
        self._pool = WorkerPool(MAX_FORWARDS)
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}

    def handle(self, delivery: Delivery) -> Answer | None:
        """Handle a delivery; return the answer if it is not the usual one.

        Raises:
            JebbitctlError: it cannot be recorded.
        """
        number = next(self._numbers)
        if not self._forwarders or not delivery.verification.valid:
            self._record(delivery)
            self._feed.publish(Arrived(number, delivery))
            return None
        pending = _Pending(number, delivery, [None] * len(self._forwarders))
        if not self._ack:
            return self._pass_on(pending)
        self._acknowledge(pending)
        return None

    @property
    def outstanding(self) -> int:
        """The number of forwards, of deliveries to URLs, that are under way or wait."""
        return sum(pending.outcomes.count(None) for pending in list(self._pending.values()))

    def wait(self, timeout: float) -> None:
        """Wait until all deliveries are forwarded, at most ``timeout`` seconds. No further one may come."""
        self._pool.close(timeout)

    def abandon(self) -> None:
        """Give up on the deliveries that are not forwarded yet, and record those that wait for an answer."""
        self._pool.close(0)
        for pending in list(self._pending.values()):
            if self._claim(pending):
                pending.delivery = replace(pending.delivery, status=NOT_ANSWERED)
                with suppress(JebbitctlError):  # on_failure knows
                    self._record_pending(pending)
            for position, forwarder in enumerate(self._forwarders):
                self._settle(pending, position, _abandoned(forwarder.url, pending.started.get(position)))

    def _acknowledge(self, pending: _Pending) -> None:
        self._claim(pending)
        self._record_pending(pending)
        self._register(pending)
        self._feed.publish(Arrived(pending.number, pending.delivery))
        self._forward_later(pending, range(len(self._forwarders)))

    def _pass_on(self, pending: _Pending) -> Answer:
        """Forward a delivery to all URLs; wait for the first one, and return its answer."""
        self._register(pending)
        self._feed.publish(Arrived(pending.number, pending.delivery, answered=False))
        self._forward_later(pending, range(1, len(self._forwarders)))
        pending.started[0] = time.perf_counter()
        outcome, answer = self._forwarders[0].forward(pending.delivery)
        if not self._claim(pending):
            return _TOO_LATE
        pending.delivery = replace(pending.delivery, status=answer.status)
        sent = HTTPStatus.INTERNAL_SERVER_ERROR.value  # if it cannot be recorded
        try:
            if len(self._forwarders) == 1:
                self._record(pending.delivery, (outcome,))
            else:
                self._record_pending(pending)
            sent = answer.status
        finally:
            self._settle(pending, 0, outcome, sent)
        return answer

    def _claim(self, pending: _Pending) -> bool:
        """Whether the caller is to record a delivery, and not another thread."""
        with self._lock:
            claimed, pending.claimed = pending.claimed, True
        return not claimed

    def _register(self, pending: _Pending) -> None:
        with self._lock:
            self._pending[pending.number] = pending

    def _forward_later(self, pending: _Pending, positions: range) -> None:
        for position in positions:
            self._pool.add(partial(self._forward, pending, position))

    def _forward(self, pending: _Pending, position: int) -> None:
        pending.started[position] = time.perf_counter()
        outcome, _ = self._forwarders[position].forward(pending.delivery)
        self._settle(pending, position, outcome)

    def _settle(
        self, pending: _Pending, position: int, outcome: ForwardOutcome, answer: int | None = None
    ) -> None:
        """Publish an outcome, unless there is one already, and record all of them with the last one."""
        with self._lock:
            if pending.outcomes[position] is not None:
                return
            pending.outcomes[position] = outcome
            known = [one for one in pending.outcomes if one is not None]
            if complete := len(known) == len(pending.outcomes):
                del self._pending[pending.number]
        if complete and pending.recorded and self._recorder:
            try:
                self._recorder.append_forwards(pending.delivery.id, known)
            except JebbitctlError as error:
                self._on_failure(error)
        self._feed.publish(Forwarded(pending.number, pending.delivery, outcome, answer))

    def _record_pending(self, pending: _Pending) -> None:
        """Record a delivery whose outcomes will follow.

        Raises:
            JebbitctlError: that failed; the delivery is not forwarded then.
        """
        self._record(pending.delivery, None)
        pending.recorded = True

    def _record(self, delivery: Delivery, forwards: Sequence[ForwardOutcome] | None = ()) -> None:
        """Record a delivery, if there is a recording.

        Raises:
            JebbitctlError: that failed.
        """
        if self._recorder is None:
            return
        try:
            self._recorder.append(delivery, forwards)
        except JebbitctlError as error:
            self._on_failure(error)
            raise


def _abandoned(url: str, started: float | None) -> ForwardOutcome:
    """Return the outcome of a forward that listen did not wait for."""
    if started is None:
        return ForwardOutcome(url, None, 0.0, error="not sent before listen ended", attempts=0)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    return ForwardOutcome(url, None, milliseconds, error=NO_RESPONSE_BEFORE_END)
