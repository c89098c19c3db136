"""Presses TAB the way a shell does."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    cli: Cli, typed: str, shell: str = "bash", env: dict[str, str | None] | None = None, *, times: int = 5
) -> str:
    """Press TAB after ``typed`` until something is offered; return what the shell gets.

    On a busy machine the first attempts may time out. stderr must stay empty.
    """
    output = ""
    for _ in range(times):
        result = cli.run(env={**variables_of(shell, typed), **(env or {})})
        assert (result.code, result.err) == (0, "")
        output = result.out.rstrip("\n")
        if output not in {"", "_files"}:
            break
    return output


def offered(cli: Cli, typed: str, env: dict[str, str | None] | None = None) -> list[str]:
    """Return the values that bash is offered."""
    return tab(cli, typed, env=env).split()


def offers_nothing(cli: Cli, typed: str, env: dict[str, str | None] | None = None) -> bool:
    """Whether bash is offered nothing."""
    return not tab(cli, typed, env=env, times=1)
