"""The two streams: who looks at them, and whether they take colour."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from rich.console import Console


class ClosedStdout(io.TextIOBase):
    """Stands in for a standard output that was closed before we came: whoever writes to it is told."""

    @property
    def buffer(self) -> ClosedStdout:
        """The same, for bytes."""
        return self

    def write(self, _: object) -> NoReturn:
        """Refuse.

        Raises:
            JebbitctlError: always.
        """
        raise JebbitctlError("standard output is closed", hint="redirect it to a file or to /dev/null")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at this stream."""
    return stream is not None and not stream.closed and stream.isatty()


def in_colour(stream: TextIO | None) -> bool:
    """Whether this stream takes colour: NO_COLOR and TERM=dumb say no, FORCE_COLOR says yes."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return stream is not None
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def write_error_line(text: str) -> None:
    """Write a line to stderr; a stderr that is closed or full must not hide the exit code."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Lead a stream that takes nothing more nowhere: what it holds would end the interpreter with 120."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def styled(text: str, colour: str) -> str:
    """Return text for stderr in bold and this colour, where it takes colour."""
    return typer.style(text, fg=colour, bold=True) if in_colour(sys.stderr) else text


def console_on(stream: TextIO) -> Console:
    """Return a rich console that takes nothing as markup."""
    from rich.console import Console

    coloured = in_colour(stream)
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=not coloured,
        color_system="auto" if coloured else None,
    )
