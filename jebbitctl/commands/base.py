"""Declares commands: ``@command`` turns a function into one; ``group`` and ``single`` make an app of them.

Typer sees one plain parameter for each option, so any release of Typer works that reads a signature.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, Literal, NamedTuple, get_args, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from jebbitctl.commands.command_line.docstrings import docstring
from jebbitctl.commands.command_line.given_values import require_usable_values
from jebbitctl.commands.command_line.parsing import options_after_command, require_given_once
from jebbitctl.commands.completion import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.context import Context as Context  # noqa: PLC0414 - for the command modules
else:
    Context = Any  # imported when a command runs

COMMON_OPTIONS: dict[str, Any] = {
    "profile": Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Profile to use, even if JEBBIT_CLIENT_ID is set.",
            autocompletion=values.profiles,
        ),
    ],
    "business": Annotated[
        str | None,
        typer.Option(
            metavar="ID|NAME",
            help="Business to use, if the credentials cover several.",
            autocompletion=values.businesses,
        ),
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print one JSON document.")],
    "plain": Annotated[bool, typer.Option("--plain", help="Print tab-separated lines, as in a pipe.")],
    "csv": Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")],
    "columns": Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help="Attributes to print as columns, in this order."),
    ],
    "query": Annotated[
        str | None,
        typer.Option("-q", "--query", metavar="EXPR", help="Filter the JSON with a JMESPath expression."),
    ],
    "no_input": Annotated[bool, typer.Option("--no-input", help="Never prompt.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Log each request to stderr.")],
}
"""The options that commands share. ``CommonOptions`` holds their values."""

CommonOption = Literal["profile", "business", "json", "plain", "csv", "columns", "query", "no_input", "debug"]

LOCAL_OPTIONS: tuple[CommonOption, ...] = ("json", "plain", "query", "no_input", "debug")
"""Common options of a command that does not call Jebbit."""
PROFILE_OPTIONS: tuple[CommonOption, ...] = ("profile", *LOCAL_OPTIONS)
"""Common options of a command that works on one profile."""
API_OPTIONS: tuple[CommonOption, ...] = ("profile", "business", *LOCAL_OPTIONS)
"""Common options of a command that calls Jebbit."""
ROW_OPTIONS: tuple[CommonOption, ...] = ("csv", "columns")
"""Further common options of a command that lists things."""
LIST_OPTIONS: tuple[CommonOption, ...] = (*API_OPTIONS, *ROW_OPTIONS)
"""Common options of a command that lists what Jebbit has."""

_WIDE = 60
"""Columns from which on an option and its help stand side by side."""

Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask for confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done. Change nothing.")]


class Command(NamedTuple):
    """One command, as ``command`` declares it."""

    function: Callable[..., None]
    name: str
    example: str
    common: tuple[CommonOption, ...]
    context_settings: dict[str, Any] | None

    def add_to(self, app: typer.Typer) -> None:
        """Register the command with Typer."""
        lines = "\n".join(f"  {line}" for line in self.example.splitlines())
        title = "Examples" if "\n  jebbitctl" in lines else "Example"
        register = app.command(
            self.name,
            cls=BaseCommand,
            epilog=f"\b\n{title}:\n{lines}",
            context_settings=self.context_settings,
        )
        register(_for_typer(self))


def command(
    *,
    example: str,
    name: str | None = None,
    common: tuple[CommonOption, ...] = API_OPTIONS,
    context_settings: dict[str, Any] | None = None,
) -> Callable[[Callable[Concatenate[Context, ...], None]], Command]:
    """Declare a function as a command.

    Its docstring is the help, its parameters are arguments and options::

        class Filter(NamedTuple):
            region: Annotated[Region | None, typer.Option(help="Only this region.")] = None
            active: Annotated[bool, typer.Option("--active", help="Only active ones.")] = False

        @command(name="list", example="jebbitctl integrations list --region eu")
        def list_(context: Context, filter_: Filter) -> None:
            "List integrations, newest first."

    The first parameter is the ``Context``, made from the common options. A parameter annotated with a
    NamedTuple stands for a group of options: each field is an option, and the function gets the tuple. A
    parameter annotated with ``typer.Context`` gets Typer's own context.

    Args:
        example: shell lines for the end of the help.
        name: what the user types; by default the function's name without underscores at its ends.
        common: the common options that the command takes.
        context_settings: passed to Typer.
    """

    def declare(function: Callable[..., None]) -> Command:
        return Command(function, name or function.__name__.strip("_"), example, common, context_settings)

    return declare


class App(NamedTuple):
    """A noun with its verbs, or a single command: the ``app`` of a command module.

    Attributes:
        commands: in the order of the help.
        help: the noun's help; None for a single command.
    """

    commands: tuple[Command, ...]
    help: str | None = None

    def build(self, verb: str | None = None) -> Any:
        """Return a Typer command. It has only the named verb, if there is one: each costs a millisecond."""
        app = typer.Typer(
            cls=BaseGroup,
            help=self.help,
            rich_markup_mode=None,
            add_completion=False,
            pretty_exceptions_enable=False,
        )
        if self.help is not None:
            app.callback()(_no_options)
        named = [command for command in self.commands if command.name == verb]
        for command in named or self.commands:
            command.add_to(app)
        return typer.main.get_command(app)


def group(help_: str, *commands: Command) -> App:
    """Return the app of a noun."""
    return App(commands, help_)


def single(command: Command) -> App:
    """Return the app of a command without a noun."""
    return App((command,))


class BaseCommand(TyperCommand):
    """A command whose help lists the common options in a section of their own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse an option that is given twice, of which Typer would take the last, and values by mistake."""
        if not ctx.resilient_parsing:
            require_usable_values(ctx, require_given_once(ctx, args))
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the pieces of the usage line; an argument is ``ID`` instead of Typer's ``{ID}``."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write three sections: arguments, the command's own options, common options."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Common options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                title = "Arguments"
            elif param.name in COMMON_OPTIONS or param.name == "help":
                title = "Common options"
            else:
                title = "Options"
            sections[title].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=30 if formatter.width >= _WIDE else 8)


class BaseGroup(TyperGroup):
    """A noun. Without a verb, it prints its help."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, then the commands."""
        records = [record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl(records, col_max=30 if formatter.width >= _WIDE else 8)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer calls it
        """Write each command with its whole first sentence, which Typer cuts off in narrow terminals."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, found.get_short_help_str(200)) for name, found in self.commands.items()]
            )

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Print the help if there are no arguments; pass common options on to the command."""
        if not args and not ctx.resilient_parsing:
            from jebbitctl.output.streams import write_line

            write_line(ctx.get_help())
            ctx.exit()
        args = options_after_command(args, common_spellings())
        if not ctx.resilient_parsing:
            require_given_once(ctx, args)
        return super().parse_args(ctx, args)


def common_spellings() -> dict[str, bool]:
    """Return each spelling of a common option, and whether it takes a value."""
    spellings: dict[str, bool] = {}
    for name, hint in COMMON_OPTIONS.items():
        (declared,) = hint.__metadata__  # Typer takes the first spelling for a default
        named = [text for text in (declared.default, *declared.param_decls) if isinstance(text, str)]
        spellings |= dict.fromkeys(named or [f"--{name}"], get_args(hint)[0] is not bool)
    return spellings


def _for_typer(command: Command) -> Callable[..., None]:
    """Return a function with one parameter for each option, which is what Typer reads.

    The function builds a ``Context`` from the common options and the tuples of option groups, and runs the
    command's function with them.

    Raises:
        TypeError: if two options have the same name.
    """
    function, hints = command.function, get_type_hints(command.function, include_extras=True)
    option_groups = {name: hint for name, hint in hints.items() if hasattr(hint, "_fields")}
    typer_contexts = [name for name, hint in hints.items() if hint is typer.Context]

    def run(ctx: typer.Context, **values: Any) -> None:
        from jebbitctl.context import CommonOptions, Context
        from jebbitctl.environment import Environment

        common = CommonOptions(**{name: values.pop(name) for name in command.common})
        for name, type_ in option_groups.items():
            values[name] = type_(**{field: values.pop(field) for field in type_._fields})
        values |= dict.fromkeys(typer_contexts, ctx)
        context = Context(common, Environment(ctx.find_root().obj))
        with context.output.deferred_errors():
            function(context, **values)

    parameters = [_keyword("ctx", typer.Context, inspect.Parameter.empty)]
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        if name in option_groups:
            parameters += _option_parameters(option_groups[name])
        elif name not in typer_contexts:
            parameters.append(_keyword(name, hints[name], parameter.default))
    parameters += [
        _keyword(name, hint, _default(name))
        for name, hint in COMMON_OPTIONS.items()
        if name in command.common
    ]
    try:
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    except ValueError as error:
        raise TypeError(f"command {command.name}: {error}") from error
    run.__annotations__ = {}
    run.__doc__ = docstring(function)
    return run


def _option_parameters(option_group: Any) -> list[inspect.Parameter]:
    """Return a parameter for each option of a group."""
    defaults = option_group._field_defaults
    return [
        _keyword(name, hint, defaults.get(name, inspect.Parameter.empty))
        for name, hint in get_type_hints(option_group, include_extras=True).items()
    ]


def _keyword(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _default(name: str) -> bool | None:
    """Return the default of a common option."""
    return False if get_args(COMMON_OPTIONS[name])[0] is bool else None


def _no_options() -> None:
    """Make a group of one verb a group: without a callback, Typer turns it into a plain command."""
