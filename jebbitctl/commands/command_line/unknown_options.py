"""What to use instead of an option that a command does not have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import typer

from jebbitctl.commands.base import common_spellings
from jebbitctl.environment import FOREIGN_VARIABLES, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MEANT = {
    ("--json", "--plain", "--csv", "--markdown"): "--output -o --format",
    ("--json",): "--yaml",
    ("--plain",): "--no-headers --no-header --tsv",
    ("--columns",): "--wide --fields",
    ("--query",): "--jq --filter --sort --sort-by --limit -L --template",
    ("--debug",): "--verbose -v --trace --log-level",
    ("--version",): "-V",
    ("--yes",): "--auto-approve --assume-yes --confirm --no-prompt --force",
    ("--forward-to", "--yes"): "-f",
    ("--no-input",): "--no-interactive --non-interactive --no-interaction --batch",
    ("--port", "--profile"): "-p",
    ("--profile",): "--account --context --env --environment",
    ("--business",): "--brand -b",
    ("JEBBIT_ACCESS_TOKEN",): "--token --access-token --api-key",
    ("JEBBIT_CLIENT_ID",): "--client-id",
    ("JEBBIT_CONFIG_DIR",): "--config --config-dir",
    ("--timeout", "JEBBIT_TIMEOUT"): "--timeout --max-time",
    ("--api-url", "JEBBIT_API_BASE_URL"): "--api-url --base-url",
    ("NO_COLOR",): "--no-color --no-colour",
    ("FORCE_COLOR",): "--color --colour",
    ("--secret-file", "--secret-stdin", "--client-secret-stdin"): "--secret",
    ("--client-secret-stdin", "JEBBIT_CLIENT_SECRET"): "--client-secret --password",
    ("--client-secret-stdin", "JEBBIT_CLIENT_SECRET_FILE"): "--client-secret-file",
    ("--show-secret",): "--reveal --unmask",
    ("--endpoint", "--to", "--api-url"): "--url",
    ("--input", "--body", "--data"): "--data -d --data-binary --body --body-file --payload",
    ("--method",): "--request",
    ("--at",): "--timestamp -t",
    ("--active",): "--is-active --enabled --enable",
    ("--inactive",): "--no-active --not-active --disabled --disable",
    ("--since",): "--from --start --start-date --after",
    ("--until",): "--end --end-date --before",
    ("--until", "--forward-to"): "--to",
    ("--title-contains",): "--search",
    ("--dry-run",): "--plan --preview",
    ("--prune",): "--delete",
    ("--var",): "--var-file",
    ("--wait",): "--watch",
    ("--count",): "-n --repeat",
    ("--host",): "--bind --address",
    ("--ca", "REQUESTS_CA_BUNDLE"): "--cacert --insecure -k",
    ("HTTPS_PROXY",): "--proxy",
    ("--client-cert",): "--cert",
    ("--client-key",): "--key",
}
"""Options or variables, and the options of other tools that mean the same."""

_ARGUMENTS = {
    "FILE": "-f --file --filename",
    "URL": "--url --endpoint --to",
    "ID": "--id",
    "INTEGRATION_ID": "--id --integration --integration-id",
    "NAME": "--name",
}
"""Arguments, and the options that other tools have for them."""

_SIMILARITY = 0.75
"""How similar a mistyped option must be. With less, --probe would suggest --profile."""


def suggestion(option: str, ctx: Any, args: Collection[str]) -> str:
    """Return the hint for an option that a command does not have.

    Args:
        option: as it was typed, without a value.
        ctx: Typer's context of the command, or of the group that the option was given to.
        args: the whole command line.
    """
    help_ = f"see {ctx.command_path} --help"
    if argument := _argument(option, ctx):
        return f"{argument} follows without an option; {help_}"
    known = _options(ctx)
    is_group = hasattr(ctx.command, "commands")
    if is_group:
        known |= common_spellings().keys()
    typed = _typed(option, args)
    near = _abbreviated(typed, known) or _meant(option, known, is_group=is_group)
    near = near or _similar(typed, known)
    if near:
        return f"use {' or '.join(filter(None, (', '.join(near[:-1]), near[-1])))}; {help_}"
    if not is_group:
        return help_
    command = _command(ctx, args)
    if command is None:
        return f"options follow the command: {ctx.command_path} COMMAND {option} …"
    if hasattr(command.command, "commands") or option in _options(command):
        return f"options follow the command: {command.command_path} {option} …"
    return suggestion(option, command, args)


def _options(ctx: Any) -> set[str]:
    return {opt for param in ctx.command.get_params(ctx) for opt in (*param.opts, *param.secondary_opts)}


def _argument(option: str, ctx: Any) -> str | None:
    """Return the argument that an option stands for, if the command has it."""
    own = {str(p.metavar).strip("[]…") for p in ctx.command.params if p.param_type_name == "argument"}
    noun = ctx.parent.info_name.removesuffix("s") if ctx.parent else ""
    if "ID" in own and option in {f"--{noun}", f"--{noun}-id"}:
        return "ID"
    return next(
        (name for name, others in _ARGUMENTS.items() if name in own and option in others.split()), None
    )


def _typed(option: str, args: Iterable[str]) -> str:
    """Return the word that has an option: Typer reads -json as -j -s -o -n, and -help as -h -e -l -p."""
    words = [arg for arg in args if arg.startswith("-")]
    whole = (arg for arg in words if arg.startswith(option))
    among = (arg for arg in words if len(option) == len("-x") and arg[1:2] != "-" and option[1] in arg)
    return next(whole, next(among, option))


def _abbreviated(typed: str, known: Collection[str]) -> list[str]:
    """Return the option that was typed with one dash too few, or the only one that begins as typed."""
    if len(typed) > len("-x") and f"-{typed}" in known:
        return [f"-{typed}"]
    longer = [spelling for spelling in known if spelling.startswith(typed) and len(typed) > len("--to")]
    return longer if len(longer) == 1 else []


def _meant(option: str, known: Collection[str], *, is_group: bool) -> list[str]:
    """Return the command's own options and variables that mean what an option means in other tools.

    Jebbitctl's own variables are named only where there is an account.
    """
    names = next((names for names, others in MEANT.items() if option in others.split()), ())
    variables = {*FOREIGN_VARIABLES, *(VARIABLES if is_group or "--profile" in known else ())}
    named = {name: f"the variable {name}" for name in variables} | {name: name for name in known}
    return [named[name] for name in names if name in named]


def _similar(typed: str, known: Iterable[str]) -> list[str]:
    """Return the option that a mistyped one resembles, as a list; empty if there is none.

    Both begin with the same letter: --file is not --profile.

    Args:
        typed: the mistyped option.
        known: the spellings of the options.
    """
    name = typed.lstrip("-")
    names = {spelling[2:]: spelling for spelling in known if spelling.startswith(f"--{name[:1]}")}
    name = name.removesuffix("-name").removesuffix("-id")
    return [names[near] for near in difflib.get_close_matches(name, names, 1, _SIMILARITY)]


def _command(ctx: Any, args: Iterable[str]) -> Any:
    """Return Typer's context of the command that the words between the options name; None for none."""
    found: Any = ctx
    for word in args:
        if word in getattr(found.command, "commands", ()):
            _, command, _ = found.command.resolve_command(found, [word])
            found = typer.Context(command, info_name=word, parent=found)
    return None if found is ctx else found
