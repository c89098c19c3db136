"""Prompts on stderr, only if a person can answer them."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

import typer

from jebbitctl.errors import CancelledError, CredentialsError, InputRequiredError, UsageError
from jebbitctl.output.streams import error_width, is_terminal, write_error, write_error_line
from jebbitctl.output.wrapping import wrap
from jebbitctl.util.inputs import clean_credential, read_input
from jebbitctl.util.text import escape_controls
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Sequence

_DECISIONS = {"y": True, "yes": True, "n": False, "no": False, "": False}


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
        while True:
            if answer := _answer(f"{text}: ", hidden=hidden) or default:
                return answer

    def read_secret(self, what: str, *, option: str) -> str:
        """Return a secret from standard input; at a terminal it is typed, and not shown.

        Args:
            what: its name for the prompt and for errors, such as ``client secret``.
            option: the option that asks for it.

        Raises:
            InputRequiredError: it must be typed, but input is disabled.
            UsageError: standard input is closed, or cannot be read.
            CredentialsError: it is not valid.
        """
        if is_terminal(sys.stdin):
            typed = self.ask(what.capitalize(), hint=f"pipe it in: printf %s … | … {option}", hidden=True)
            return clean_credential(typed, source=f"the {what}")
        content = read_input("-", option=option)
        try:
            return clean_credential(content.decode("utf-8-sig"), source=f"the {what} on standard input")
        except UnicodeDecodeError:
            raise CredentialsError(f"the {what} on standard input is not UTF-8 text") from None

    def choose(self, question: str, options: Sequence[str]) -> int | None:
        """Print numbered options, and return the index of the chosen one; None if nothing is typed.

        Raises:
            InputRequiredError: there is no terminal, or input is disabled.
        """
        self.require("a choice", hint="see --help")
        for number, option in enumerate(options, 1):
            write_error_line(escape_controls(f"{number:>3}  {option}"))
        while answer := _answer(f"{escape_controls(question)}: "):
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(options):
                return int(answer) - 1
            write_error_line(f"Type a number from 1 to {len(options)}, or nothing.")
        return None

    def confirm(self, question: str, *, hint: str) -> None:
        """Return if the answer is yes.

        Raises:
            CancelledError: the answer is no.
            InputRequiredError: there is no terminal, or input is disabled.
        """
        self.require("confirmation", hint=hint)
        if not _decide(question):
            raise CancelledError("cancelled, nothing was changed")

    def agrees(self, question: str) -> bool:
        """Whether the user can be asked and answers yes."""
        return self.possible and _decide(question)

    def require(self, what: str, *, hint: str) -> None:
        """Return if the user can be asked.

        Raises:
            InputRequiredError: there is no terminal, or input is disabled.
        """
        if not self.possible:
            stream = "standard error" if is_terminal(sys.stdin) else "standard input"
            reason = f"{stream} is not a terminal" if self._allowed else "input is disabled"
            raise InputRequiredError(f"{what.lower()} required, but {reason}", hint=hint)


def _decide(question: str) -> bool:
    """Return whether the answer is yes; nothing typed is no."""
    room = error_width() - 2  # for the answer
    text = "\n".join(wrap(f"{escape_controls(question)} [y/N]:", room)) + " "
    while (decision := _DECISIONS.get(_answer(text).lower())) is None:
        write_error_line("Answer y or n.")
    return decision


def _answer(text: str, *, hidden: bool = False) -> str:
    """Return what is typed, without surrounding spaces; Ctrl-D interrupts the command as Ctrl-C does."""
    try:
        return (_read_hidden(text) if hidden else _read_line(text)).strip()
    except (KeyboardInterrupt, EOFError):
        write_error_line("")  # start a new line after the question
        raise typer.Abort from None
    except UnicodeDecodeError:
        raise UsageError("the input is not valid in this terminal's encoding") from None


def _read_hidden(text: str) -> str:
    from getpass import getpass

    return getpass(text, sys.stderr)


def _read_line(text: str) -> str:
    """Read a line. Unlike ``input``, which writes the text and blocks in one step, this misses no Ctrl-C."""
    write_error(text)
    while os.name == "posix" and not select.select([sys.stdin], [], [], POLL_INTERVAL)[0]:
        pass  # Windows cannot wait for a console like this
    if not (line := sys.stdin.readline()):
        raise EOFError
    return line
