"""``help``: show help for a command or topic."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jebbitctl.commands import topics
from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command, single


@command(
    name="help", common=LOCAL_OPTIONS, example="jebbitctl help integrations create\njebbitctl help exit-codes"
)
def help_(
    context: Context,
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND… | TOPIC]",
            help=f"Topics: {', '.join(topics.TOPICS)}.",
            autocompletion=topics.complete,
        ),
    ] = None,
) -> None:
    """Show help for a command or topic."""
    if words and len(words) == 1 and words[0] in topics.TOPICS:
        text = topics.text(words[0])
    else:
        text = _command_help(ctx.find_root(), words or [])
    if context.output.json:
        context.output.document({"help": text})
    else:
        context.output.line(text.rstrip())


def _command_help(ctx: Any, words: list[str]) -> str:
    """Return the help of a command as ``--help`` shows it."""
    for word in words:
        if not hasattr(ctx.command, "resolve_command"):
            ctx.fail(f"No such command {word!r}.")
        name, found, _ = ctx.command.resolve_command(ctx, [word])
        ctx = typer.Context(found, info_name=name, parent=ctx)
    return str(ctx.command.get_help(ctx))


app = single(help_)
