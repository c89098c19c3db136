"""``webhooks listen``: a receiver for development, and for CI steps."""

from __future__ import annotations

import sys
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands import completing
from jebbitctl.commands.common import command
from jebbitctl.commands.webhook_options import SecretCommand, secret_of
from jebbitctl.commands.webhook_sending import described
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError, ExitCode, JebbitctlError, UsageError
from jebbitctl.text import parse_json
from jebbitctl.times import rfc3339
from jebbitctl.urls import is_loopback
from jebbitctl.webhooks.signature import TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.output import Output
    from jebbitctl.webhooks.exchange import EndpointResponse
    from jebbitctl.webhooks.inbox import Inbox
    from jebbitctl.webhooks.receiver import Delivery
    from jebbitctl.webhooks.recordings import Recorder


Port = Annotated[int, typer.Option(metavar="N", help="0 for any free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(metavar="HOST", help="Where to listen.")]
ForwardTo = Annotated[
    str | None, typer.Option(metavar="URL", help="Pass valid deliveries on, the same bytes and headers.")
]
Record = Annotated[Path | None, typer.Option(metavar="FILE", help="Append each delivery, for replay.")]
Count = Annotated[int | None, typer.Option(metavar="N", help="End after so many valid deliveries.", min=1)]
Timeout = Annotated[float | None, typer.Option(metavar="S", help="End after so many seconds.")]
Tolerance = Annotated[
    int, typer.Option(metavar="SECONDS", help="How far a timestamp may be from now.", min=0)
]
Trigger = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Make Jebbit send this integration's test, once listening.",
        autocompletion=completing.integrations,
    ),
]


def listen(
    ctx: typer.Context,
    *,
    port: Port = 8787,
    host: Host = "127.0.0.1",
    forward_to: ForwardTo = None,
    record: Record = None,
    count: Count = None,
    timeout: Timeout = None,
    tolerance: Tolerance = TOLERANCE,
    trigger: Trigger = None,
) -> None:
    """Receive deliveries, verify and print each.

    Verifies over the raw bytes, and prints a line as each delivery comes. Answers 200, or 403 to a bad
    signature, or 400 to a malformed or old one. With --count, exit 0 when so many valid deliveries came,
    else 6.
    """
    from jebbitctl.webhooks.exchange import EndpointClient
    from jebbitctl.webhooks.forwarding import forward
    from jebbitctl.webhooks.inbox import Inbox
    from jebbitctl.webhooks.receiver import Receiver
    from jebbitctl.webhooks.recordings import Recorder

    context = context_of(ctx)
    if timeout is not None and not timeout >= 0:  # nan is neither
        raise UsageError(f"--timeout: {timeout} is not a number of seconds")
    secret = secret_of(ctx, context, integration=trigger)
    inbox = Inbox()
    session = Session(context.output, count)
    with ExitStack() as stack:
        behind = (
            None if forward_to is None else partial(forward, stack.enter_context(EndpointClient(forward_to)))
        )
        recorder = None if record is None else stack.enter_context(Recorder(record))
        take = partial(_take, inbox, recorder)
        receiver = stack.enter_context(Receiver(secret, take, host=host, port=port, tolerance=tolerance))
        if not is_loopback(host):
            context.output.warn(f"{host} is open to other machines: they can reach this receiver")
        context.output.note(f"Listening on {receiver.url}; Ctrl-C ends it.")
        try:
            if trigger is not None:
                from jebbitctl.api.integrations import send_test

                send_test(context.client, trigger)
            session.follow(inbox.deliveries(timeout), behind)
        except KeyboardInterrupt:
            session.interrupted = True
        rest = inbox.close()
    session.follow(rest, None)  # what was answered is told, but a slow endpoint behind us is not waited for
    session.end(receiver.failure)


def _take(inbox: Inbox, recorder: Recorder | None, delivery: Delivery) -> None:
    """Record a delivery, and let it be told; one that cannot be recorded ends the session."""
    try:
        if recorder:
            recorder.append(delivery)
    except JebbitctlError:
        inbox.put(None)
        raise
    inbox.put(delivery)


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    command(
        app,
        "listen",
        cls=SecretCommand,
        example="jebbitctl webhooks listen --integration L5m24mjs --forward-to http://localhost:3000/jebbit\n"
        "jebbitctl webhooks listen --trigger L5m24mjs --count 1 --timeout 30",
    )(listen)


@dataclass
class Session:
    """What came so far, and how it is told."""

    output: Output
    owed: int | None
    interrupted: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for has come."""
        return self.owed is not None and self.seen.get(Reason.OK, 0) >= self.owed

    def follow(
        self, deliveries: Iterator[Delivery], forward: Callable[[Delivery], EndpointResponse] | None
    ) -> None:
        """Tell deliveries until all that was asked for has come; pass valid ones on."""
        while not self.complete and (delivery := next(deliveries, None)):
            reason = str(delivery.verification.reason)
            self.seen[reason] = self.seen.get(reason, 0) + 1
            self._tell(_delivery_event(delivery, with_body=self.output.json))
            if forward and delivery.verification.valid:
                answer = forward(delivery)
                outcome = "forwarded" if answer.accepted else "forward-failed"
                self._tell({"event": outcome, **described(answer)})

    def end(self, failure: Exception | None) -> None:
        """Sum up, and fail when something is still owed.

        Raises:
            CheckFailedError: fewer valid deliveries came than were asked for.
            typer.Exit: interrupted before they came.
        """
        summary = ", ".join(f"{number} {reason}" for reason, number in self.seen.items()) or "nothing"
        self.output.note(f"Received: {summary}.")
        if failure is not None:
            raise failure
        if self.owed is None or self.complete:
            return
        if self.interrupted:
            raise typer.Exit(ExitCode.INTERRUPTED)
        raise CheckFailedError(
            f"{self.seen.get(Reason.OK, 0)} of {self.owed} valid deliveries came in time",
            hint="is the integration's endpoint this receiver? jebbitctl webhooks send tries it from here",
        )

    def _tell(self, event: dict[str, Any]) -> None:
        """Print an event; where deliveries are owed, those are what is waited for, and not a reader."""
        with nullcontext() if self.owed is None else self.output.telling():
            if self.output.json:
                self.output.document(event, one_line=True)
            else:
                self.output.line(_line(event, "\t" if self.output.plain else "  "))
            sys.stdout.flush()


def _delivery_event(delivery: Delivery, *, with_body: bool) -> dict[str, Any]:
    verification = delivery.verification
    event = {
        "event": "delivery",
        "time": rfc3339(delivery.time),
        "status": delivery.status,
        "ok": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "bytes": len(delivery.body),
    }
    return {**event, "body": _readable(delivery.body)} if with_body else event


def _readable(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return parse_json(text)
    except ValueError:
        return text


def _line(event: dict[str, Any], between: str) -> str:
    """Return an event for people: a mark, what came, and the beginning of it."""
    if event["event"] == "delivery":
        marks = [name for name in ("test", "repeat") if event[name]]
        told = [event["time"], "✓" if event["ok"] else "✗", event["status"], event["reason"]]
        told += [f"{event['bytes']} bytes", " ".join(marks) or "live"]
    else:
        told = [
            "",
            "→",
            event["status"] or "-",
            event["event"],
            f"{event['milliseconds']} ms",
            event["error"] or "",
        ]
    return between.join(str(part) for part in told).rstrip()
