"""``webhooks listen``: a receiver for development, and for CI steps."""

from __future__ import annotations

import json
import queue
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands import completing
from jebbitctl.commands.common import command
from jebbitctl.commands.webhook_options import SecretCommand, secret_of
from jebbitctl.commands.webhook_sending import described
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError, ExitCode, UsageError
from jebbitctl.times import rfc3339
from jebbitctl.urls import is_loopback
from jebbitctl.webhooks.signature import TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.output import Output
    from jebbitctl.webhooks.exchange import Exchange
    from jebbitctl.webhooks.receiver import Delivery

BACKLOG = 1000
"""Deliveries that wait to be printed and passed on; then the receiver waits, too, and memory stays flat."""


def listen(
    ctx: typer.Context,
    *,
    port: Annotated[int, typer.Option(metavar="N", help="0 for any free one.", min=0, max=65535)] = 8787,
    host: Annotated[str, typer.Option(metavar="HOST", help="Where to listen.")] = "127.0.0.1",
    forward_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Pass valid deliveries on, the same bytes and headers.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append each delivery, for replay.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", help="End after so many valid deliveries.", min=1)
    ] = None,
    timeout: Annotated[float | None, typer.Option(metavar="S", help="End after so many seconds.")] = None,
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="How far a timestamp may be from now.", min=0)
    ] = TOLERANCE,
    trigger: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Make Jebbit send this integration's test, once listening.",
            autocompletion=completing.integrations,
        ),
    ] = None,
) -> None:
    """Receive deliveries, verify and print each.

    Verifies over the raw bytes, and prints a line as each delivery comes. Answers 200, or 403 to a bad
    signature, or 400 to a malformed or old one. With --count, exit 0 when so many valid deliveries came,
    else 6.
    """
    from jebbitctl.webhooks.exchange import Exchange
    from jebbitctl.webhooks.receiver import Receiver
    from jebbitctl.webhooks.recordings import Recorder

    context = context_of(ctx)
    if timeout is not None and not timeout >= 0:  # nan is neither
        raise UsageError(f"--timeout: {timeout} is not a number of seconds")
    secret = secret_of(ctx, context, integration=trigger)
    waiting: queue.Queue[Delivery] = queue.Queue(BACKLOG)
    session = Session(context.output, count)
    with ExitStack() as stack:
        forward = stack.enter_context(Exchange(forward_to)) if forward_to else None
        recorder = stack.enter_context(Recorder(record)) if record else None

        def take(delivery: Delivery) -> None:
            if recorder:
                recorder.append(delivery)
            waiting.put(delivery)

        receiver = stack.enter_context(Receiver(secret, take, host=host, port=port, tolerance=tolerance))
        if not is_loopback(host):
            context.output.warn(f"{host} is open to other machines: they can reach this receiver")
        context.output.note(f"Listening on {receiver.url}; Ctrl-C ends it.")
        try:
            if trigger:
                from jebbitctl.api.integrations import send_test

                send_test(context.client, trigger)
            for delivery in _coming(waiting, timeout):
                session.take(delivery, forward)
                if session.complete:
                    break
        except KeyboardInterrupt:
            session.interrupted = True
        session.end(receiver.failure)


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

    def take(self, delivery: Delivery, forward: Exchange | None) -> None:
        """Tell one delivery, and pass it on when it is valid and somebody wants it."""
        from jebbitctl.webhooks.forwarding import end_to_end

        reason = str(delivery.verification.reason)
        self.seen[reason] = self.seen.get(reason, 0) + 1
        self._tell(_delivery_event(delivery))
        if forward and delivery.verification.valid:
            answer = forward.send(delivery.body, end_to_end(delivery.headers))
            self._tell({"event": "forwarded" if answer.accepted else "forward-failed", **described(answer)})

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
        if self.output.json:
            self.output.document(event, one_line=True)
        else:
            self.output.line(_line(event, "\t" if self.output.plain else "  "))
        sys.stdout.flush()


def _coming(waiting: queue.Queue[Delivery], timeout: float | None) -> Iterator[Delivery]:
    """Yield deliveries as they come, until the time is over."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        try:
            yield waiting.get(timeout=None if left is None else min(max(left, 0.001), TIMEOUT_MAX))
        except queue.Empty:
            return


def _delivery_event(delivery: Delivery) -> dict[str, Any]:
    verification = delivery.verification
    return {
        "event": "delivery",
        "time": rfc3339(delivery.time),
        "status": delivery.status,
        "valid": verification.valid,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "bytes": len(delivery.body),
        "body": _readable(delivery.body),
    }


def _readable(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _line(event: dict[str, Any], between: str) -> str:
    """Return an event for people: a mark, what came, and the beginning of it."""
    if event["event"] == "delivery":
        marks = [name for name in ("test", "repeat") if event[name]]
        told = [event["time"], "✓" if event["valid"] else "✗", event["status"], event["reason"]]
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
