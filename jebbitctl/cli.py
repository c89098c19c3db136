"""The root of the program: mounts the commands lazily, and turns every error into an exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from jebbitctl import __version__
from jebbitctl.commands.common import Group
from jebbitctl.commands.shells import mend_completion
from jebbitctl.commands.topics import TOPICS
from jebbitctl.errors import ExitCode, JebbitctlError, UsageError

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = {
    "login": "Prove credentials, then keep them.",
    "logout": "Forget a profile.",
    "whoami": "Show whose account this is, and which settings won.",
    "token": "Print a valid access token.",
    "profiles": "Several accounts on one machine.",
    "integrations": "The webhooks that Jebbit sends.",
    "mappings": "The names under which integrations send attributes.",
    "backfills": "Answers of the past, delivered again.",
    "campaigns": "The campaigns that integrations deliver for.",
    "webhooks": "Sign, verify, send, check, receive and replay deliveries.",
    "api": "Send any request to Jebbit's API.",
    "doctor": "Find what is wrong with this machine.",
    "sandbox": "A local Jebbit to rehearse with.",
    "demo": "Show the whole story on this machine, no credentials needed.",
    "help": "Show the help of a command, or of a topic.",
}
"""Each command's name, which is its module's, and its line in the help: nothing is imported to show it."""

EPILOG = "\n".join(f"\b\n{block}" for block in (*TOPICS.values(), "Example:\n  jebbitctl demo\n"))


class LazyRoot(Group):
    """Knows its commands by name and help; the module behind one is imported when it is used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, help_ in COMMANDS.items():
            self.add_command(TyperCommand(name, help=help_))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the real command in place of its stand-in."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None:  # while completing, where an unknown name is no error
            return name, stand_in, rest
        module = importlib.import_module(f"jebbitctl.commands.{name}")
        return name, typer.main.get_command(_only(module.app, rest)), rest


def _only(group: typer.Typer, args: list[str]) -> typer.Typer:
    """Return a group with only the command that is named: each of the others takes Typer a millisecond."""
    named = [command for command in group.registered_commands if args and command.name == args[0]]
    if not named:
        return group
    smaller = copy(group)
    smaller.registered_commands = named
    return smaller


app = typer.Typer(cls=LazyRoot, rich_markup_mode=None, pretty_exceptions_enable=False, epilog=EPILOG)


def _version(value: bool) -> None:  # noqa: FBT001 - Typer calls it
    if value:
        typer.echo(f"jebbitctl {__version__}")
        raise typer.Exit


@app.callback(context_settings={"help_option_names": ["-h", "--help"]})
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version.")
    ] = False,
) -> None:
    """Set up, test and receive Jebbit webhooks from a terminal, a script or a CI pipeline."""


def run(args: list[str]) -> int:
    """Carry out one command line and return its exit code; the only place where an error becomes one."""
    if sys.stdout is None:
        from jebbitctl.output.streams import ClosedStdout

        sys.stdout = ClosedStdout()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    mend_completion()
    try:
        code = typer.main.get_command(app).main(args, prog_name="jebbitctl", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):
            return _reader_left()
        raise
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, no traceback reaches a user
        return _failed(_as_ours(error), as_json=wants_json(args))
    return code if isinstance(code, int) else ExitCode.OK


def wants_json(args: list[str]) -> bool:
    """Whether errors are to be JSON as well; asked before, or in spite of, a successful parse."""
    own = args[: args.index("--")] if "--" in args else args
    return any(arg == "--json" or arg.startswith(("-q", "--query")) for arg in own)


def _failed(error: JebbitctlError, *, as_json: bool) -> int:
    from jebbitctl.output import report
    from jebbitctl.output.streams import discard

    try:
        sys.stdout.flush()
    except OSError:
        discard(sys.stdout)
    report(error, as_json=as_json)
    return error.exit_code


def _as_ours(error: Exception) -> JebbitctlError:
    if isinstance(error, JebbitctlError):
        return error
    if isinstance(error, typer.TyperException):
        return _usage_error(error)
    if isinstance(error, OSError):
        what = error.strerror or type(error).__name__
        return JebbitctlError(f"{error.filename}: {what}" if error.filename else what)
    return _bug(error)


def _usage_error(error: typer.TyperException) -> UsageError:
    """Return Typer's complaint as one of ours."""
    ctx: Any = getattr(error, "ctx", None)
    hint = f"see {ctx.command_path} --help" if ctx is not None else None
    return UsageError(" ".join(error.format_message().split()), hint=hint)


def _bug(error: Exception) -> JebbitctlError:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = ""
    if traceback is not None:
        code = traceback.tb_frame.f_code
        where = f" in {os.path.basename(code.co_filename)}:{traceback.tb_lineno} ({code.co_name})"  # noqa: PTH119
    return JebbitctlError(
        f"a bug in jebbitctl {__version__}: {type(error).__name__}{where}",
        hint="please report this line and the command you typed, without secrets",
    )


def _reader_left() -> int:
    """Say nothing: whoever closes a pipe early, as ``head`` does, has what it wanted."""
    from jebbitctl.output.streams import discard

    discard(sys.stdout)
    return ExitCode.OK


def _terminate(signum: int, _frame: FrameType | None) -> NoReturn:
    """Let a SIGTERM run the same clean-up as any other end."""
    raise SystemExit(128 + signum)
