"""Completion scripts for bash and zsh that do more than Typer's.

Typer has no public way to change a script or its format, so its classes are replaced. The tests run real
shells.
"""

from __future__ import annotations

import os
from typing import Any

from typer import _completion_classes as classes
from typer import _completion_shared as shared

_AUTOLOADED = "\nif [[ $funcstack[1] = _%(prog_name)s ]]; then\n  %(complete_func)s\nfi\n"
"""zsh autoloads the script as the function itself; without this, the first TAB would only register it."""

_WORD = "COMP_CWORD=$COMP_CWORD"
_LISTING = str(ord("?"))
"""The value of bash's COMP_TYPE while it lists completions."""


class Bash(classes.BashComplete):
    """Lists several completions with their descriptions."""

    source_template = shared.COMPLETION_SCRIPT_BASH.replace(_WORD, f"{_WORD} COMP_TYPE=$COMP_TYPE")

    def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
        """Return the completions, with descriptions while bash lists them."""
        items: list[Any] = super().get_completions(args, incomplete)
        if os.environ.get("COMP_TYPE") == _LISTING and len(items) > 1:
            for item in items:
                item.value += f"  ({item.help})" if item.help else ""
        return items


class Zsh(classes.ZshComplete):
    """Completes on the first TAB, and keeps apostrophes."""

    source_template = shared.COMPLETION_SCRIPT_ZSH + _AUTOLOADED

    def format_completion(self, item: Any) -> str:
        """Return a completion for ``_arguments``, which puts it in single quotes."""
        return super().format_completion(item).replace("''", "'\\''")


def use_completion_scripts() -> None:
    """Make Typer use these classes and their scripts."""
    classes.BashComplete, classes.ZshComplete = Bash, Zsh  # type: ignore[misc]
    for shell in (Bash, Zsh):
        shared._completion_scripts[shell.name] = shell.source_template  # noqa: SLF001
