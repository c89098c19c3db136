"""TAB in bash and zsh, where Typer's completion stops short; real shells try it in the tests.

Typer has no place for another script or another format: its own are replaced.
"""

from __future__ import annotations

import os
from typing import Any

from typer import _completion_classes as classes
from typer import _completion_shared as shared

_AUTOLOADED = "\nif [[ $funcstack[1] = _%(prog_name)s ]]; then\n  %(complete_func)s\nfi\n"
"""zsh takes an autoloaded script for the function itself: without this, its first TAB only registers it."""

_WORD = "COMP_CWORD=$COMP_CWORD"
_LISTING = str(ord("?"))
"""bash's COMP_TYPE where it shows what there is, and inserts nothing."""


class Bash(classes.BashComplete):
    """Several offers are listed with their descriptions."""

    source_template = shared.COMPLETION_SCRIPT_BASH.replace(_WORD, f"{_WORD} COMP_TYPE=$COMP_TYPE")

    def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
        """Return what to offer; while bash lists, with descriptions."""
        items: list[Any] = super().get_completions(args, incomplete)
        if os.environ.get("COMP_TYPE") == _LISTING and len(items) > 1:
            for item in items:
                item.value += f"  ({item.help})" if item.help else ""
        return items


class Zsh(classes.ZshComplete):
    """The first TAB completes, and apostrophes are kept."""

    source_template = shared.COMPLETION_SCRIPT_ZSH + _AUTOLOADED

    def format_completion(self, item: Any) -> str:
        """Return an offer for ``_arguments``, which stands in single quotes."""
        return super().format_completion(item).replace("''", "'\\''")


def mend_completion() -> None:
    """Let Typer use these, also for the scripts that it installs."""
    classes.BashComplete, classes.ZshComplete = Bash, Zsh  # type: ignore[misc]
    for shell in (Bash, Zsh):
        shared._completion_scripts[shell.name] = shell.source_template  # noqa: SLF001
