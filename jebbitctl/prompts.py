"""Questions, asked on stderr, and only where somebody can answer."""

from __future__ import annotations

import sys

import typer

from jebbitctl.errors import CancelledError, InputRequiredError, UsageError
from jebbitctl.output import is_terminal
from jebbitctl.output.streams import write_error_line
from jebbitctl.text import visible


class Prompts:
    """Asks the person at the terminal. Nothing of it goes to stdout, which may be a file.

    Args:
        allowed: False with ``--no-input`` or JEBBIT_NO_INPUT.
    """

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self.possible = allowed and is_terminal(sys.stdin) and is_terminal(sys.stderr)

    def ask(self, question: str, *, instead: str, hidden: bool = False, default: str | None = None) -> str:
        """Return the answer to a question, without blanks around it; asks again where there is none.

        Args:
            question: without the colon.
            instead: what to type where nobody can be asked, for the error's hint.
            hidden: do not show what is typed.
            default: what an empty answer means, None to ask again.

        Raises:
            InputRequiredError: there is no terminal, or no input is wanted.
        """
        self.require(question, instead=instead)
        offered = "" if default is None else f" [{default}]"
        while True:
            answer = _answer(f"{visible(question + offered)}: ", hidden=hidden).strip() or default
            if answer:
                return answer

    def require(self, what: str, *, instead: str) -> None:
        """Return when ``what`` can be asked for.

        Raises:
            InputRequiredError: there is no terminal, or no input is wanted.
        """
        if not self.possible:
            why = "there is no terminal to ask on" if self._allowed else "nothing may be asked"
            raise InputRequiredError(f"{what.lower()} is needed, and {why}", hint=instead)

    def confirm(self, question: str, *, instead: str) -> None:
        """Return when the answer is yes.

        Raises:
            CancelledError: the answer is no.
            InputRequiredError: there is no terminal, or no input is wanted.
        """
        self.require("A confirmation", instead=instead)
        while True:
            answer = _answer(f"{visible(question)} [y/N]: ", hidden=False).strip().lower()
            if answer in {"y", "yes"}:
                return
            if answer in {"", "n", "no"}:
                raise CancelledError("cancelled, nothing was changed")


def _answer(prompt: str, *, hidden: bool) -> str:
    """Return one line from the terminal; its end (Ctrl-D) interrupts the command as Ctrl-C does."""
    try:
        if hidden:
            from getpass import getpass

            return getpass(prompt)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        if line := sys.stdin.readline():
            return line
        raise EOFError  # noqa: TRY301 - what getpass raises
    except (EOFError, KeyboardInterrupt):
        write_error_line("")  # what comes next does not stand behind the question
        raise typer.Abort from None
    except UnicodeDecodeError:
        raise UsageError("what was typed is not text in this terminal's encoding") from None
