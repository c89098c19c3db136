"""``sandbox``: a local Jebbit, on its own or for one command."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from jebbitctl import environment as env
from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command, group
from jebbitctl.errors import UsageError
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jebbitctl.environment import Environment
    from jebbitctl.sandbox.server import SandboxOptions

_POLL_INTERVAL = 0.02
"""Seconds until the end of a command, or a signal, is noticed."""
TERMINATE_TIMEOUT = 5.0
"""Seconds that a command has to end after SIGTERM."""
NO_SUCH_COMMAND, CANNOT_RUN = 127, 126
"""The exit codes of a shell, env, timeout and nohup."""
_ENDING = tuple(signal.Signals[name] for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))
"""Signals that end this process and its command."""


Dialect = Literal["article", "openapi", "host"]
ServiceName = Literal["webhooks_standard", "webhook"]
ErrorStyle = Literal["openapi", "jsonapi", "message", "rails", "text"]


class BehaviourOptions(NamedTuple):
    """How the sandbox behaves."""

    businesses: Annotated[int, typer.Option(metavar="N", help="Number of businesses.")] = 1
    integrations: Annotated[int, typer.Option(metavar="N", help="Number of integrations per business.")] = 0
    token_lifetime: Annotated[int, typer.Option(metavar="SECONDS", help="Lifetime of a token.")] = 86400
    latency: Annotated[int, typer.Option(metavar="MS", help="Delay of each response, in milliseconds.")] = 0
    fail_rate: Annotated[
        float,
        typer.Option(metavar="P", help="Share of requests that fail with 429, 502 or 503, from 0 to 1."),
    ] = 0.0
    dialect: Annotated[
        Dialect,
        typer.Option(
            help="Respond as described in Jebbit's article, its OpenAPI document, "
            "or its MCP server (a host, no endpoint)."
        ),
    ] = "article"
    service_name: Annotated[ServiceName, typer.Option(help="Service name of webhooks in responses.")] = (
        "webhooks_standard"
    )
    error_style: Annotated[ErrorStyle, typer.Option(help="Format of error responses.")] = "openapi"


@command(common=LOCAL_OPTIONS, example="jebbitctl sandbox serve --port 8700 --integrations 3")
def serve(
    context: Context,
    behaviour: BehaviourOptions,
    *,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Loopback name or address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", help="Port to listen on. 0 picks a free port.", min=0, max=65535)
    ] = 0,
) -> None:
    """Serve a local Jebbit until Ctrl-C.

    It serves integrations, mappings, backfills and feeds, and, read only, campaigns with their launch links
    and statistics, attributes, exports, and which campaign feeds which integration or export.

    Once it accepts connections, it prints the environment variables to set, as NAME=value lines. Its test
    deliveries are real and signed, but only go to endpoints on this machine. For a token that can only
    read or only write, append "-readonly" or "-writeonly" to the client id; the secret stays the same.
    """
    from jebbitctl.sandbox.server import Sandbox

    output = context.output
    with Sandbox(_options(behaviour, host=host, port=port), log=output.note) as sandbox:
        try:
            output.note(f"Serving a local Jebbit at {sandbox.url}. Press Ctrl-C to stop. To use it, set:")
            _print_environment(context, sandbox.environment)
            while True:
                time.sleep(POLL_INTERVAL)
        except KeyboardInterrupt:
            output.note("Stopped.")
        except SystemExit:  # a signal
            output.note("Stopped.")
            raise


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
    directory, so it cannot reach your own account. --debug logs the requests that the sandbox receives.
    """
    from jebbitctl.sandbox.server import Sandbox

    with (
        Sandbox(_options(behaviour), log=context.output.debug) as sandbox,
        sandbox_environment(context.environment, sandbox.environment) as environment,
    ):
        try:
            code = _run(cmd, environment)
        except OSError as error:
            context.output.error(UsageError(f"cannot run {cmd[0]}: {error.strerror}"))
            code = NO_SUCH_COMMAND if isinstance(error, FileNotFoundError) else CANNOT_RUN
        raise typer.Exit(code)


@contextmanager
def sandbox_environment(environment: Environment, sandbox: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield this process's environment with a sandbox in place of the user's account."""
    with tempfile.TemporaryDirectory(prefix="jebbitctl-sandbox-") as directory:
        yield environment.for_account({**sandbox, env.CONFIG_DIR: directory})


def _options(behaviour: BehaviourOptions, **address: Any) -> SandboxOptions:
    from jebbitctl.sandbox.server import SandboxOptions

    return SandboxOptions(
        businesses=behaviour.businesses,
        integrations=behaviour.integrations,
        token_lifetime=behaviour.token_lifetime,
        latency_ms=behaviour.latency,
        fail_rate=behaviour.fail_rate,
        dialect=behaviour.dialect,
        service_name=behaviour.service_name,
        error_style=behaviour.error_style,
        **address,
    )


def _print_environment(context: Context, environment: Mapping[str, str]) -> None:
    if context.output.json:
        context.output.document(environment, show_secrets=True)
    else:
        for name, value in environment.items():
            context.output.line(f"{name}={value}", show_secrets=True)
    sys.stdout.flush()


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


app = group("Run a local Jebbit for testing.", serve, run)
