"""What every command has in common: shared options, help layout, how a group is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from jebbitctl.commands import completing
from jebbitctl.context import CommonOptions, Context
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARED: dict[str, dict[str, Any]] = {
    "profile": {
        "param_decls": ["--profile"],
        "metavar": "NAME",
        "help": "The account to use; outranks the environment.",
        "autocompletion": completing.profiles,
    },
    "business": {
        "param_decls": ["--business"],
        "metavar": "ID",
        "help": "The business to work in, where a credential covers several.",
        "autocompletion": completing.businesses,
    },
    "json": {"param_decls": ["--json"], "is_flag": True, "help": "Print one JSON document."},
    "plain": {
        "param_decls": ["--plain"],
        "is_flag": True,
        "help": "Print tab-separated lines, as in a pipe.",
    },
    "query": {
        "param_decls": ["-q", "--query"],
        "metavar": "EXPR",
        "help": "Print what this JMESPath expression finds in the JSON.",
    },
    "no_input": {"param_decls": ["--no-input"], "is_flag": True, "help": "Never ask anything."},
    "debug": {"param_decls": ["--debug"], "is_flag": True, "help": "Tell each request on stderr."},
}


class LocalCommand(TyperCommand):
    """A command with the shared options, each defined once, above; the function finds them in its context."""

    shared: ClassVar[tuple[str, ...]] = ("json", "plain", "query", "no_input", "debug")

    def __init__(self, name: str | None, **settings: Any) -> None:
        common = [
            TyperOption(**{"default": False if spec.get("is_flag") else None, **spec})
            for spec in (_SHARED[key] for key in self.shared)
        ]
        super().__init__(name, **{**settings, "params": [*(settings.get("params") or []), *common]})

    def invoke(self, ctx: Any) -> Any:
        """Move the shared options out of the function's parameters into its context, and run it.

        Raises:
            JebbitctlError: it failed, or could not tell what it came to.
        """
        ctx.obj = Context(CommonOptions(**{name: ctx.params.pop(name) for name in self.shared}))
        output = ctx.obj.output
        try:
            result = super().invoke(ctx)
        except JebbitctlError:
            if output.untold:
                output.warn(output.untold.message)
            raise
        if output.untold:
            raise output.untold
        return result

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the usage line's pieces, required arguments without Typer's braces: ``ID``, not ``{ID}``."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the command's own options first and the shared ones below."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Common options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            shared = param.name in self.shared or param.name == "help"
            kind = "Common options" if shared else "Options"
            sections["Arguments" if param.param_type_name == "argument" else kind].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class ProfileCommand(LocalCommand):
    """A command that works on one profile, without talking to Jebbit."""

    shared = ("profile", *LocalCommand.shared)


class ApiCommand(LocalCommand):
    """A command that talks to Jebbit."""

    shared = ("profile", "business", *LocalCommand.shared)


class Group(TyperGroup):
    """A noun; named alone, it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help where no command is named."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)


def group(help_: str) -> typer.Typer:
    """Return an app for several commands under one noun."""
    app = typer.Typer(
        cls=Group, help=help_, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_nothing)
    return app


def single() -> typer.Typer:
    """Return an app for one command that is its own verb."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)


def command(
    app: typer.Typer, name: str, *, example: str, cls: type[TyperCommand] = ApiCommand, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command; ``example`` stands at the end of its help, one line of shell or several."""
    lines = "\n".join(f"  {line}" for line in example.splitlines())
    return app.command(name, cls=cls, epilog=f"\b\nExample:\n{lines}", **settings)


def _nothing() -> None:
    pass
