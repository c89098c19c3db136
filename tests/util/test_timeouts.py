from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from jebbitctl.util import timeouts
from jebbitctl.util.timeouts import call_with_timeout, interrupted_after, sleep
from tests.interruptions import interrupted_unnoticed


def raise_key_error() -> None:
    raise KeyError("x")


def test_the_result_of_a_call_is_returned() -> None:
    assert call_with_timeout(5, lambda: 42) == 42


def test_the_error_of_a_call_is_raised() -> None:
    with pytest.raises(KeyError):
        call_with_timeout(5, raise_key_error)


def test_a_call_that_takes_too_long_times_out() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        call_with_timeout(0.05, lambda: over.wait(30))
    assert time.monotonic() - started < 15
    over.set()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_ctrl_c_that_does_not_wake_the_thread_is_noticed() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        call_with_timeout(60, lambda: over.wait(30))
    assert time.monotonic() - started < 15
    over.set()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_ctrl_c_that_does_not_interrupt_a_sleep_is_noticed() -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        sleep(60)


@pytest.mark.parametrize("seconds", [0.05, 0, -1])
def test_a_sleep_lasts_as_long_as_it_should(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(timeouts, "POLL_INTERVAL", 0.01)
    began = time.monotonic()
    sleep(seconds)
    assert seconds <= time.monotonic() - began < 5


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_write_that_nobody_reads_is_interrupted() -> None:
    before = signal.getsignal(signal.SIGALRM)
    reading, writing = os.pipe()
    with open(reading, "rb"), open(writing, "wb", buffering=0) as pipe:  # noqa: PTH123 - of a descriptor
        with pytest.raises(TimeoutError), interrupted_after(0.05):
            pipe.write(b"x" * 1_000_000)
        with interrupted_after(60):
            pass
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] < 60
