"""What Typer does not do with a command line: options before the command, and options given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def options_after_command(args: Sequence[str], takes_value: Mapping[str, bool]) -> list[str]:
    """Return arguments of a group in which the common options before the command stand behind its name.

    Args:
        args: what follows the group's name.
        takes_value: each spelling of a common option, and whether a value follows it.
    """
    own, common, rest = [], [], list(args)
    while rest and rest[0].startswith("-") and rest[0] != "--":
        word = rest.pop(0)
        spelling = word[:2] if word[:2] in takes_value else word.partition("=")[0]
        if spelling not in takes_value:
            own.append(word)
            continue
        common.append(word)
        if takes_value[spelling] and word == spelling:
            common += rest[:1]
            del rest[:1]
    end = 2 if rest[:1] == ["--"] else 1  # of the name: "--" may stand before it
    return [*own, *rest[:end], *(common if rest[end - 1 :] else ()), *rest[end:]]


def require_given_once(ctx: Any, args: Sequence[str]) -> dict[str, Any]:
    """Check that no option contradicts itself: one of its values would be ignored.

    Args:
        ctx: Typer's context of the command or group.
        args: of the command or group.

    Returns:
        The words of the command line, by the parameter's name; nothing if the command will not run.

    Raises:
        typer.TyperException: an option of one value has several, or both forms of a switch were given.
    """
    try:
        values, _, given = ctx.command.make_parser(ctx).parse_args(args=list(args))
    except typer.TyperException as error:
        failed: Any = error
        failed.ctx = failed.ctx or ctx  # Typer forgets it if an option lacks its value: no hint
        raise
    will_run = not any(param.is_eager for param in given)  # --help and the like end it
    for param in given:
        if param.param_type_name != "option" or param.multiple or not (will_run or param.is_eager):
            continue
        if not param.is_flag and given.count(param) > 1:
            ctx.fail(f"{max(param.opts, key=len)} takes one value, but was given {given.count(param)} times")
        on, off = set(args).intersection(param.opts), set(args).intersection(param.secondary_opts)
        if param.is_flag and on and off:
            ctx.fail(f"{on.pop()} and {off.pop()} contradict each other")
    return dict(values) if will_run else {}
