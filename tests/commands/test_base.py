"""How commands are declared: options, groups of options, the context, names and help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import pytest
import typer

from jebbitctl.commands import base
from jebbitctl.commands.base import LOCAL_OPTIONS, PROFILE_OPTIONS, Context, command, group, single
from jebbitctl.context import CommonOptions
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from jebbitctl.commands.base import App

calls: list[tuple[Any, ...]] = []
"""The arguments of each command that ran."""


class Size(NamedTuple):
    """A group of options."""

    width: Annotated[int, typer.Option(help="Width.", min=1)] = 10
    unit: Annotated[Literal["cm", "in"], typer.Option(help="Unit.")] = "cm"
    tags: Annotated[list[str] | None, typer.Option("--tag", help="Tag; repeatable.")] = None


class Address(NamedTuple):
    """A group with a required option."""

    url: Annotated[str, typer.Option(metavar="URL", help="URL.")]


@command(example="jebbitctl box draw 1")
def draw(
    context: Context,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id.")],
    size: Size,
    *,
    border: Annotated[bool, typer.Option("--border", help="Draw a border.")] = False,
) -> None:
    """Draw a box.

    It has four sides.
    """
    calls.append((context, id_, size, border))


@command(example="jebbitctl box send", common=LOCAL_OPTIONS)
def send(context: Context, ctx: typer.Context, address: Address) -> None:
    """Send a box."""
    calls.append((context, ctx, address))


@command(example="jebbitctl box list", common=PROFILE_OPTIONS)
def list_(context: Context) -> None:
    """List boxes."""
    calls.append((context,))


@command(
    name="dump-all",
    example="jebbitctl box dump-all\njebbitctl box dump-all --json",
    context_settings={"ignore_unknown_options": True},
)
def dump(context: Context) -> None:
    """Print boxes."""
    with context.output.best_effort():
        raise OSError(28, "disk full")


BOX = group("Manage boxes.", draw, send, list_, dump)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def run(app: App, *args: str, env: dict[str, str] | None = None) -> None:
    """Run a command line as ``jebbitctl.cli.run`` does."""
    app.build().main(list(args), prog_name="box", standalone_mode=False, obj=env or {})


def help_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    run(BOX, *args, "--help")
    return capsys.readouterr().out


def test_the_options_of_a_group_arrive_as_one_typed_tuple() -> None:
    run(BOX, "draw", "a1", "--width", "3", "--unit", "in", "--tag", "x", "--tag", "y", "--border")
    ((_, id_, size, border),) = calls
    assert (id_, size, border) == ("a1", Size(3, "in", ["x", "y"]), True)
    assert isinstance(size, Size)


def test_options_of_a_group_that_are_not_given_have_its_defaults() -> None:
    run(BOX, "draw", "a1")
    ((_, _, size, border),) = calls
    assert (size, border) == (Size(), False)


@pytest.mark.parametrize("args", [("--width", "0"), ("--width", "x"), ("--unit", "m"), ("--url", "x")])
def test_an_invalid_option_of_a_group_is_an_error(args: tuple[str, ...]) -> None:
    with pytest.raises(typer.TyperException) as raised:
        run(BOX, "draw", "a1", *args)
    assert args[0] in raised.value.format_message()
    assert calls == []


def test_an_option_of_a_group_without_a_default_is_required() -> None:
    with pytest.raises(typer.TyperException) as raised:
        run(BOX, "send")
    assert "--url" in raised.value.format_message()
    run(BOX, "send", "--url", "x")
    assert calls[0][2] == Address("x")


def test_the_common_options_arrive_in_the_context() -> None:
    run(BOX, "draw", "a1")
    given = "--profile p --business b --json --plain --query id --no-input --debug"
    run(BOX, "draw", "a1", *given.split())
    assert [context.options for context, *_ in calls] == [
        CommonOptions(),
        CommonOptions("p", "b", json=True, plain=True, query="id", no_input=True, debug=True),
    ]


def test_the_environment_arrives_in_the_context() -> None:
    run(BOX, "list", env={"JEBBIT_PROFILE": "p", "JEBBIT_DEBUG": "1"})
    ((context,),) = calls
    assert context.environment.setting("JEBBIT_PROFILE") == "p"
    assert context.output.debugging


@pytest.mark.parametrize(
    ("args", "option"),
    [("list", "--business"), ("send --url x", "--business"), ("send --url x", "--profile")],
)
def test_a_command_takes_only_the_common_options_it_declares(args: str, option: str) -> None:
    with pytest.raises(typer.TyperException, match=option):
        run(BOX, *args.split(), option, "x")
    assert calls == []


def test_a_parameter_for_typers_context_gets_it() -> None:
    run(BOX, "send", "--url", "x")
    _, ctx, _ = calls[0]
    assert ctx.command_path == "box send"


def test_a_command_is_named_after_its_function_or_as_declared() -> None:
    assert [command.name for command in BOX.commands] == ["draw", "send", "list", "dump-all"]
    assert list(BOX.build().commands) == ["draw", "send", "list", "dump-all"]


def test_an_app_is_built_with_the_named_verb_only() -> None:
    assert list(BOX.build("list").commands) == ["list"]
    assert len(BOX.build("lst").commands) == len(BOX.build("--help").commands) == 4


def test_a_group_of_one_verb_is_still_a_group() -> None:
    run(group("Manage boxes.", list_), "list")
    assert len(calls) == 1


def test_a_single_command_has_no_verb() -> None:
    run(single(list_), "--profile", "p")
    assert calls[0][0].options.profile == "p"


def test_context_settings_are_passed_to_typer() -> None:
    assert BOX.build().commands["dump-all"].context_settings == {"ignore_unknown_options": True}


def test_help_has_sections_for_arguments_options_and_common_options(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = help_of(capsys, "draw")
    titles = ["Usage: box draw [OPTIONS] ID\n", "Draw a box.\n", "It has four sides.\n"]
    titles += [
        "\nArguments:\n",
        "  ID ",
        "\nOptions:\n",
        "  --width ",
        "  --unit ",
        "  --tag ",
        "  --border ",
    ]
    titles += ["\nCommon options:\n", *(f"  --{name}" for name in ("profile", "business", "json", "plain"))]
    titles += [
        "  -q, --query ",
        "  --no-input",
        "  --debug",
        "--help",
        "\n  Example:\n    jebbitctl box draw 1\n",
    ]
    positions = [text.find(title) for title in titles]
    assert -1 not in positions, text
    assert positions == sorted(positions)


def test_help_leaves_empty_sections_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, "list")
    assert "Arguments:" not in text
    assert "\nOptions:" not in text
    assert "--business" not in text


def test_help_keeps_the_lines_of_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert "    jebbitctl box dump-all\n    jebbitctl box dump-all --json\n" in help_of(capsys, "dump-all")


def test_a_group_without_a_verb_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    run(BOX)
    text = capsys.readouterr().out
    assert text == help_of(capsys)
    assert "Manage boxes." in text
    assert text.index("  draw") < text.index("  send") < text.index("  list") < text.index("  dump-all")


def test_output_that_could_not_be_printed_is_an_error_at_the_end_of_the_command() -> None:
    with pytest.raises(JebbitctlError, match="standard output: disk full"):
        run(BOX, "dump-all")


def test_two_options_of_one_name_are_refused() -> None:
    @command(example="jebbitctl twice")
    def twice(context: Context, size: Size, *, width: Annotated[int, typer.Option()] = 1) -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match=r"twice.*width"):
        single(twice).build()


def test_every_common_option_has_a_field_for_its_value() -> None:
    assert tuple(base.COMMON_OPTIONS) == CommonOptions._fields
    assert CommonOptions() == tuple(base._default(name) for name in base.COMMON_OPTIONS)  # noqa: SLF001
