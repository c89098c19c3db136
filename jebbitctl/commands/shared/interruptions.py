"""What a command says when Ctrl-C or SIGTERM ends it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from jebbitctl.util.signals import deferred_signals
from jebbitctl.util.timeouts import interrupted_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.output.output import Output

PRINT_TIMEOUT = 3.0
"""Seconds that a pipe which nobody reads may delay the end by a signal."""
NOTHING_CHANGED = "Stopped: nothing was changed."


@contextmanager
def note_if_interrupted(output: Output, text: str | Callable[[], str]) -> Iterator[None]:
    """Print a note if the block is interrupted, also at a prompt. A function is called for its text then."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, typer.Abort):
        with deferred_signals():  # timeout and some shells send each signal twice
            output.note(text if isinstance(text, str) else text())
        raise


@contextmanager
def last_report(output: Output) -> Iterator[None]:
    """Print what was done after a signal, while other signals wait.

    A pipe that nobody reads delays the end only for a while.
    """
    with deferred_signals(), output.best_effort(), interrupted_after(PRINT_TIMEOUT):
        yield


@contextmanager
def note_of_write(output: Output, method: str, path: str) -> Iterator[None]:
    """Print a note if the block is interrupted, which sends one write: it may have been carried out.

    Args:
        output: prints it.
        method: of the request, in capitals.
        path: of the request below ``/api/v1``, with or without a slash in front.
    """

    def text() -> str:
        from jebbitctl.api.ambiguous_writes import recovery_hint
        from jebbitctl.api.documents import API_ROOT

        hint = recovery_hint(method, f"{API_ROOT}/{path.lstrip('/')}")
        return f"Stopped: the {method} may have been carried out; {hint}."

    with note_if_interrupted(output, text):
        yield
