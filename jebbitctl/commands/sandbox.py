"""``sandbox``: a local Jebbit, on its own or for one command."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jebbitctl import environment as env
from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command, group
from jebbitctl.errors import UsageError
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.environment import Environment
    from jebbitctl.sandbox.server import SandboxOptions

TERMINATE_TIMEOUT = 5.0
"""Seconds that a command has to end after SIGTERM."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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

    Once it accepts connections, it prints the environment variables to set, as NAME=value lines. Its test
    deliveries are real and signed, but only go to endpoints on this machine. For a read-only token,
    append "-readonly" to the client id; the secret stays the same.
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

    Exits with the exit code of the command. The command's environment has the credentials and URLs of the
    sandbox, and an empty configuration directory, so it cannot reach your own account. --debug logs the
    requests that the sandbox receives.
    """
    from jebbitctl.sandbox.server import Sandbox

    with (
        Sandbox(_options(behaviour), log=context.output.debug) as sandbox,
        sandbox_environment(context.environment, sandbox.environment) as environment,
    ):
        raise typer.Exit(_run(cmd, environment))


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
        **address,
    )


def _print_environment(context: Context, environment: Mapping[str, str]) -> None:
    if context.output.json:
        context.output.document(environment)
    else:
        for name, value in environment.items():
            context.output.line(f"{name}={value}")
    sys.stdout.flush()


def _run(cmd: list[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code.

    Signals do not raise exceptions here until the process exists, and Ctrl-C never does. Otherwise,
    subprocess could lose the process or its exit code. Ctrl-C also reaches the process, which handles it.
    """
    received: list[int] = []
    previous = {
        number: signal.signal(number, lambda number, _: received.append(number)) for number in _SIGNALS
    }
    try:
        process = subprocess.Popen(cmd, env=environment)  # noqa: S603 - the user's command
        try:
            signal.signal(signal.SIGTERM, previous[signal.SIGTERM])
            if signal.SIGTERM in received:
                raise SystemExit(128 + signal.SIGTERM)
            if signal.SIGINT in received:  # possibly before the process could receive it
                process.send_signal(signal.SIGINT)
            code = process.wait()
        finally:
            _terminate(process)
    except OSError as error:
        raise UsageError(f"cannot run {cmd[0]}: {error.strerror}") from None
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _terminate(process: subprocess.Popen[bytes]) -> None:
    """End the process if it is still running."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(TERMINATE_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


app = group("Run a local Jebbit for testing.", serve, run)
