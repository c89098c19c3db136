"""``help --json``: every command with its options, and what else a script or a generator of docs needs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from jebbitctl import __version__
from jebbitctl.commands.base import COMMON_OPTIONS
from jebbitctl.commands.topics import TOPICS
from jebbitctl.environment import FOREIGN_VARIABLES, MANIFEST_VARIABLES, VARIABLE_OF_OPTION, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPES = {int: "integer", float: "number", Path: "path"}
"""Names of types that are not text."""


def command_tree(root: Any, find: Callable[[str], Any]) -> dict[str, Any]:
    """Return the JSON document.

    Args:
        root: the root command.
        find: returns the real command of a word after ``jebbitctl``.
    """
    from jebbitctl.commands.topics.exit_codes import MEANINGS

    nouns = {name: find(name) for name in root.commands}
    common: dict[str, dict[str, Any]] = {}
    commands = [_command(words, command, common) for words, command in _commands(nouns)]
    return {
        "version": __version__,
        "options": [_parameter(param) for param in root.params],
        "groups": [
            {"name": name, "help": noun.help} for name, noun in nouns.items() if hasattr(noun, "commands")
        ],
        "commands": commands,
        "common_options": [common[name] for name in COMMON_OPTIONS if name in common],
        "environment": [
            *(
                {"name": name, "help": found.help, "secret": found.secret}
                for name, found in VARIABLES.items()
            ),
            *(
                {"name": name, "help": help_, "secret": False}
                for name, help_ in (*MANIFEST_VARIABLES.items(), *FOREIGN_VARIABLES.items())
            ),
        ],
        "exit_codes": [
            {"code": code.value, "name": code.name.lower(), "help": meaning}
            for code, meaning in MEANINGS.items()
        ],
        "topics": [{"name": name, "help": line} for name, line in TOPICS.items()],
    }


def _commands(nouns: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the words of each command, and the command, in the order of the help."""
    for name, noun in nouns.items():
        if hasattr(noun, "commands"):
            yield from ((f"{name} {verb}", command) for verb, command in noun.commands.items())
        else:
            yield name, noun


def _command(words: str, command: Any, common: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a command is and takes; add its common options to ``common``."""
    own: dict[str, list[dict[str, Any]]] = {"argument": [], "option": []}
    declared = inspect.signature(command.callback).parameters
    taken = []
    uses_account = any(param.name == "profile" for param in command.params)
    for param in command.params:
        described = _parameter(param, declared[param.name].annotation)
        if "variable" in described and not (uses_account or param.name in COMMON_OPTIONS):
            described["variable"] = None  # such as of the client id that a sandbox accepts
        if param.param_type_name == "option" and param.name in COMMON_OPTIONS:
            common[param.name] = described
            taken.append(described["names"][-1])
        else:
            own[param.param_type_name].append(described)
    first, _, rest = (command.help or "").partition("\n")
    return {
        "name": words,
        "help": first,
        "description": "\n\n".join(" ".join(part.split()) for part in rest.strip().split("\n\n")),
        "arguments": own["argument"],
        "options": own["option"],
        "common_options": taken,
        "examples": _examples(command.epilog),
    }


def _examples(epilog: str) -> list[str]:
    """Return the lines under the epilog's title, each whole."""
    _, _, text = epilog.partition(":\n")
    return [line.strip() for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines()]


def _parameter(param: Any, annotation: Any = str) -> dict[str, Any]:
    """Return what an argument or an option is.

    Args:
        param: Typer's, whose type differs between releases.
        annotation: of the parameter that declares it.
    """
    is_argument, is_flag = param.param_type_name == "argument", getattr(param, "is_flag", False)
    type_ = _value_type(annotation)
    choices = list(get_args(type_)) if get_origin(type_) is Literal else None
    default = None if callable(param.default) else param.default
    described = {
        "names": [param.metavar or param.name] if is_argument else list(param.opts),
        "off_names": list(param.secondary_opts),
        "metavar": None if is_flag else param.metavar,
        "type": "flag" if is_flag else "choice" if choices else _TYPES.get(type_, "text"),
        "choices": choices,
        "default": default if isinstance(default, bool | int | float | str | None) else str(default),
        "required": param.required,
        "repeatable": param.nargs == -1 or bool(getattr(param, "multiple", False)),
        "variable": next(filter(None, map(VARIABLE_OF_OPTION.get, param.opts)), None),
        "help": param.help,
    }
    if is_argument:
        for name in ("off_names", "variable"):
            del described[name]
    return described


def _value_type(annotation: Any) -> Any:
    """Return the type of one value, such as ``str`` in ``Annotated[list[str] | None, …]``."""
    inner = [type_ for type_ in get_args(annotation) if type_ is not NoneType]
    return annotation if get_origin(annotation) is Literal or not inner else _value_type(inner[0])
