"""``sandbox serve``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.sandbox.options import BehaviourOptions, sandbox_options
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Mapping


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

    Once it accepts connections, it prints the environment variables to set, as NAME=value lines. Its
    deliveries are real and signed, but only go to endpoints on this machine: tests, backfills, and the
    answers of simulated visitors ("sandbox visit", --visits). For a token that can only read or only
    write, append "-readonly" or "-writeonly" to the client id; the secret stays the same.
    """
    from jebbitctl.sandbox.server import Sandbox

    output = context.output
    with Sandbox(
        sandbox_options(behaviour, host=host, port=port),
        log=output.note,
        warn=output.warn,
        certificates=context.environment.trusted_certificates(),
    ) as sandbox:
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


def _print_environment(context: Context, environment: Mapping[str, str]) -> None:
    if context.output.json:
        context.output.document(environment, show_secrets=True)
    else:
        for name, value in environment.items():
            context.output.line(f"{name}={value}", show_secrets=True)
    sys.stdout.flush()
