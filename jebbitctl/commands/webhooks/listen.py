"""``webhooks listen``."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path  # noqa: TC003 - read at runtime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.webhooks.options import SecretOptions, read_secret
from jebbitctl.commands.webhooks.results import describe
from jebbitctl.errors import CheckFailedError, ExitCode, JebbitctlError, UsageError
from jebbitctl.util.text import escape_controls, parse_json
from jebbitctl.util.times import rfc3339
from jebbitctl.util.urls import is_loopback
from jebbitctl.webhooks.signature import TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.delivery_queue import DeliveryQueue
    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.receiver import Delivery


class ReceiverOptions(NamedTuple):
    """Where to listen, and which timestamps to accept."""

    port: Annotated[
        int, typer.Option(metavar="N", help="Port to listen on. 0 picks a free port.", min=0, max=65535)
    ] = 8787
    host: Annotated[str, typer.Option(metavar="HOST", help="Name or address to listen on.")] = "127.0.0.1"
    tolerance: Annotated[
        int, typer.Option(metavar="SECONDS", help="Maximum difference between a timestamp and now.", min=0)
    ] = TOLERANCE


class RecordOptions(NamedTuple):
    """What to record."""

    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append valid deliveries to a file, for webhooks replay."),
    ] = None
    record_refused: Annotated[
        bool,
        typer.Option(
            "--record-refused",
            help="Also record refused deliveries, at most 64 KiB of each, until the file has 100 MiB.",
        ),
    ] = False


@command(
    example="jebbitctl webhooks listen --integration L5m24mjs \\\n"
    "  --forward-to http://localhost:3000/jebbit\n"
    "jebbitctl webhooks listen --trigger L5m24mjs --count 1 --timeout 30",
)
def listen(
    context: Context,
    *,
    receiver: ReceiverOptions,
    forward_to: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Forward valid deliveries, with the same bytes and headers."),
    ] = None,
    recording: RecordOptions,
    count: Annotated[
        int | None, typer.Option(metavar="N", help="Stop after this many valid deliveries.", min=1)
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Stop after this many seconds.")
    ] = None,
    trigger: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Once listening, make Jebbit send a test delivery for this integration.",
            autocompletion=values.integrations,
        ),
    ] = None,
    secret: SecretOptions,
) -> None:
    """Receive deliveries, verify them and print one line for each.

    With --json, the line has the body, too. Valid deliveries get 200, wrong signatures 403, and malformed
    headers or old timestamps 400. With --count, exits 0 after that many valid deliveries, else 6. A delivery
    that cannot be recorded gets 500, and ends the command with 1.
    """
    from jebbitctl.webhooks.delivery_queue import DeliveryQueue
    from jebbitctl.webhooks.receiver import Receiver

    _require_valid_options(timeout, recording)
    key = read_secret(context, secret, integration=trigger)
    queue = DeliveryQueue()
    session = ListenSession(context.output, count)
    with session.summarised(), ExitStack() as stack:
        target = _open_target(stack, context, forward_to)
        record = _open_recording(stack, recording, context.output)
        server = Receiver(key, partial(_record_and_queue, queue, record), **receiver._asdict())
        server.limit = count
        # However this ends, what was answered is printed, without waiting for a slow endpoint.
        stack.callback(session.follow, queue.remaining(), None)
        stack.enter_context(server)
        stack.callback(queue.close)
        _warn_if_public(context.output, receiver.host)
        context.output.note(f"Listening on {server.url}. Press Ctrl-C to stop.")
        try:
            if trigger is not None:
                from jebbitctl.api.integrations import send_test

                send_test(context.client, trigger)
            session.follow(queue.deliveries(timeout), target)
        except KeyboardInterrupt:
            session.interrupted = True
    session.end(server.failure)


def _require_valid_options(timeout: float | None, recording: RecordOptions) -> None:
    if timeout is not None and not timeout >= 0:  # also rejects nan
        raise UsageError(f"--timeout must be 0 or more, not {timeout}")
    if recording.record_refused and recording.record is None:
        raise UsageError("--record-refused requires --record FILE")


def _warn_if_public(output: Output, host: str) -> None:
    if not is_loopback(host):
        output.warn(
            f"other machines can reach this receiver on {host}; "
            "on a public address, put a reverse proxy in front of it (see jebbitctl help security)"
        )


def _open_target(
    stack: ExitStack, context: Context, url: str | None
) -> Callable[[Delivery], EndpointResponse] | None:
    """Return what forwards a delivery to a URL; None without a URL."""
    if url is None:
        return None
    from jebbitctl.webhooks.endpoint import EndpointClient
    from jebbitctl.webhooks.forwarding import forward

    client = EndpointClient(url, certificates=context.environment.trusted_certificates())
    return partial(forward, stack.enter_context(client))


def _open_recording(
    stack: ExitStack, options: RecordOptions, output: Output
) -> Callable[[Delivery], None] | None:
    """Return what records a delivery, if it is to be recorded; None without a recording."""
    if options.record is None:
        return None
    from jebbitctl.webhooks.recorder import Recorder

    recorder = stack.enter_context(Recorder(options.record, output.warn))

    def record(delivery: Delivery) -> None:
        if options.record_refused or delivery.verification.valid:
            recorder.append(delivery)

    return record


def _record_and_queue(
    queue: DeliveryQueue, record: Callable[[Delivery], None] | None, delivery: Delivery
) -> None:
    """Record a delivery and queue it for printing. If it cannot be recorded, the session ends."""
    try:
        if record:
            record(delivery)
    except JebbitctlError:
        queue.put(None)
        raise
    queue.put(delivery)


@dataclass
class ListenSession:
    """Counts and prints the received deliveries.

    Attributes:
        output: prints them.
        expected: the number of valid deliveries to wait for; None without ``--count``.
        interrupted: whether Ctrl-C ended it.
        counts: the number of deliveries by reason.
    """

    output: Output
    expected: int | None
    interrupted: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all expected deliveries have arrived."""
        return self.expected is not None and self.counts.get(Reason.OK, 0) >= self.expected

    def follow(
        self, deliveries: Iterator[Delivery], forward: Callable[[Delivery], EndpointResponse] | None
    ) -> None:
        """Print deliveries until all expected ones have arrived; forward the valid ones."""
        while not self.complete and (delivery := next(deliveries, None)):
            reason = str(delivery.verification.reason)
            self.counts[reason] = self.counts.get(reason, 0) + 1
            self._print(_delivery_event(delivery, with_body=self.output.json))
            if forward and delivery.verification.valid:
                response = forward(delivery)
                outcome = "forwarded" if response.accepted else "forward_failed"
                self._print({"event": outcome, **describe(response)})

    @contextmanager
    def summarised(self) -> Iterator[None]:
        """Print the summary after the block, even if a signal ends it."""
        try:
            yield
        except SystemExit:
            self._summarise()
            raise
        self._summarise()

    def end(self, failure: Exception | None) -> None:
        """Fail if deliveries could not be recorded, or expected ones are missing.

        Raises:
            CheckFailedError: fewer valid deliveries arrived than expected.
            typer.Exit: interrupted before they arrived.
        """
        if failure is not None:
            raise failure
        if self.expected is None or self.complete:
            return
        if self.interrupted:
            raise typer.Exit(ExitCode.INTERRUPTED)
        if self.counts.get(Reason.MISMATCH):
            hint = "another shared secret signed the deliveries, or they were changed on the way"
        else:
            hint = "check that the integration's endpoint is this receiver, or try jebbitctl webhooks send"
        raise CheckFailedError(
            f"{self.counts.get(Reason.OK, 0)} of {self.expected} valid deliveries received", hint=hint
        )

    def _summarise(self) -> None:
        summary = ", ".join(f"{number} {reason}" for reason, number in self.counts.items()) or "nothing"
        self.output.note(f"Received: {summary}.")

    def _print(self, event: dict[str, Any]) -> None:
        """Print an event. While deliveries are expected, a closed stdout does not end the session."""
        with nullcontext() if self.expected is None else self.output.best_effort():
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
        "ok": verification.valid,
        "status": delivery.status,
        "reason": str(verification.reason),
        "timestamp": verification.timestamp,
        "age_seconds": verification.age_seconds,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "bytes": len(delivery.body) + delivery.omitted_bytes,
    }
    if with_body:
        event["body"] = _decode(delivery.body)
        if delivery.omitted_bytes:
            event["omitted_bytes"] = delivery.omitted_bytes
    return event


def _decode(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return parse_json(text)
    except ValueError:
        return text


def _line(event: dict[str, Any], separator: str) -> str:
    """Return an event as one line for people."""
    if event["event"] == "delivery":
        flags = [name for name in ("test", "repeat") if event[name]]
        parts = [event["time"], "✓" if event["ok"] else "✗", event["status"], event["reason"]]
        parts += [f"{event['bytes']} bytes", " ".join(flags) or "live"]
    else:
        parts = [
            "",
            "→",
            event["status"] or "-",
            event["event"],
            f"{event['milliseconds']} ms",
            event["error"] or "",
        ]
    return separator.join(escape_controls(str(part)) for part in parts).rstrip()
