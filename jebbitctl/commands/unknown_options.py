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
    "-V": ("--version",),
    "--yaml": ("--json",),
    "--no-headers": ("--plain",),
    "--wide": ("--columns",),
    "--fields": ("--columns",),
    "--filter": ("--query",),
    "--sort": ("--query",),
    "--limit": ("--query",),
    "--auto-approve": ("--yes",),
    "--force": ("--yes",),
    "-f": ("--yes",),
    "--no-interactive": ("--no-input",),
    "--account": ("--profile",),
    "--secret": ("--secret-file", "--secret-stdin", "--client-secret-stdin"),
    "--client-secret": ("--client-secret-stdin", "JEBBIT_CLIENT_SECRET"),
    "--url": ("--endpoint", "--to"),
    "--data": ("--input", "--body"),
    "-d": ("--input", "--body", "--data"),
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
    if option == "-f" and _takes_file(
        ctx.command
    ):  # as in kubectl apply -f FILE: --yes would skip the question
        return f"FILE follows without an option; see {ctx.command_path} --help"
    typed = next((arg for arg in args if arg.startswith(option)), option)  # -json is read as -j -s -o -n
    near = meant or _similar(typed, known, 0.8 if is_group else 0.65)
    if is_group and not near:
        return f"options follow the command: {ctx.command_path} {_command(ctx, args)} {option} …"
    help_ = f"see {ctx.command_path} --help"
    return f"use {' or '.join(filter(None, (', '.join(near[:-1]), near[-1])))}; {help_}" if near else help_


def _named(name: str) -> str:
    return f"the variable {name}" if name in VARIABLES else name


def _takes_file(command: Any) -> bool:
    return any(param.param_type_name == "argument" and param.metavar == "FILE" for param in command.params)


def _similar(typed: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Return the option that something abbreviates or resembles, an empty list if there is none.

    Args:
        typed: what is no option.
        known: the spellings of the options.
        cutoff: how similar the names have to be, without their dashes, which are always equal.
    """
    names = {spelling[2:]: spelling for spelling in known if spelling.startswith("--")}
    name = typed.lstrip("-")
    longer = [spelling for spelling in names.values() if len(name) > 1 and spelling.startswith(typed)]
    if len(longer) == 1:
        return longer
    return [names[near] for near in difflib.get_close_matches(name, names, 1, cutoff)]


def _command(ctx: Any, args: Iterable[str]) -> str:
    """Return the words of a group's command, found between options, or a placeholder."""
    words, command = [], ctx.command
    for word in args:
        if word in getattr(command, "commands", ()):
            words.append(word)
            _, command, _ = command.resolve_command(ctx, [word])
    return " ".join(words) or "COMMAND"
