"""Waits that notice every signal, and a timeout for calls that have none of their own, such as a keyring."""

from __future__ import annotations

import errno
import math
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

POLL_INTERVAL = 0.5
"""Seconds that the main thread blocks at a time.

A signal that arrives just before the thread blocks, or at another thread, does not wake it; it is noticed
at the next poll.
"""


class _Call(threading.Thread, Generic[T]):
    """Runs a call on a daemon thread, which does not keep the process alive."""

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(name="call_with_timeout", daemon=True)
        self.call = call
        self.finished = threading.Event()
        self.results: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.results.append(self.call())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self.error = error
        finally:
            self.finished.set()


def sleep(seconds: float) -> None:
    """Sleep; unlike in one long ``time.sleep``, no signal is missed."""
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        time.sleep(min(remaining, POLL_INTERVAL))


def wait(event: threading.Event, seconds: float) -> bool:
    """Wait for an event; return whether it is set. Unlike in one long wait, no signal is missed."""
    deadline = time.monotonic() + seconds
    while not event.wait(min(max(deadline - time.monotonic(), 0), POLL_INTERVAL)):
        if time.monotonic() >= deadline:
            return False
    return True


def start_thread(thread: threading.Thread) -> None:
    """Start a thread.

    Raises:
        JebbitctlError: the system allows no more threads.
    """
    try:
        thread.start()
    except RuntimeError:
        raise no_thread_error() from None


def no_thread_error() -> JebbitctlError:
    """Return the error for a thread that could not be started."""
    return JebbitctlError(
        "the system allows no more threads",
        hint="raise the limit of processes (ulimit -u), or try again later",
    )


def call_with_timeout(seconds: float, call: Callable[[], T]) -> T:
    """Return ``call()``, or give up after ``seconds``.

    A call that times out continues on its thread, so the caller must not use what the call works on.

    Raises:
        TimeoutError: the call takes too long.
        JebbitctlError: the system allows no more threads; nothing was called.
        BaseException: the call raises it.
    """
    thread = _Call(call)
    start_thread(thread)
    if not wait(thread.finished, seconds):
        raise TimeoutError
    if thread.error is not None:
        raise thread.error
    return thread.results[0]


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt a system call of the block, such as a write to a full pipe, after some time.

    Only the main thread can be interrupted, and not on Windows; elsewhere there is no limit.

    Args:
        seconds: ``math.inf`` for no limit.

    Raises:
        TimeoutError: the block takes too long.
    """
    can_interrupt = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
    if seconds == math.inf or not can_interrupt:
        yield
        return

    def interrupt(*_: object) -> NoReturn:
        raise TimeoutError(errno.ETIMEDOUT, "timed out")

    handler = signal.signal(signal.SIGALRM, interrupt)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)
