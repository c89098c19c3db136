from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util import rate_limited_calls
from jebbitctl.util.rate_limited_calls import RateLimitedCalls
from tests.interruptions import interrupted_unnoticed

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gate:
    """A function that waits until it is opened for an item, and records the items and its users."""

    def __init__(self, *items: int) -> None:
        self.opened = {item: threading.Event() for item in items}
        self.begun: list[int] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()

    def __call__(self, item: int) -> int:
        with self._lock:
            self.begun.append(item)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if item in self.opened:
            assert self.opened[item].wait(20)
        with self._lock:
            self.in_flight -= 1
        return -item

    def open(self, *items: int) -> None:
        for item in items or self.opened:
            self.opened[item].set()

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` calls have begun."""
        deadline = time.monotonic() + 20
        while len(self.begun) < count:
            assert time.monotonic() < deadline
            time.sleep(0.002)


@pytest.mark.parametrize("concurrency", [1, 3, 100])
def test_each_item_is_called_once_whatever_the_concurrency(concurrency: int) -> None:
    gate = Gate()
    with RateLimitedCalls(range(50), gate, concurrency=concurrency) as calls:
        results = list(calls)
    assert sorted(results) == [(item, -item) for item in range(50)]
    assert sorted(gate.begun) == list(range(50))
    assert calls.begun == 50


def test_calls_one_after_the_other_keep_the_order() -> None:
    with RateLimitedCalls([3, 1, 2], str) as calls:
        assert list(calls) == [(3, "3"), (1, "1"), (2, "2")]


def test_no_items_are_no_results() -> None:
    nothing: list[int] = []
    with RateLimitedCalls(nothing, str, concurrency=2, rate=1) as calls:
        assert list(calls) == []


def test_results_come_in_the_order_of_completion() -> None:
    gate = Gate(0, 1, 2)
    with RateLimitedCalls(range(3), gate, concurrency=3) as calls:
        results = iter(calls)
        order = []
        for item in (2, 0, 1):
            gate.open(item)
            order.append(next(results))
    assert order == [(2, -2), (0, 0), (1, -1)]


def test_as_many_calls_as_allowed_are_under_way_and_no_more() -> None:
    gate = Gate(*range(12))

    def open_when_full() -> None:
        for count in (4, 8, 12):
            gate.wait_for(count)
            time.sleep(0.05)
            gate.open(*range(count - 4, count))

    opener = threading.Thread(target=open_when_full)
    opener.start()
    with RateLimitedCalls(range(12), gate, concurrency=4) as calls:
        assert len(list(calls)) == 12
    opener.join()
    assert gate.most_in_flight == 4


def test_items_are_read_when_a_thread_is_free() -> None:
    gate = Gate(1)
    items = iter(range(10))
    with RateLimitedCalls(items, gate) as calls:
        assert next(iter(calls)) == (0, 0)
        gate.wait_for(2)
        assert next(items) == 2
        gate.open()


@pytest.mark.parametrize("concurrency", [1, 4])
def test_calls_side_by_side_do_not_exceed_the_rate(concurrency: int) -> None:
    begun: list[float] = []

    def call(item: int) -> None:
        begun.append(time.monotonic())
        if item == 1:
            time.sleep(0.1)

    started = time.monotonic()
    with RateLimitedCalls(range(8), call, concurrency=concurrency, rate=50) as calls:
        assert len(list(calls)) == 8
    assert begun[-1] - started >= 7 / 50
    if concurrency == 1:  # nothing is caught up after the slow call
        assert begun[-1] - begun[2] >= 4 / 50


def test_without_a_rate_nothing_waits() -> None:
    started = time.monotonic()
    with RateLimitedCalls(range(1000), str) as calls:
        assert len(list(calls)) == 1000
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        RateLimitedCalls([1], str, rate=rate)


@pytest.mark.parametrize("rate", [math.inf, 1e300])
def test_a_high_rate_is_no_limit(rate: float) -> None:
    with RateLimitedCalls(range(3), str, rate=rate) as calls:
        assert len(list(calls)) == 3


def test_nothing_begins_after_stop_however_long_the_next_turn_would_take() -> None:
    gate = Gate()
    with RateLimitedCalls(range(10), gate, concurrency=3, rate=1e-300) as calls:
        assert next(iter(calls)) == (0, 0)
        calls.stop(20)
        assert calls.begun == len(gate.begun) == 1


def test_stop_waits_for_calls_under_way_up_to_the_grace() -> None:
    gate = Gate(0, 1)
    with RateLimitedCalls(range(10), gate, concurrency=2) as calls:
        with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
            next(iter(calls))
        calls.stop(0.01)
        assert (calls.begun, gate.in_flight) == (2, 2)
        gate.open()
        calls.stop(20)
    assert (calls.begun, gate.in_flight, sorted(gate.begun)) == (2, 0, [0, 1])


def test_leaving_the_block_stops_the_calls() -> None:
    gate = Gate(1)
    with RateLimitedCalls(range(10), gate) as calls:
        next(iter(calls))
        gate.wait_for(2)
        workers = [thread for thread in threading.enumerate() if thread.name == "concurrent-call"]
    gate.open()
    for worker in workers:
        worker.join(20)
    assert (len(workers), gate.begun) == (1, [0, 1])


def test_an_exception_of_a_call_is_raised_and_the_call_is_not_counted() -> None:
    def call(item: int) -> int:
        if item == 2:
            raise JebbitctlError("no more threads")
        return item

    with RateLimitedCalls(range(9), call) as calls, pytest.raises(JebbitctlError, match="no more threads"):
        list(calls)
    assert calls.begun == 2


def test_an_exception_of_the_items_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise UsageError("not a recording")

    with (
        RateLimitedCalls(items(), str, concurrency=2) as calls,
        pytest.raises(UsageError, match="not a recording"),
    ):
        list(calls)
    assert calls.begun == 1


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_fewer_threads_do_the_work_if_the_system_allows_no_more(
    allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        if len(started) == allowed:
            raise JebbitctlError("the system allows no more threads")
        started.append(thread)
        thread.start()

    monkeypatch.setattr(rate_limited_calls, "start_thread", start)
    with RateLimitedCalls(range(9), str, concurrency=3) as calls:
        if allowed:
            assert len(list(calls)) == 9
        else:
            with pytest.raises(JebbitctlError, match="no more threads"):
                list(calls)
    assert len(started) == allowed
