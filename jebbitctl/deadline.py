"""A time limit for calls that have none of their own: a slow drip over HTTP, a keyring daemon that hangs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

A_NAP = 0.5
"""Seconds that the main thread sleeps at a stretch: a Ctrl-C that comes right before it falls asleep does not
wake it, and is noticed when it wakes."""


class _Call(threading.Thread, Generic[T]):
    """One call on a thread that does not keep the process alive."""

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="deadline", daemon=True)
        self.call = call
        self.finished = threading.Event()
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self.call())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the caller waits
            self.error = error
        finally:
            self.finished.set()


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return ``call()``, waiting for it no longer than ``seconds``.

    The abandoned call goes on in a daemon thread: the caller must be about to give up what it works on.

    Raises:
        TimeoutError: it took longer.
        BaseException: whatever the call raised.
    """
    thread = _Call(call)
    thread.start()
    until = time.monotonic() + seconds
    while not thread.finished.wait(min(max(until - time.monotonic(), 0), A_NAP)):
        if time.monotonic() >= until:
            raise TimeoutError
    if thread.error is not None:
        raise thread.error
    return thread.results[0]
