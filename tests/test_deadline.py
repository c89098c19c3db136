from __future__ import annotations

import os
import threading
import time

import pytest

from jebbitctl.deadline import within
from tests.support import interrupted_unnoticed


def fail() -> None:
    raise KeyError("x")


def test_a_call_in_time_returns_what_it_returned() -> None:
    assert within(5, lambda: 42) == 42


def test_what_a_call_raises_is_raised() -> None:
    with pytest.raises(KeyError):
        within(5, fail)


def test_a_call_that_takes_too_long_is_left_behind() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.05, lambda: over.wait(30))
    assert time.monotonic() - started < 15
    over.set()


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_ctrl_c_that_wakes_nobody_is_noticed_all_the_same() -> None:
    over = threading.Event()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        within(60, lambda: over.wait(30))
    assert time.monotonic() - started < 15
    over.set()
