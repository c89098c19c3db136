"""``webhooks listen``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.webhooks.listen.options import (
    EndOptions,
    ForwardOptions,
    ReceiverOptions,
    RecordOptions,
    SecretsOptions,
    ShowOptions,
    read_secrets,
    require_valid_options,
)
from jebbitctl.util import shell

if TYPE_CHECKING:
    from pathlib import Path


@command(
    example="jebbitctl webhooks listen --integration L5m24mjs \\\n"
    "  --forward-to http://localhost:3000/jebbit\n"
    "jebbitctl webhooks listen --trigger L5m24mjs --count 1 --timeout 30",
)
def listen(
    context: Context,
    *,
    receiver: ReceiverOptions,
    forwarding: ForwardOptions,
    recording: RecordOptions,
    showing: ShowOptions,
    inspect: Annotated[
        bool, typer.Option("--inspect", help="Serve a page on this machine that shows the deliveries.")
    ] = False,
    end: EndOptions,
    trigger: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Once listening, make Jebbit send a test delivery for this integration.",
            autocompletion=values.integrations,
        ),
    ] = None,
    secret: SecretsOptions,
) -> None:
    """Receive deliveries, verify, print, record and forward them.

    Valid deliveries get 200, or the response of the app at --forward-to: 502 if it cannot be reached, 504 if
    it is too slow. Wrong signatures get 403, malformed headers or old timestamps 400. With --count, exits 0
    after that many valid deliveries. With --count or --timeout, exits 6 if deliveries are missing or were not
    forwarded. A delivery that cannot be recorded gets 500, and ends the command with 1.
    """
    from jebbitctl.commands.webhooks.listen.explaining import Explainer
    from jebbitctl.commands.webhooks.listen.printing import EventPrinter
    from jebbitctl.commands.webhooks.listen.receiving import Reception
    from jebbitctl.commands.webhooks.listen.session import ListenSession

    require_valid_options(end, recording, forwarding)
    kinds = showing.kinds
    secrets = read_secrets(context, secret, trigger=trigger)
    name_urls = len(forwarding.forward_to or ()) > 1
    printer = EventPrinter(
        context.output,
        Explainer(secrets),
        kinds=kinds,
        verbose=showing.verbose,
        name_secrets=len(secrets) > 1,
        name_urls=name_urls,
    )
    session = ListenSession(
        context.output, printer, count=end.deliveries, check=end != EndOptions(), name_urls=name_urls
    )
    reception = Reception(context, receiver, forwarding, recording, limit=end.deliveries, inspect=inspect)
    with session.summarised(), reception.open(secrets, session.show_all) as url:
        _announce(context, url, reception.page_url, recording.record)
        printer.ready(url, reception.page_url)
        if trigger is not None:
            _trigger(context, trigger)
        session.follow(reception.events(end.timeout))
    reception.raise_failure()
    session.require_success()


def _announce(context: Context, url: str, page_url: str | None, record: Path | None) -> None:
    """Say where deliveries are received, recorded and shown."""
    context.output.note(f"Listening on {url}. Press Ctrl-C to stop.")
    if record:
        listed = f"jebbitctl webhooks list {shell.quote(str(record))}"
        context.output.note(f"Recording to {record}. For the numbers in it: {listed}")
    if page_url:
        context.output.note(f"Inspect deliveries at {page_url}")


def _trigger(context: Context, id_: str) -> None:
    """Make Jebbit send a test delivery, and say what it reports."""
    from jebbitctl.api.integrations import send_test

    report = send_test(context.client, id_)
    if report.problem:
        context.output.warn(report.problem)
    else:
        context.output.note(report.summary)
