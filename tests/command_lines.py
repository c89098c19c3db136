"""Every command of the program, found the way the program finds them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jebbitctl.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator


def root_of(name: str) -> Any:
    """Return the Typer command that a word after ``jebbitctl`` leads to."""
    return importlib.import_module(f"jebbitctl.commands.{name}").app.build()


def _every_command() -> Iterator[tuple[list[str], Any]]:
    for name in COMMANDS:
        root = root_of(name)
        for verb, command in getattr(root, "commands", {"": root}).items():
            yield [name, *([verb] if verb else [])], command


COMMAND_LINES = {" ".join(words): (words, command) for words, command in _every_command()}
"""The words of each command and its Typer command, by the command line."""
