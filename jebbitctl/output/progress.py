"""Progress bars and spinners on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl.output.streams import is_terminal
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich import progress

    from jebbitctl.output.streams import TerminalSettings


class Progress:
    """The progress of a block of work. Without a terminal, it shows nothing."""

    def __init__(self, bar: progress.Progress | None = None, task: progress.TaskID | None = None) -> None:
        self._bar = bar
        self._task = task

    def advance(self) -> None:
        """Count one step as done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def reach(self, count: int) -> None:
        """Set how many steps are done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=count)

    def describe(self, description: str) -> None:
        """Replace the description beside the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=escape_controls(description))


@contextmanager
def show_progress(description: str, total: int | None, terminal: TerminalSettings) -> Iterator[Progress]:
    """Show a bar while the block runs, or a spinner if the total is unknown."""
    if not is_terminal(sys.stderr) or terminal.dumb:
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
        console=terminal.console(sys.stderr),
        transient=True,
        redirect_stdout=is_terminal(sys.stdout),  # the data of a pipe must not end up on stderr
    ) as bar:
        yield Progress(bar, bar.add_task(escape_controls(description), total=total))
