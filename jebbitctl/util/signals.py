"""Signals that end a command the normal way, and that wait for a piece of work."""

from __future__ import annotations

import math
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
REPEAT_SECONDS = 0.1
"""A signal so soon after another one is its repeat: ``timeout`` and some shells send each twice."""


def end_normally_on_signals() -> None:
    """Raise an exception on Ctrl-C, SIGTERM and SIGHUP, so that everything is cleaned up.

    Repeats are ignored: an exception while another one releases a lock would break the lock. So is what the
    process was started to ignore: SIGHUP with nohup, SIGINT in a shell's background jobs.
    """
    last = -math.inf

    def end(number: int, _: object) -> None:
        nonlocal last
        previous, last = last, time.monotonic()
        if last - previous < REPEAT_SECONDS:
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    for name in _NAMES:
        number = getattr(signal, name, None)  # SIGHUP is missing on Windows
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP take effect at the end of the block, which should be short.

    Outside the main thread, which receives no signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    previous = {number: signal.getsignal(number) for number in numbers}
    handled = [number for number in numbers if previous[number] not in {signal.SIG_IGN, None}]
    for number in handled:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, previous[number])
        if received:
            signal.raise_signal(received[0])
