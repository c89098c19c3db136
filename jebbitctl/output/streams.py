"""The standard streams: terminals, colour, and streams that are closed or full."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TextIO

import typer

from jebbitctl import environment as env
from jebbitctl.errors import JebbitctlError
from jebbitctl.output.wrapping import wrap
from jebbitctl.util.redaction import scrub_registered
from jebbitctl.util.text import escape_commands, escape_controls, escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

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


def line_width() -> int:
    """Return how many columns a line on stdout may have: in anything but a terminal, any number."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else sys.maxsize


class TerminalSettings(NamedTuple):
    """What the environment says about colours and terminals.

    Attributes:
        no_colour: NO_COLOR is set: no stream gets colours.
        force_colour: FORCE_COLOR is set: every stream gets colours.
        dumb: TERM is ``dumb``: a terminal supports neither colours nor progress bars.
    """

    no_colour: bool = False
    force_colour: bool = False
    dumb: bool = False

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Self:
        """Return the settings of an environment."""
        return cls(
            bool(variables.get(env.NO_COLOR)),
            bool(variables.get(env.FORCE_COLOR)),
            variables.get(env.TERM) == "dumb",
        )

    def allow_colour(self, stream: TextIO | None) -> bool:
        """Whether a stream gets colours."""
        if self.no_colour or self.force_colour:
            return stream is not None and not self.no_colour
        return is_terminal(stream) and not self.dumb

    def styled(self, text: str, colour: str) -> str:
        """Return text for stderr in bold and in a colour, if stderr gets colours."""
        return typer.style(text, fg=colour, bold=True) if self.allow_colour(sys.stderr) else text

    def console(self, stream: TextIO) -> Console:
        """Return a rich console that interprets no markup."""
        from rich.console import Console

        coloured = self.allow_colour(stream)
        return Console(
            file=stream,
            force_terminal=True if coloured else None,
            highlight=False,
            markup=False,
            emoji=False,
            no_color=not coloured,
            color_system="auto" if coloured else None,
        )


def write_line(text: str) -> None:
    """Write text and a line feed to stdout: a pipe gets it as it is, a terminal gets no control characters.

    Everything that the program prints passes through this module. Escaping here is the last line of defence;
    whoever composes a line escapes what comes from elsewhere, so that it stays one line.
    """
    with _naming_stdout():
        sys.stdout.write((escape_for_terminal(text) if is_terminal(sys.stdout) else text) + "\n")


def write_bytes(content: bytes) -> None:
    """Write bytes to a stdout that is not a terminal."""
    flush()
    with _naming_stdout():
        sys.stdout.buffer.write(content)


def flush() -> None:
    """Write what stdout has buffered."""
    with _naming_stdout():
        sys.stdout.flush()


@contextmanager
def _naming_stdout() -> Iterator[None]:
    """Let errors of the block say that they are about stdout."""
    try:
        yield
    except OSError as error:
        error.filename = "standard output"
        raise


def write_error_line(text: str, *, show_secrets: bool = False) -> None:
    """Write a line to stderr as :func:`write_error` does."""
    write_error(text + "\n", show_secrets=show_secrets)


def write_message(text: str, label: str = "", styled: str = "") -> None:
    """Write a message for readers to stderr: on one line, but on a terminal in lines that fit.

    Args:
        text: of the message.
        label: stands before it, such as ``error:``.
        styled: the label, possibly in colour.
    """
    line = scrub_registered(escape_controls(f"{label} {text}" if label else text))
    if is_terminal(sys.stderr):  # without the secrets, as those might be wrapped
        line = "\n".join(wrap(line, error_width()))
    write_error_line(styled + line.removeprefix(label))


def message_width() -> int:
    """Return how many columns a line on stderr may have: in anything but a terminal, any number."""
    return error_width() if is_terminal(sys.stderr) else sys.maxsize


def error_width() -> int:
    """Return the columns of the terminal that stderr is, even if stdout is none."""
    columns = 0
    with suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    return shutil.get_terminal_size((columns or 80, 24)).columns


def write_error(text: str, *, show_secrets: bool = False) -> None:
    """Write text to stderr, escaped as in :func:`write_line`, without the secrets in use by default.

    A closed or full stderr must not hide the exit code.
    """
    if sys.stderr is None:
        return
    try:
        text = text if show_secrets else escape_commands(scrub_registered(text))
        sys.stderr.write(escape_for_terminal(text) if is_terminal(sys.stderr) else text)
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Point a broken stream at the null device: Python would fail to flush it at exit and return 120."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
