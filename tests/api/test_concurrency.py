"""``ConcurrentCalls``: order, bounds, back-pressure, and what happens when the consumer stops."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api.concurrency import MAX_IN_FLIGHT, WINDOW_FACTOR, ConcurrentCalls
from tests.interruptions import interrupted_unnoticed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SETTLING_TIME = 0.2
"""Seconds in which idle workers would begin any call that they are free to begin."""


class Calls:
    """A function that records its calls, and waits while it is held."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.released = threading.Event()
        self.released.set()
        self._lock = threading.Lock()

    def __call__(self, _: object, item: int) -> int:
        with self._lock:
            self.begun.append(item)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.released.wait(20)
        with self._lock:
            self.in_flight -= 1
        return item

    def hold(self) -> None:
        self.released.clear()

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` calls have begun."""
        deadline = time.monotonic() + 20
        while len(self.begun) < count:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def release_after(self, count: int) -> None:
        """Release the calls when ``count`` have begun and no further one does."""
        self.wait_for(count)
        time.sleep(SETTLING_TIME)
        self.released.set()


def run(
    items: Iterable[int], call: Callable[[object, int], int], *, max_in_flight: int = 2
) -> ConcurrentCalls[int, object, int]:
    return ConcurrentCalls(items, object, call, max_in_flight=max_in_flight)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "concurrent-call"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from([0, 0.001, 0.003]), max_size=30), st.integers(1, 4), st.data())
def test_results_and_errors_come_in_the_items_order_whatever_the_delays(
    delays: list[float], max_in_flight: int, data: st.DataObject
) -> None:
    failing = data.draw(st.sets(st.integers(0, 30)))

    def call(_: object, item: int) -> int:
        time.sleep(delays[item])
        if item in failing:
            raise ValueError(item)
        return -item

    with run(range(len(delays)), call, max_in_flight=max_in_flight) as calls:
        found = [(item, future.exception() is not None or future.result() == -item) for item, future in calls]
    assert found == [(item, True) for item in range(len(delays))]


def test_an_error_fails_only_its_own_item() -> None:
    def call(_: object, item: int) -> int:
        if item == 1:
            raise OSError
        return item

    with run(range(4), call) as calls:
        errors = [type(future.exception()) for _, future in calls]
    assert errors == [type(None), OSError, type(None), type(None)]


def test_calls_in_flight_are_bounded() -> None:
    calls = Calls()
    calls.hold()
    with run(range(40), calls, max_in_flight=MAX_IN_FLIGHT) as running:
        threading.Thread(target=calls.release_after, args=(MAX_IN_FLIGHT,)).start()
        assert [item for item, _ in running] == list(range(40))
    assert calls.most_in_flight == MAX_IN_FLIGHT


@pytest.mark.parametrize("consumed", [1, 5])
def test_a_stalled_consumer_stalls_the_calls(consumed: int) -> None:
    calls = Calls()
    window = WINDOW_FACTOR * 2
    with run(range(200), calls) as running:
        for _ in range(consumed):
            next(running)
        calls.wait_for(consumed - 1 + window)
        time.sleep(SETTLING_TIME)
        assert len(calls.begun) == consumed - 1 + window


def test_items_are_read_as_calls_are_submitted() -> None:
    items = iter(range(200))
    with run(items, Calls()) as running:
        next(running)
        assert next(items) == WINDOW_FACTOR * 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, None])
def test_no_call_begins_after_the_consumer_stops(error: type[BaseException] | None) -> None:
    calls = Calls()

    def consume() -> None:
        with run(range(200), calls) as running:
            next(running)
            calls.wait_for(WINDOW_FACTOR * 2)
            calls.hold()
            next(running)
            calls.wait_for(WINDOW_FACTOR * 2 + 1)
            if error is not None:
                raise error

    with suppress(KeyboardInterrupt, ValueError):
        consume()
    begun = len(calls.begun)
    calls.released.set()
    time.sleep(SETTLING_TIME)
    assert len(calls.begun) == begun


def test_queued_calls_are_cancelled_when_the_consumer_stops() -> None:
    calls = Calls()
    calls.hold()
    with run(range(200), calls) as running, pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        next(running)
    calls.released.set()
    time.sleep(SETTLING_TIME)
    assert calls.begun == [0, 1]


def test_only_calls_that_have_begun_are_yielded_after_close() -> None:
    calls = Calls()
    with run(range(200), calls) as running:
        next(running)
        calls.wait_for(WINDOW_FACTOR * 2)
        running.close()
        assert [item for item, _ in running] == list(range(1, WINDOW_FACTOR * 2))


def test_the_workers_end_with_the_block() -> None:
    before = set(workers())
    with run(range(20), Calls(), max_in_flight=4) as running:
        next(running)
        assert len(set(workers()) - before) == 4
        assert all(worker.daemon for worker in workers())
    for worker in set(workers()) - before:
        worker.join(20)
    assert set(workers()) <= before


def test_drain_returns_the_calls_under_way() -> None:
    calls = Calls()

    def hold_all_but_the_first(state: object, item: int) -> int:
        return calls(state, item) if item else 0

    calls.hold()
    with run(range(200), hold_all_but_the_first) as running:
        next(running)
        calls.wait_for(2)
        threading.Thread(target=calls.release_after, args=(2,)).start()
        assert [future.result() for _, future in running.drain()] == [1, 2]
    assert sorted(calls.begun) == [1, 2]


def test_drain_leaves_out_calls_that_take_longer_than_the_timeout() -> None:
    released = threading.Event()

    def call(_: object, item: int) -> int:
        if item == 0:
            released.wait(20)
        return item

    with run(range(2), call) as running:
        with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
            next(running)
        began = time.monotonic()
        assert [item for item, _ in running.drain(0.1)] == [1]
        assert time.monotonic() - began < 10
    released.set()


def test_a_state_that_cannot_be_made_fails_each_item() -> None:
    def broken() -> object:
        raise OSError

    with ConcurrentCalls(range(3), broken, lambda _, item: item) as calls:
        assert [type(future.exception()) for _, future in calls] == [OSError] * 3


def test_each_worker_makes_one_state_and_keeps_it() -> None:
    states: list[object] = []

    def make_state() -> object:
        states.append(object())
        return states[-1]

    with ConcurrentCalls(range(100), make_state, lambda state, _: state, max_in_flight=3) as calls:
        used = {future.result() for _, future in calls}
    assert used <= set(states)
    assert len(states) <= 3


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_wait_notices_a_ctrl_c_that_does_not_wake_it() -> None:
    calls = Calls()
    calls.hold()
    with run([0], calls) as running:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
            next(running)
        assert time.monotonic() - began < 15
    calls.released.set()
