"""Bars and spinners on stderr, where somebody looks."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl.output.streams import console_on, is_terminal
from jebbitctl.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich import progress


class Progress:
    """How far a block of work is; without a terminal nothing is shown."""

    def __init__(self, bar: progress.Progress | None = None, task: progress.TaskID | None = None) -> None:
        self._bar = bar
        self._task = task

    def advance(self, steps: int = 1) -> None:
        """Move on by so many steps."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, steps)

    def say(self, about: str) -> None:
        """Replace the text beside the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=visible(about))


@contextmanager
def showing_progress(about: str, total: int | None = None) -> Iterator[Progress]:
    """Show a bar, or a spinner where the total is not known, while the block runs."""
    if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield Progress()
        return
    from rich import progress

    end: list[progress.ProgressColumn] = [progress.TimeElapsedColumn()]
    if total is not None:
        end = [progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn()]
    text = progress.TextColumn("{task.description}", markup=False)
    with progress.Progress(
        progress.SpinnerColumn(),
        text,
        *end,
        console=console_on(sys.stderr),
        transient=True,
        redirect_stdout=is_terminal(sys.stdout),  # a pipe's data must not end up on stderr
    ) as bar:
        yield Progress(bar, bar.add_task(visible(about), total=total))
