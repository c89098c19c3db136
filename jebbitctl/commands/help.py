"""``help``: a command's help, or that of a topic."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jebbitctl.commands.common import LocalCommand, command, single
from jebbitctl.commands.topics import TOPICS
from jebbitctl.context import context_of

app = single()


@command(
    app, "help", cls=LocalCommand, example="jebbitctl help integrations create\njebbitctl help exit-codes"
)
def help_(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND… | TOPIC]", help=f"A topic is {' or '.join(TOPICS)}."),
    ] = None,
) -> None:
    """Show the help of a command, or of a topic."""
    text = TOPICS.get(words[0]) if words and len(words) == 1 else None
    text = text or _help_of(ctx.find_root(), words or [])
    context_of(ctx).output.value(text.rstrip(), {"help": text})


def _help_of(ctx: Any, words: list[str]) -> str:
    """Return a command's help, as ``--help`` shows it."""
    for word in words:
        if not hasattr(ctx.command, "resolve_command"):
            ctx.fail(f"No such command {word!r}.")
        name, found, _ = ctx.command.resolve_command(ctx, [word])
        ctx = typer.Context(found, info_name=name, parent=ctx)
    return str(ctx.command.get_help(ctx))
