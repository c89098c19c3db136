"""``sandbox run``."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.sandbox.account import sandbox_environment
from jebbitctl.commands.sandbox.options import (
    BehaviourOptions,
    StartOptions,
    sandbox_options,
    warn_of_remote_use,
)
from jebbitctl.environment import CONFIG_DIR
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util import shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jebbitctl.sandbox.expectations import Expectation
    from jebbitctl.sandbox.server import Sandbox

_POLL_INTERVAL = 0.02
"""Seconds until the end of a command, or a signal, is noticed."""
TERMINATE_TIMEOUT = 5.0
"""Seconds that a command has to end after SIGTERM."""
SETTLE_TIMEOUT = 10.0
"""Seconds that deliveries have to get a result, after the command."""
NO_SUCH_COMMAND, CANNOT_RUN = 127, 126
"""The exit codes of a shell, env, timeout and nohup."""
_ENDING = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""Signals that end this process and its command."""


@command(
    common=LOCAL_OPTIONS,
    example="jebbitctl sandbox run --integrations 3 -- jebbitctl integrations list\n"
    "jebbitctl sandbox run --from jebbit.toml --faults duplicate,reorder \\\n"
    "  --expect 'delivered >= 10 and refused == 0' -- ./integration-tests.sh",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(
    context: Context,
    cmd: Annotated[list[str], typer.Argument(metavar="-- CMD…", help="Command to run.", show_default=False)],
    behaviour: BehaviourOptions,
    start: StartOptions,
    *,
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Exit 6 unless this holds after the command, such as 'delivered >= 10 and refused == 0'.",
        ),
    ] = None,
) -> None:
    """Run a command against a new sandbox.

    Exits with the exit code of the command, 127 if there is no such command, and 126 if it cannot be run.
    The command's environment has the credentials and URLs of the sandbox, and a new configuration
    directory, so it cannot reach your own account. --debug logs the requests that the sandbox receives;
    failed deliveries are always reported.

    --expect waits up to 10 seconds for deliveries under way, if the command exits 0. It compares integers and
    counters with == != < <= > >= and, or, not, +, - and parentheses. The counters: visits, finished (visits
    that reached the end), kept_back (visitors who left, and deliveries that answers or settings prevented),
    delivered (2xx), refused (another status), unanswered, failed (refused or unanswered), not_sent (to other
    machines), lost (by --faults), duplicates (second requests by --faults, which count as delivered, refused
    or unanswered, too), requests (of the API, and for tokens), errors (of them, 400 or more).
    """
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.storage.running_sandboxes import RunningSandbox, RunningSandboxes

    expectation = _expectation(expect)
    output, options = context.output, sandbox_options(context, behaviour, start)
    with (
        Sandbox(
            options,
            log=output.debug,
            warn=output.warn,
            certificates=context.environment.trusted_certificates(),
        ) as sandbox,
        sandbox_environment(context.environment, sandbox.environment) as environment,
        RunningSandboxes(Path(environment[CONFIG_DIR])).announce(
            RunningSandbox(sandbox.run, sandbox.environment), output.warn
        ),  # "sandbox env" in the command finds it, as in a second terminal
    ):
        warn_of_remote_use(context, start)
        try:
            code = _run(cmd, environment, output.warn)
        except OSError as error:
            output.error(UsageError(f"cannot run {cmd[0]}: {error.strerror}", hint=_hint(error, cmd[0])))
            code = NO_SUCH_COMMAND if isinstance(error, FileNotFoundError) else CANNOT_RUN
        if expectation and code == 0:
            _require(expectation, sandbox)
        raise typer.Exit(code)


def _hint(error: OSError, program: str) -> str | None:
    """Return what to do about a program that cannot be run."""
    if error.errno == errno.ENOEXEC:
        return "if it is a script, begin it with #!/bin/sh, or run it with sh"
    file = Path(program)
    if isinstance(error, PermissionError) and file.is_file() and not file.stat().st_mode & 0o111:
        return f"make it executable: chmod +x {shell.quote(program)}"
    return None


def _expectation(text: str | None) -> Expectation | None:
    from jebbitctl.sandbox.expectations import Expectation

    return None if text is None else Expectation(text)


def _require(expectation: Expectation, sandbox: Sandbox) -> None:
    """Check what a sandbox has counted, once its deliveries have results.

    Raises:
        CheckFailedError: the expectation does not hold.
    """
    is_settled = sandbox.settle(SETTLE_TIMEOUT)
    counted = sandbox.counters
    if not expectation.holds(counted):
        values = ", ".join(f"{name} is {counted[name]}" for name in expectation.names)
        raise CheckFailedError(
            f"expected {expectation.text}" + (f", but {values}" if values else ""),
            hint=None if is_settled else f"deliveries were still under way after {SETTLE_TIMEOUT:g} s",
        )


def _run(cmd: list[str], environment: Mapping[str, str], warn: Callable[[str], None]) -> int:
    """Run a command and return its exit code; an OSError says why it cannot be run.

    Signals raise no exceptions here: subprocess could lose the process or its exit code. Ctrl-C at a terminal
    also reaches the process, which handles it; without a terminal, it is passed on. A signal that ends this
    process is passed on first.
    """
    interrupts: list[int] = []
    ending: list[int] = []
    handlers = dict.fromkeys(_ENDING, lambda number, _: ending.append(number))
    with _handlers({signal.SIGINT: lambda number, _: interrupts.append(number), **handlers}):
        process = subprocess.Popen(cmd, env=environment)  # noqa: S603 - the user's command
        try:
            if interrupts:
                process.send_signal(signal.SIGINT)  # it possibly came before the process could receive it
                interrupts.clear()
            while process.poll() is None and not ending:
                if interrupts:
                    interrupts.clear()
                    if not _is_at_terminal():
                        process.send_signal(signal.SIGINT)
                time.sleep(_POLL_INTERVAL)
        finally:
            if not _terminate(process, ending[0] if ending else signal.SIGTERM):
                warn(f"{cmd[0]} did not end within {TERMINATE_TIMEOUT:g} s, so it was killed")
    code = -ending[0] if ending else process.returncode
    return code if code >= 0 else 128 - code


def _is_at_terminal() -> bool:
    """Whether Ctrl-C at a terminal reaches this process and its command."""
    if os.name != "posix":
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


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


def _terminate(process: subprocess.Popen[bytes], number: int) -> bool:
    """End the process with a signal if it is still running; return False if it had to be killed."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(TERMINATE_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
    return True
