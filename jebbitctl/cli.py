"""The root command, which loads the others lazily, and the place where errors become exit codes."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from jebbitctl import __version__
from jebbitctl.commands import topics
from jebbitctl.commands.base import BaseGroup
from jebbitctl.commands.completion import install
from jebbitctl.commands.completion.scripts import use_completion_scripts
from jebbitctl.errors import ExitCode, JebbitctlError, UsageError
from jebbitctl.util.redaction import forget_registered_secrets
from jebbitctl.util.signals import end_normally_on_signals
from jebbitctl.util.timeouts import no_thread_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMANDS = {
    "login": "Log in: verify credentials and save them.",
    "logout": "Log out: remove a profile, its secret and its tokens.",
    "whoami": "Show the account and the settings in use.",
    "token": "Print a valid access token.",
    "profiles": "Manage several accounts on one machine.",
    "integrations": "Manage and diagnose the webhooks that Jebbit sends.",
    "mappings": "Manage the names under which integrations send attributes.",
    "backfills": "Re-deliver past answers.",
    "campaigns": "Show the campaigns that integrations deliver for.",
    "attributes": "Show the attributes that mappings can name.",
    "exports": "Show and check the files that Jebbit sends on a schedule.",
    "webhooks": "Sign, verify, send, check, receive and replay deliveries.",
    "api": "Send any request to Jebbit's API.",
    "doctor": "Check this machine, the settings and the connection.",
    "sandbox": "Run a local Jebbit for testing.",
    "demo": "Show how everything works together, without credentials.",
    "help": "Show help for a command or topic.",
}
"""Each command's name, which is also its module's, and its help: the root's help imports no command."""

_HELP = "Set up, test and receive Jebbit webhooks from a terminal, a script or a CI pipeline."

MIN_WIDTH, MAX_WIDTH = 30, 78
"""Columns of help texts. Typer's own minimum of 50 breaks lines in narrow terminals."""

_TOPIC_WIDTH = max(map(len, topics.TOPICS)) + 2
EPILOG = "\n".join(
    [
        "\b\nHelp topics:",
        *(f"  {name:<{_TOPIC_WIDTH}}{line}" for name, line in topics.TOPICS.items()),
        "\n\b\nExamples:\n  jebbitctl demo",
        "  jebbitctl integrations diagnose --all\n  jebbitctl help exit-codes",
    ]
)


class LazyRoot(BaseGroup):
    """The root command. It imports a command's module when the command is used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, help_ in COMMANDS.items():
            self.add_command(TyperCommand(name, help=help_))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, among them an option that may leave out its value, which Typer does not know."""
        return super().parse_args(ctx, install.with_shell(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the real command in place of its placeholder."""
        name, placeholder, rest = super().resolve_command(ctx, args)
        if placeholder is None:  # during completion, an unknown name is not an error
            return name, None, rest
        module = importlib.import_module(f"jebbitctl.commands.{name}")
        return name, module.app.build(rest[0] if rest else None), rest


app = typer.Typer(
    cls=LazyRoot, rich_markup_mode=None, pretty_exceptions_enable=False, epilog=EPILOG, add_completion=False
)


def _version(value: bool) -> None:  # noqa: FBT001 - Typer calls it
    if value:
        from jebbitctl.output.streams import write_line

        write_line(f"jebbitctl {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version.")
]


@app.callback(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
def _root(
    *,
    version: Version = False,
    install_completion: install.InstallCompletion = None,
    show_completion: install.ShowCompletion = None,
) -> None:
    """Take the options of jebbitctl itself."""


def run(args: list[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run one command line and return its exit code.

    Args:
        args: without the program's name.
        environment: where jebbitctl's own variables are read from.
    """
    if sys.stdout is None:
        from jebbitctl.output.streams import ClosedStdout

        sys.stdout = ClosedStdout()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    forget_registered_secrets()
    end_normally_on_signals()
    use_completion_scripts()
    try:
        root = typer.main.get_command(app)
        width = shutil.get_terminal_size().columns - 2
        code = root.main(
            args,
            prog_name="jebbitctl",
            standalone_mode=False,
            obj=environment,
            terminal_width=min(max(width, MIN_WIDTH), MAX_WIDTH),
        )
        _finish_output()
    except BrokenPipeError:
        return _ignore_broken_pipe()
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # Typer exits on it
            return _ignore_broken_pipe()
        raise
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a user never sees a traceback
        return _report(_to_jebbitctl_error(error, args), environment, as_json=wants_json(args))
    return code if isinstance(code, int) else ExitCode.OK


def wants_json(args: list[str]) -> bool:
    """Whether errors are printed as JSON; works even if the arguments cannot be parsed."""
    own = args[: args.index("--")] if "--" in args else args
    return "--json" in own


def _finish_output() -> None:
    """Write what stdout has buffered; a signal that ends the wait for its reader discards the rest."""
    try:
        sys.stdout.flush()
    except (KeyboardInterrupt, SystemExit):
        from jebbitctl.output.streams import discard

        discard(sys.stdout)
        raise


def _report(error: JebbitctlError, environment: Mapping[str, str], *, as_json: bool) -> int:
    """Print an error and return its exit code."""
    from jebbitctl.output.error_report import report
    from jebbitctl.output.streams import TerminalSettings, discard, flush

    try:
        flush()
    except OSError as again:
        discard(sys.stdout)
        if error.message == again.strerror:  # it is the same error, which now names stdout
            error = _to_jebbitctl_error(again)
    report(error, TerminalSettings.from_variables(environment), as_json=as_json)
    return error.exit_code


def _to_jebbitctl_error(error: Exception, args: Sequence[str] = ()) -> JebbitctlError:
    if isinstance(error, JebbitctlError):
        return error
    if isinstance(error, typer.TyperException):
        return _usage_error(error, args)
    if isinstance(error, MemoryError):
        return JebbitctlError(
            "there is not enough memory", hint="stop other programs, or raise the limit (ulimit -v)"
        )
    if isinstance(error, RuntimeError) and "start new thread" in str(error):  # raised by libraries
        return no_thread_error()
    if isinstance(error, ImportError) and not (error.name or "jebbitctl").startswith("jebbitctl"):
        return JebbitctlError(
            f"this Python cannot import {error.name}",
            hint="the installation is incomplete or was damaged by an update: install jebbitctl again",
        )
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return JebbitctlError(f"{error.filename}: {reason}" if error.filename else reason)
    return _bug(error)


def _usage_error(error: typer.TyperException, args: Sequence[str]) -> UsageError:
    from jebbitctl.commands.command_line.usage_message import usage_message

    ctx: Any = getattr(error, "ctx", None)
    unknown: str | None = getattr(error, "option_name", None) if hasattr(error, "possibilities") else None
    if ctx is not None and unknown is not None:
        from jebbitctl.commands.command_line.unknown_options import suggestion

        return UsageError(
            usage_message(error.message), hint=_hint_of_slip(args) or suggestion(unknown, ctx, args)
        )
    message = usage_message(error.format_message())
    path = ctx.command_path if ctx is not None else None
    if path == "jebbitctl" and (verb := message.removeprefix("no such command: ")) in args:
        from jebbitctl.commands.command_line.misplaced_verbs import commands_of

        if meant := commands_of(verb, COMMANDS):
            message += f"; did you mean {', '.join(map(repr, meant))}?"
            path = f"{path} {meant[0]}" if len(meant) == 1 else path
    return UsageError(message, hint=_hint_of_slip(args) or (path and f"see {path} --help"))


def _hint_of_slip(args: Sequence[str]) -> str | None:
    """Return why no command or option was recognised if a script has the wrong line ends or encoding."""
    if all(map(str.isprintable, args)):
        return None
    from jebbitctl.util.text_slips import find_slip

    return next((slip.hint for arg in args if (slip := find_slip(arg))), None)


def _bug(error: Exception) -> JebbitctlError:
    """Return an error that locates the bug; it contains no values, which may be secret."""
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


def _ignore_broken_pipe() -> int:
    """Succeed silently: a reader that closes a pipe early, such as ``head``, has read enough."""
    from jebbitctl.output.streams import discard

    discard(sys.stdout)
    return ExitCode.OK
