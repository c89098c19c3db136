"""``help``: show help for a command or topic."""

from __future__ import annotations

import difflib
import shutil
import sys
from typing import Annotated, Any

import typer

from jebbitctl.commands import topics
from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command, single
from jebbitctl.commands.topics.layout import WIDTH, rewrap
from jebbitctl.errors import UsageError
from jebbitctl.output.streams import is_terminal

MIN_WIDTH = 20


def _complete(ctx: Any, _args: list[str], incomplete: str) -> list[tuple[str, str]]:
    """Offer commands and topics, then the verbs of a command."""
    words = ctx.params.get("words") or []
    root = ctx.find_root()
    commands = _command_context(root, words).command
    found = {name: verb.get_short_help_str() for name, verb in getattr(commands, "commands", {}).items()}
    offered = found if words else {**found, **topics.TOPICS}
    return [(name, line) for name, line in offered.items() if name.startswith(incomplete)]


@command(
    name="help",
    common=LOCAL_OPTIONS,
    example="jebbitctl help integrations create\njebbitctl help exit-codes\n"
    "jebbitctl help -q 'commands[].name'",
)
def help_(
    context: Context,
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND… | TOPIC]",
            help=f"Topics: {', '.join(topics.TOPICS)}.",
            autocompletion=_complete,
        ),
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a manifest: help manifest --schema.")
    ] = False,
) -> None:
    """Show help for a command or topic.

    With --json and without a command, the document has every command with its arguments and options, the
    environment variables, the exit codes and the topics.
    """
    if schema:
        _print_schema(context, words)
        return
    root: Any = ctx.find_root()
    if words and len(words) == 1 and words[0] in topics.TOPICS:
        text = _fitted(topics.text(words[0]))
    elif words and words[0] not in root.command.commands:
        raise _unknown(words[0], [*root.command.commands, *topics.TOPICS])
    else:
        found = _command_context(root, words or [])
        text = found.command.get_help(found)
    if context.output.json and not words:
        from jebbitctl.commands.command_line.command_tree import command_tree

        tree = command_tree(root.command, lambda name: _command_context(root, [name]).command)
        context.output.document({"help": text, **tree})
    elif context.output.json:
        context.output.document({"help": text})
    else:
        context.output.line(text.rstrip())


def _fitted(text: str) -> str:
    """Return a topic's text for the width of the terminal."""
    width = shutil.get_terminal_size().columns
    return rewrap(text, max(width, MIN_WIDTH)) if is_terminal(sys.stdout) and width < WIDTH else text


def _print_schema(context: Context, words: list[str] | None) -> None:
    """Print the JSON Schema of a manifest.

    Raises:
        UsageError: another topic is named.
    """
    from jebbitctl.commands.topics import manifest
    from jebbitctl.util.text import json_text

    if words != ["manifest"]:
        raise UsageError("only manifests have a schema", hint="jebbitctl help manifest --schema")
    if context.output.json:
        context.output.document(manifest.schema())
    else:
        context.output.verbatim(json_text(manifest.schema(), indent=2).splitlines())


def _unknown(word: str, known: list[str]) -> UsageError:
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "see jebbitctl --help"
    return UsageError(f"no such command or topic: {word}", hint=hint)


def _command_context(ctx: Any, words: list[str]) -> Any:
    """Return Typer's context of the command that the words name."""
    for word in words:
        if not hasattr(ctx.command, "resolve_command"):
            ctx.fail(f"No such command {word!r}.")
        name, found, _ = ctx.command.resolve_command(ctx, [word])
        ctx = typer.Context(found, info_name=name, parent=ctx)
    return ctx


app = single(help_)
