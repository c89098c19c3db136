"""Prompts on stderr, only if a person can answer them."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import typer

from jebbitctl.errors import CancelledError, InputRequiredError, UsageError
from jebbitctl.output.streams import is_terminal, write_error_line
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Prompts:
    """Asks the user at the terminal. Prompts go to stderr: stdout may be a file.

    Args:
        allowed: False with ``--no-input`` or JEBBIT_NO_INPUT.
    """

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self.possible = allowed and is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def ask(self, question: str, *, hint: str, hidden: bool = False, default: str | None = None) -> str:
        """Return the answer without surrounding spaces; ask again while it is empty.

        Args:
            question: without the colon.
            hint: what to do if the user cannot be asked.
            hidden: do not show what is typed.
            default: the answer if nothing is typed, None to ask again.

        Raises:
            InputRequiredError: there is no terminal, or input is disabled.
        """
        self.require(question, hint=hint)
        text = escape_controls(question if default is None else f"{question} [{default}]")
        ask = partial(typer.prompt, text, default=default, show_default=False, hide_input=hidden, err=True)
        while True:
            if answer := str(_prompt(ask)).strip() or default:
                return answer

    def confirm(self, question: str, *, hint: str) -> None:
        """Return if the answer is yes.

        Raises:
            CancelledError: the answer is no.
            InputRequiredError: there is no terminal, or input is disabled.
        """
        self.require("confirmation", hint=hint)
        if not _prompt(lambda: typer.confirm(escape_controls(question), err=True)):
            raise CancelledError("cancelled, nothing was changed")

    def require(self, what: str, *, hint: str) -> None:
        """Return if the user can be asked.

        Raises:
            InputRequiredError: there is no terminal, or input is disabled.
        """
        if not self.possible:
            stream = "standard error" if is_terminal(sys.stdin) else "standard input"
            reason = f"{stream} is not a terminal" if self._allowed else "input is disabled"
            raise InputRequiredError(f"{what.lower()} required, but {reason}", hint=hint)


def _prompt(ask: Callable[[], T]) -> T:
    """Return the answer; Ctrl-D interrupts the command as Ctrl-C does."""
    try:
        with redirect_stdout(sys.stderr):  # Typer writes the last character of a prompt to stdout
            return ask()
    except typer.Abort:
        write_error_line("")  # start a new line after the question
        raise
    except UnicodeDecodeError:
        raise UsageError("the input is not valid in this terminal's encoding") from None
