"""``sandbox``: a local Jebbit, to talk to or to run a command against."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.common import LocalCommand, command, group
from jebbitctl.context import context_of
from jebbitctl.deadline import POLL_INTERVAL
from jebbitctl.errors import UsageError
from jebbitctl.storage.files import CONFIG_DIR_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.context import Context

app = group("A local Jebbit to rehearse with.")

PATIENCE = 5.0
"""Seconds that a command gets to end after a SIGTERM."""

Businesses = Annotated[int, typer.Option(metavar="N", help="How many the credentials cover.")]
Integrations = Annotated[int, typer.Option(metavar="N", help="How many each business starts with.")]
TokenLifetime = Annotated[int, typer.Option(metavar="SECONDS", help="How long a token is valid.")]
Latency = Annotated[int, typer.Option(metavar="MS", help="Milliseconds before each answer.")]
FailRate = Annotated[
    float, typer.Option(metavar="P", help="The share of requests that fail with 429, 502 or 503: 0 to 1.")
]


@command(app, "serve", cls=LocalCommand, example="jebbitctl sandbox serve --port 8700 --integrations 3")
def serve(
    ctx: typer.Context,
    *,
    host: Annotated[str, typer.Option(metavar="HOST", help="A loopback name or address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="0 for any free one.", min=0, max=65535)] = 0,
    businesses: Businesses = 1,
    integrations: Integrations = 0,
    token_lifetime: TokenLifetime = 86400,
    latency: Latency = 0,
    fail_rate: FailRate = 0.0,
) -> None:
    """Serve a local Jebbit until Ctrl-C.

    Once it accepts connections it prints the variables to set, as NAME=value lines on standard output. Its
    test deliveries are real, and signed, but go to endpoints on this machine only. The client id with
    "-readonly" appended has the same secret and no scope to write.
    """
    from jebbitctl.sandbox.server import Options, Sandbox

    context = context_of(ctx)
    options = Options(
        host=host,
        port=port,
        businesses=businesses,
        integrations=integrations,
        token_lifetime=token_lifetime,
        latency_ms=latency,
        fail_rate=fail_rate,
    )
    with Sandbox(options, log=context.output.note) as sandbox:
        try:
            context.output.note(f"A local Jebbit at {sandbox.url}; Ctrl-C stops it. To talk to it, set:")
            _print_environment(context, sandbox.environment)
            while True:
                time.sleep(POLL_INTERVAL)
        except KeyboardInterrupt:
            context.output.note("Stopped.")


@command(
    app,
    "run",
    cls=LocalCommand,
    example="jebbitctl sandbox run --integrations 3 -- jebbitctl integrations list",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(
    ctx: typer.Context,
    cmd: Annotated[list[str], typer.Argument(metavar="-- CMD…", help="What to run.", show_default=False)],
    *,
    businesses: Businesses = 1,
    integrations: Integrations = 0,
    token_lifetime: TokenLifetime = 86400,
    latency: Latency = 0,
    fail_rate: FailRate = 0.0,
) -> None:
    """Run a command against a sandbox of its own, and exit as it did.

    The command finds credentials, URLs and an empty configuration directory in its environment; the settings
    of the account that you are logged in to are out of its reach. --debug shows what the sandbox is asked.
    """
    from jebbitctl.sandbox.server import Options, Sandbox

    context = context_of(ctx)
    options = Options(
        businesses=businesses,
        integrations=integrations,
        token_lifetime=token_lifetime,
        latency_ms=latency,
        fail_rate=fail_rate,
    )
    with (
        Sandbox(options, log=context.output.debug) as sandbox,
        environment_of(sandbox.environment) as environment,
    ):
        raise typer.Exit(_run(cmd, environment))


def _print_environment(context: Context, environment: Mapping[str, str]) -> None:
    if context.output.json:
        context.output.document(environment)
    else:
        for name, value in environment.items():
            context.output.line(f"{name}={value}")
    sys.stdout.flush()


@contextmanager
def environment_of(sandbox: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield this process's environment with a sandbox in place of the user's account."""
    with tempfile.TemporaryDirectory(prefix="jebbitctl-sandbox-") as directory:
        own = {name: value for name, value in os.environ.items() if name not in _ACCOUNT_VARIABLES}
        yield {**own, **sandbox, CONFIG_DIR_VARIABLE: directory}


_ACCOUNT_VARIABLES = {
    "JEBBIT_ACCESS_TOKEN",
    "JEBBIT_API_AUDIENCE",
    "JEBBIT_BUSINESS_ID",
    "JEBBIT_PROFILE",
    "JEBBIT_WEBHOOK_SECRET",
}


_ENDING = (signal.SIGINT, signal.SIGTERM)


def _run(cmd: list[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end; how a Ctrl-C, which reaches it as well, ends it is its own affair.

    No signal raises here before there is a process to end, and a Ctrl-C not at all: subprocess would lose the
    process, or its exit code, which would be 0 then.
    """
    told: list[int] = []
    before = {number: signal.signal(number, lambda number, _: told.append(number)) for number in _ENDING}
    try:
        process = subprocess.Popen(cmd, env=environment)  # noqa: S603 - what the user asked for
        try:
            signal.signal(signal.SIGTERM, before[signal.SIGTERM])
            if signal.SIGTERM in told:
                raise SystemExit(128 + signal.SIGTERM)
            if signal.SIGINT in told:  # perhaps before the command was there to get it
                process.send_signal(signal.SIGINT)
            code = process.wait()
        finally:
            _end(process)
    except OSError as error:
        raise UsageError(f"{cmd[0]} cannot be run: {error.strerror}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no command behind when this process is told to end."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
