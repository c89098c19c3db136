"""Several requests at once, with one token for all."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from jebbitctl.deadline import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jebbitctl.api.client import TokenSource
    from jebbitctl.api.oauth import Token

WORKERS = 8
"""Requests under way at once, at the most."""

Item = TypeVar("Item")
Tool = TypeVar("Tool")
Result = TypeVar("Result")


class SharedTokens:
    """Tokens for several threads: a rejected one is replaced once, and every thread gets the new one."""

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()

    def current(self) -> Token:
        """Return a token that should work."""
        with self._lock:
            return self._tokens.current()

    def renewed(self, rejected: Token) -> Token | None:
        """Return another token than the rejected one, None when there is no other to be had."""
        with self._lock:
            current = self._tokens.current()
            if current.access_token != rejected.access_token:
                return current
            return self._tokens.renewed(rejected)


def side_by_side(
    items: Iterable[Item],
    make_tool: Callable[[], Tool],
    call: Callable[[Tool, Item], Result],
    *,
    at_once: int = WORKERS,
) -> list[Future[Result]]:
    """Call for each item on a few threads; return what will come of it, in the items' order.

    A future that is cancelled before its turn is not called for. The threads keep no process alive: an
    interrupted command ends at once.

    Args:
        items: what to call for.
        make_tool: makes what one thread works with, such as connections of its own.
        call: does the work for one item.
        at_once: calls under way, at the most.
    """
    waiting: SimpleQueue[tuple[Item, Future[Result]]] = SimpleQueue()
    futures: list[Future[Result]] = []
    for item in items:
        futures.append(Future())
        waiting.put((item, futures[-1]))

    def work() -> None:
        tools: list[Tool] = []
        while True:
            try:
                item, future = waiting.get_nowait()
            except Empty:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                tools = tools or [make_tool()]
                future.set_result(call(tools[0], item))
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
                future.set_exception(error)

    for _ in range(min(at_once, len(futures))):
        threading.Thread(target=work, name="side-by-side", daemon=True).start()
    return futures


def awaited(future: Future[Result]) -> Result:
    """Return what came of a call, once it is over; a Ctrl-C ends the wait."""
    while wait([future], POLL_INTERVAL).not_done:
        pass
    return future.result()
