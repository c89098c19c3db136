"""What to use instead of an option that a command does not have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import common_spellings
from jebbitctl.environment import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMATS = ("--json", "--plain", "--csv")
_MEANT = {
    "--output": _FORMATS,
    "-o": _FORMATS,
    "--format": _FORMATS,
    "--jq": ("--query",),
    "--token": ("JEBBIT_ACCESS_TOKEN",),
    "--access-token": ("JEBBIT_ACCESS_TOKEN",),
    "--verbose": ("--debug",),
    "-v": ("--debug",),
    "--force": ("--yes",),
    "-f": ("--yes",),
    "--no-interactive": ("--no-input",),
    "--account": ("--profile",),
    "--secret": ("--secret-file", "--secret-stdin", "--client-secret-stdin"),
    "--client-secret": ("--client-secret-stdin", "JEBBIT_CLIENT_SECRET"),
    "--url": ("--endpoint", "--to"),
    "--data": ("--input", "--body"),
    "-d": ("--input", "--body"),
}
"""Options of other tools, and what means the same here: options, or variables."""


def suggestion(option: str, ctx: Any, args: Iterable[str]) -> str:
    """Return the hint for an option that a command does not have.

    Args:
        option: as it was typed, without a value.
        ctx: Typer's context of the command, or of the group that the option was given to.
        args: the whole command line.
    """
    known = {opt for param in ctx.command.params for opt in (*param.opts, *param.secondary_opts)}
    is_group = hasattr(ctx.command, "commands")
    if is_group:
        known |= common_spellings().keys()
    meant = [_named(name) for name in _MEANT.get(option, ()) if name in known or name in VARIABLES]
    typed = next((arg for arg in args if arg.startswith(option)), option)  # -json is read as -j -s -o -n
    near = meant or difflib.get_close_matches(typed, filter(_is_option, known), 1, 0.8 if is_group else 0.6)
    if is_group and not near:
        return f"options follow the command: {ctx.command_path} {_command(ctx, args)} {option} …"
    help_ = f"see {ctx.command_path} --help"
    return f"use {' or '.join(filter(None, (', '.join(near[:-1]), near[-1])))}; {help_}" if near else help_


def _named(name: str) -> str:
    return f"the variable {name}" if name in VARIABLES else name


def _is_option(spelling: str) -> bool:
    return spelling.startswith("--")


def _command(ctx: Any, args: Iterable[str]) -> str:
    """Return the words of a group's command, found between options, or a placeholder."""
    words, command = [], ctx.command
    for word in args:
        if word in getattr(command, "commands", ()):
            words.append(word)
            _, command, _ = command.resolve_command(ctx, [word])
    return " ".join(words) or "COMMAND"
