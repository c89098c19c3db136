"""The standard streams: terminals, colour, and streams that are closed or full."""

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
    """Stands in for a stdout that was closed before the program started: writing to it is an error."""

    @property
    def buffer(self) -> ClosedStdout:
        """This stream, for bytes."""
        return self

    def write(self, _: object) -> NoReturn:
        """Raise the error.

        Raises:
            JebbitctlError: always.
        """
        raise JebbitctlError("standard output is closed", hint="redirect it to a file or to /dev/null")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def supports_colour(stream: TextIO | None) -> bool:
    """Whether a stream supports colour: not with NO_COLOR or TERM=dumb, and always with FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return stream is not None
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def write_error_line(text: str) -> None:
    """Write a line to stderr; a closed or full stderr must not hide the exit code."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Point a broken stream at the null device: Python would fail to flush it at exit and return 120."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def styled(text: str, colour: str) -> str:
    """Return text for stderr in bold and in a colour, if it supports colour."""
    return typer.style(text, fg=colour, bold=True) if supports_colour(sys.stderr) else text


def console_for(stream: TextIO) -> Console:
    """Return a rich console that interprets no markup."""
    from rich.console import Console

    coloured = supports_colour(stream)
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=not coloured,
        color_system="auto" if coloured else None,
    )
