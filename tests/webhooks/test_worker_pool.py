from __future__ import annotations

import threading
import time

import pytest

from jebbitctl.errors import JebbitctlError
from jebbitctl.webhooks.receiving.worker_pool import WorkerPool


def test_calls_run_side_by_side_up_to_the_limit() -> None:
    together = threading.Barrier(3)
    ended: list[int] = []

    def call() -> None:
        together.wait(10)
        ended.append(1)

    pool = WorkerPool(3)
    for _ in range(6):
        pool.add(call)
    pool.close(10)
    assert len(ended) == 6


def test_adding_waits_while_the_backlog_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.worker_pool.MAX_WAITING", 2)
    release, begun = threading.Event(), threading.Event()
    ended: list[int] = []
    pool = WorkerPool(1)

    def call(number: int) -> None:
        begun.set()
        release.wait(10)
        ended.append(number)

    pool.add(lambda: call(0))
    assert begun.wait(10)
    pool.add(lambda: call(1))
    pool.add(lambda: call(2))
    adding = threading.Thread(target=lambda: pool.add(lambda: call(3)))
    adding.start()
    adding.join(0.2)
    assert adding.is_alive()
    release.set()
    adding.join(10)
    pool.close(10)
    assert ended == [0, 1, 2, 3]


def test_close_drops_calls_that_have_not_begun_in_time() -> None:
    release, begun = threading.Event(), threading.Event()
    ended: list[int] = []
    pool = WorkerPool(1)

    def call() -> None:
        begun.set()
        release.wait(10)
        ended.append(1)

    pool.add(call)
    pool.add(call)
    assert begun.wait(10)
    started = time.monotonic()
    pool.close(0.1)
    assert time.monotonic() - started < 5
    release.set()
    deadline = time.monotonic() + 10
    while any(thread.name == "forward" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert ended == [1]


def test_without_a_single_thread_adding_fails_and_nothing_is_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", refuse)
    pool = WorkerPool(1)
    with pytest.raises(JebbitctlError, match="no more threads"):
        pool.add(lambda: None)
    pool.close(0)
