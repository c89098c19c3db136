"""Checks the values of a command line before the command runs: one place for every command.

Text must be UTF-8 without carriage returns and other control characters: it would be sent to Jebbit as it is.
A path may be any bytes, but not empty: an empty one is a variable of a script that is not set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.text_slips import carriage_return, find_slip, invalid_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATHS = frozenset({"FILE", "FILE|-", "DIR"})
_PASSED_ON = "-- CMD…"
"""The words of another program, which are not jebbitctl's to judge."""
_EXAMINED = "--signature"
"""What a command examines: it tells itself what is wrong."""
_OF_BYTES = "'NAME: VALUE'"
"""A header of a delivery, which is sent byte for byte."""


def require_usable_values(ctx: Any, values: Mapping[str, Any]) -> None:
    """Check each value of a command.

    Args:
        ctx: Typer's context of the command.
        values: the words of the command line, by the parameter's name; a list if it has several.

    Raises:
        UsageError: a value is not text, or is an empty path; it names the option or argument.
    """
    for param in ctx.command.get_params(ctx):
        for value in _words(values.get(param.name)):
            _require_usable(param, value)


def is_path(param: Any) -> bool:
    """Whether the value of an option or argument is a path."""
    return param.metavar in _PATHS or param.name == "secret_file"


def _require_usable(param: Any, value: str) -> None:
    if param.metavar == _PASSED_ON or _EXAMINED in param.opts:
        return
    if is_path(param):
        if not value:
            raise UsageError(
                f"{_name(param)} is empty", hint="give it a path; perhaps a variable of a script is not set"
            )
        slip = carriage_return(value)
    else:
        slip = find_slip(value)
        if slip and param.metavar == _OF_BYTES and slip == invalid_bytes(value):
            slip = carriage_return(value)
    if slip:
        raise UsageError(f"{_name(param)} {slip.problem}", hint=slip.hint)


def _words(value: Any) -> Iterator[str]:
    """Yield the words of a value; a flag has none."""
    for word in value if isinstance(value, list | tuple) else [value]:
        if isinstance(word, str):
            yield word


def _name(param: Any) -> str:
    """Return how the user knows a parameter: ``--into``, or ``FILE``."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name).strip("[]{}…")
