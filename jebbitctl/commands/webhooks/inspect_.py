"""``webhooks inspect``."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.endpoint_options import EndpointOptions, endpoint_client
from jebbitctl.commands.webhooks.options import SecretOptions, read_optional_secret
from jebbitctl.commands.webhooks.show import explain_recorded
from jebbitctl.errors import UsageError
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from jebbitctl.webhooks.inspector.replayer import Replayer

GrowingFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Recording made by listen --record.", show_default=False)
]


@command(
    name="inspect",
    example="jebbitctl webhooks inspect monday.jsonl\n"
    "jebbitctl webhooks inspect monday.jsonl --integration L5m24mjs \\\n"
    "  --to http://localhost:3000/jebbit",
)
def inspect_(
    context: Context,
    file: GrowingFile,
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="URL of the endpoint that replays go to.")
    ] = None,
    secret: SecretOptions,
    endpoint: EndpointOptions,
) -> None:
    """Serve a page on this machine that shows a recording, until Ctrl-C.

    New deliveries appear as they are recorded. With --to, the page can replay deliveries; with a shared
    secret, it can also edit and sign them, and says why a delivery was refused. Anyone who has the page's URL
    can see the deliveries.
    """
    from jebbitctl.webhooks.inspector.follower import RecordingFollower
    from jebbitctl.webhooks.inspector.server import Inspector
    from jebbitctl.webhooks.inspector.store import InspectorStore

    if not file.is_file():
        problem = "not a file" if file.exists() or str(file) == "-" else "no such file"
        raise UsageError(f"{file}: {problem}", hint="use a file that listen --record wrote")
    if to is None and endpoint != EndpointOptions():
        raise UsageError("--header, --client-cert, --client-key, --ca and --timeout require --to URL")
    key = read_optional_secret(context, secret)
    store = InspectorStore(file)
    with ExitStack() as stack:
        replayer = _replayer(context, stack, to, endpoint, key)
        stack.enter_context(RecordingFollower(file, store))
        inspector = stack.enter_context(
            Inspector(
                store,
                replayer,
                explain=lambda delivery: explain_recorded(delivery, key),
                title=file.name,
            )
        )
        context.output.note(f"Inspect {file} at {inspector.url}")
        _serve(context, inspector.url)


def _replayer(
    context: Context, stack: ExitStack, to: str | None, endpoint: EndpointOptions, key: str | None
) -> Replayer:
    from jebbitctl.webhooks.inspector.replayer import Replayer, client_target

    clients = [] if to is None else [stack.enter_context(endpoint_client(context, to, endpoint))]
    return Replayer([client_target(client) for client in clients], {} if key is None else {"": key})


def _serve(context: Context, url: str) -> None:
    """Print the URL for programs, and wait for a signal."""
    try:
        context.output.note("Press Ctrl-C to stop.")
        if context.output.json:
            context.output.event({"url": url})
            context.output.flush()
        while True:
            time.sleep(POLL_INTERVAL)
    except KeyboardInterrupt:
        context.output.note("Stopped.")
    except SystemExit:  # a signal
        context.output.note("Stopped.")
        raise
