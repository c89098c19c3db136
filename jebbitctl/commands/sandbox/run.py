"""``sandbox run``."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.sandbox.account import sandbox_environment
from jebbitctl.commands.sandbox.options import BehaviourOptions, sandbox_options
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_POLL_INTERVAL = 0.02
"""Seconds until the end of a command, or a signal, is noticed."""
TERMINATE_TIMEOUT = 5.0
"""Seconds that a command has to end after SIGTERM."""
NO_SUCH_COMMAND, CANNOT_RUN = 127, 126
"""The exit codes of a shell, env, timeout and nohup."""
_ENDING = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""Signals that end this process and its command."""


@command(
    common=LOCAL_OPTIONS,
    example="jebbitctl sandbox run --integrations 3 -- jebbitctl integrations list",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(
    context: Context,
    cmd: Annotated[list[str], typer.Argument(metavar="-- CMD…", help="Command to run.", show_default=False)],
    behaviour: BehaviourOptions,
) -> None:
    """Run a command against a new sandbox.

    Exits with the exit code of the command, 127 if there is no such command, and 126 if it cannot be run.
    The command's environment has the credentials and URLs of the sandbox, and an empty configuration
    directory, so it cannot reach your own account. --debug logs the requests that the sandbox receives;
    deliveries that fail are always told.
    """
    from jebbitctl.sandbox.server import Sandbox

    with (
        Sandbox(
            sandbox_options(behaviour),
            log=context.output.debug,
            warn=context.output.warn,
            certificates=context.environment.trusted_certificates(),
        ) as sandbox,
        sandbox_environment(context.environment, sandbox.environment) as environment,
    ):
        try:
            code = _run(cmd, environment)
        except OSError as error:
            context.output.error(UsageError(f"cannot run {cmd[0]}: {error.strerror}"))
            code = NO_SUCH_COMMAND if isinstance(error, FileNotFoundError) else CANNOT_RUN
        raise typer.Exit(code)


def _run(cmd: list[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code; an OSError says why it cannot be run.

    Signals raise no exceptions here: subprocess could lose the process or its exit code. Ctrl-C also reaches
    the process, which handles it. A signal that ends this process is passed on first.
    """
    interrupts: list[int] = []
    ending: list[int] = []
    handlers = dict.fromkeys(_ENDING, lambda number, _: ending.append(number))
    with _handlers({signal.SIGINT: lambda number, _: interrupts.append(number), **handlers}):
        process = subprocess.Popen(cmd, env=environment)  # noqa: S603 - the user's command
        try:
            if interrupts:
                process.send_signal(signal.SIGINT)  # it possibly came before the process could receive it
            while process.poll() is None and not ending:
                time.sleep(_POLL_INTERVAL)
        finally:
            _terminate(process, ending[0] if ending else signal.SIGTERM)
    code = -ending[0] if ending else process.returncode
    return code if code >= 0 else 128 - code


@contextmanager
def _handlers(handlers: Mapping[signal.Signals, Callable[[int, object], object]]) -> Iterator[None]:
    """Handle signals while the block runs, except for those that this process was started to ignore."""
    previous = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if previous[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def _terminate(process: subprocess.Popen[bytes], number: int) -> None:
    """End the process with a signal if it is still running."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(TERMINATE_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
