"""Presses TAB the way a shell does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from unittest import mock

from jebbitctl.commands.completion import values

if TYPE_CHECKING:
    from tests.support import Cli

GET = "jebbitctl integrations get "


def variables_of(shell: str, typed: str) -> dict[str, str]:
    """Return the variables that a shell sets when TAB is pressed after ``typed``."""
    return {
        "_JEBBITCTL_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": typed,
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }


def tab(
    cli: Cli,
    typed: str,
    shell: str = "bash",
    env: dict[str, str | None] | None = None,
    *,
    seconds: float = 20,
) -> str:
    """Press TAB after ``typed``; return what the shell gets. stderr must stay empty.

    Args:
        cli: the command line.
        typed: what was typed before.
        shell: where it was typed.
        env: variables besides those of the shell.
        seconds: what Jebbit has to respond; by default plenty, for a busy machine.
    """
    with mock.patch.object(values, "MAX_SECONDS", time.process_time() + seconds):
        result = cli.run(env={**variables_of(shell, typed), **(env or {})})
    assert (result.code, result.err) == (0, "")
    return result.out.rstrip("\n")


def offered(cli: Cli, typed: str, env: dict[str, str | None] | None = None) -> list[str]:
    """Return the values that bash is offered."""
    return tab(cli, typed, env=env).split()


def offers_nothing(cli: Cli, typed: str, env: dict[str, str | None] | None = None) -> bool:
    """Whether bash is offered nothing."""
    return tab(cli, typed, env=env) == ""
