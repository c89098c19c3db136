"""``webhooks replay``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.webhooks.edit_options import EditOptions
from jebbitctl.commands.webhooks.endpoint_options import EndpointOptions, endpoint_client
from jebbitctl.commands.webhooks.options import SecretOptions, read_secret
from jebbitctl.commands.webhooks.recording_options import (
    ListedNumbers,
    RecordingFile,
    SelectOptions,
    read_selected,
    require_numbers,
    require_one_stdin,
)
from jebbitctl.commands.webhooks.results import describe, require_accepted
from jebbitctl.commands.webhooks.send import SpeedOptions, stop_sending
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util.text import plural
from jebbitctl.webhooks.signature import TOLERANCE

if TYPE_CHECKING:
    from jebbitctl.util.rate_limited_calls import RateLimitedCalls
    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery
    from jebbitctl.webhooks.replay import Changes


@command(
    example="jebbitctl webhooks replay monday.jsonl --to http://localhost:3000/jebbit\n"
    "jebbitctl webhooks replay monday.jsonl --to $URL --only 1-3,7 --re-sign \\\n"
    "  --integration L5m24mjs --set data.email=ann@example.com",
    common=(*API_OPTIONS, "csv"),
)
def replay(
    context: Context,
    file: RecordingFile,
    *,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="URL of the endpoint.", show_default=False)],
    selection: SelectOptions,
    re_sign: Annotated[
        bool, typer.Option("--re-sign", help="Sign each delivery again. Endpoints refuse old timestamps.")
    ] = False,
    edits: EditOptions,
    as_test: Annotated[
        bool, typer.Option("--as-test", help="Add x-jebbit-test, so that endpoints discard the deliveries.")
    ] = False,
    speed: SpeedOptions,
    secret: SecretOptions,
    endpoint: EndpointOptions,
) -> None:
    """Send recorded deliveries again, byte for byte.

    Exits 0 if the endpoint returns 2xx for each, 6 if it returns another status, 5 without a response.
    """
    from jebbitctl.util.rate_limited_calls import RateLimitedCalls
    from jebbitctl.webhooks.body_edits import require_edits
    from jebbitctl.webhooks.replay import Changes

    set_, unset = edits.set_ or (), edits.unset or ()
    _require_re_sign(re_sign, edits, secret)
    require_edits(set_, unset)
    require_one_stdin(file, secret)
    require_numbers(file, selection)
    changes = Changes(read_secret(context, secret) if re_sign else None, set_, unset, as_test)
    with endpoint_client(context, to, endpoint) as client:
        run = ReplayRun(client, changes)
        records = read_selected(context, file, selection)
        with RateLimitedCalls(records, run.send, concurrency=speed.concurrency, rate=speed.rate) as calls:
            _follow(context, calls, run)
    _print(context, run)
    if not run.rows:
        context.output.note("Nothing to replay.")
    _require_accepted(run.rows, client.url, re_sign=re_sign)


@dataclass
class ReplayRun:
    """Sends deliveries, possibly from several threads, and keeps the results.

    Attributes:
        client: of the endpoint.
        changes: what to change in each delivery.
        rows: the results, in the order in which they came.
        forged: the deliveries that were sent and signed although their own signature was not valid.
    """

    client: EndpointClient
    changes: Changes
    rows: list[dict[str, Any]] = field(default_factory=list)
    forged: ListedNumbers = field(default_factory=ListedNumbers)

    def send(self, record: RecordedDelivery) -> EndpointResponse:
        """Send a delivery again and keep the result."""
        from jebbitctl.webhooks.replay import resend

        response = resend(self.client, record.delivery, self.changes)
        row = {"number": record.number, **describe(response)}
        if self.changes.secret is not None and not record.delivery.genuine and not response.not_sent:
            self.forged.add(record.number)
        self.rows.append(row)
        return response


def _require_re_sign(re_sign: bool, edits: EditOptions, secret: SecretOptions) -> None:
    if re_sign:
        return
    if any(value not in (None, False) for value in secret):
        raise UsageError("--secret-file, --secret-stdin and --integration require --re-sign")
    if any(edits):
        raise UsageError("--set and --unset require --re-sign", hint="the signature covers the body")


def _follow(
    context: Context, calls: RateLimitedCalls[RecordedDelivery, EndpointResponse], run: ReplayRun
) -> None:
    """Wait for all results. If that is interrupted, print those that are there."""
    try:
        with context.output.progress("Replaying") as progress:
            for _ in calls:
                progress.describe(f"Replaying, {len(run.rows)} sent")
    except (KeyboardInterrupt, SystemExit, JebbitctlError) as error:
        stop_sending(calls)
        if isinstance(error, JebbitctlError) and not calls.begun:
            raise
        if not isinstance(error, UsageError):
            waiting = calls.begun - len(run.rows)
            sent = calls.begun - sum(map(_was_not_sent, run.rows))
            unanswered = f", {waiting} of these without a response yet" if waiting > 0 else ""
            context.output.note(f"Stopped: {plural(sent, 'delivery')} sent{unanswered}.")
        _print(context, run)
        raise


def _print(context: Context, run: ReplayRun) -> None:
    if run.forged.count:
        context.output.warn(f"re-signed {_forged(run.forged)} invalid when received")
    rows = sorted(run.rows, key=lambda row: row["number"])
    with context.output.best_effort():
        context.output.table(rows, ("number", "status", "milliseconds", "error", "response"))


def _forged(numbers: ListedNumbers) -> str:
    if numbers.count == 1:
        return f"delivery {numbers}, whose signature was"
    return f"deliveries {numbers}, whose signatures were"


def _require_accepted(rows: list[dict[str, Any]], url: str, *, re_sign: bool) -> None:
    """Raise the error for what was not accepted; see ``require_accepted``."""
    failed = sorted((row for row in rows if not row["ok"]), key=lambda row: row["number"])
    numbers = ListedNumbers()
    for row in failed:
        numbers.add(row["number"])
    require_accepted(
        len(rows) - len(failed),
        len(rows),
        f"{'number' if len(failed) == 1 else 'numbers'} {numbers}",
        hint=_why_unanswered(failed, url) or (None if re_sign else _why_to_re_sign(failed)),
        answered=any(row["status"] or _was_not_sent(row) for row in failed),
    )


def _why_unanswered(failed: list[dict[str, Any]], url: str) -> str | None:
    """Return what to do if none got a response, all for the same reason; else None."""
    errors = {row["error"] for row in failed if not _was_not_sent(row)}
    if len(errors) != 1 or None in errors:
        return None
    from jebbitctl.webhooks.diagnosis import fix_for_error

    return fix_for_error(url, errors.pop())


def _why_to_re_sign(failed: list[dict[str, Any]]) -> str | None:
    """Return the hint to sign again, None if that does not help."""
    from jebbitctl.webhooks.endpoint import NOT_SENT
    from jebbitctl.webhooks.replay import MASKED

    if any(row["error"] == f"{NOT_SENT}{MASKED}" for row in failed):
        return "use --re-sign: masking changed the bodies, so that they need new signatures"
    if any(row["status"] in {400, 401, 403} for row in failed):
        return f"use --re-sign: endpoints refuse timestamps older than {TOLERANCE} seconds"
    return None


def _was_not_sent(row: dict[str, Any]) -> bool:
    from jebbitctl.webhooks.endpoint import NOT_SENT

    return (row["error"] or "").startswith(NOT_SENT)
