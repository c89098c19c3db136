"""``webhooks send``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.edit_options import EditOptions
from jebbitctl.commands.webhooks.endpoint_options import EndpointOptions, endpoint_client
from jebbitctl.commands.webhooks.options import SecretOptions, read_body, read_secret
from jebbitctl.commands.webhooks.results import describe, require_accepted
from jebbitctl.errors import JebbitctlError
from jebbitctl.util import shell
from jebbitctl.util.signals import deferred_signals
from jebbitctl.util.text import as_reason, flatten
from jebbitctl.util.urls import shown_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.util.rate_limited_calls import RateLimitedCalls
    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
    from jebbitctl.webhooks.tally import Summary

MAX_CONCURRENCY = 100
INTERRUPT_GRACE = 1.0
"""Seconds that an interrupted series waits for the responses under way."""

Url = Annotated[str, typer.Argument(metavar="URL", help="URL of the endpoint.", show_default=False)]


class SpeedOptions(NamedTuple):
    """How fast to send a series."""

    concurrency: Annotated[
        int,
        typer.Option(metavar="N", help="Maximum deliveries under way.", min=1, max=MAX_CONCURRENCY),
    ] = 1
    rate: Annotated[
        float | None, typer.Option(metavar="PER_SECOND", help="Maximum deliveries per second.")
    ] = None


@command(
    example="jebbitctl webhooks send http://localhost:3000/jebbit --integration L5m24mjs\n"
    "jebbitctl webhooks send $URL --set data.email=ann@example.com"
)
def send(
    context: Context,
    url: Url,
    *,
    data: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="File with the body. Default: Jebbit's sample.")
    ] = None,
    edits: EditOptions,
    count: Annotated[int, typer.Option(metavar="N", help="Number of deliveries.", min=1)] = 1,
    speed: SpeedOptions,
    live: Annotated[
        bool, typer.Option("--live", help="Send real deliveries, without x-jebbit-test.")
    ] = False,
    secret: SecretOptions,
    endpoint: EndpointOptions,
) -> None:
    """Send a signed sample delivery.

    Exits 0 if the endpoint returns 2xx, 6 if it returns another status, 5 without a response.
    """
    from jebbitctl.util.rate_limited_calls import RateLimitedCalls
    from jebbitctl.webhooks.body_edits import edit_body
    from jebbitctl.webhooks.sender import SAMPLE_BODY, deliver
    from jebbitctl.webhooks.tally import Tally

    body = SAMPLE_BODY if data is None else read_body(secret, data, option="--data")
    body = edit_body(body, edits.set_ or (), edits.unset or ())
    key = read_secret(context, secret)
    tally = Tally()

    with endpoint_client(context, url, endpoint) as client:

        def send_one(_: int) -> EndpointResponse:
            response = deliver(client, key, body, live=live)
            tally.add(response)
            return response

        concurrency = min(speed.concurrency, count)
        with RateLimitedCalls(range(count), send_one, concurrency=concurrency, rate=speed.rate) as calls:
            last = _run(context, calls, count, tally.summary)
    summary = tally.summary()
    _show(context, describe(last) if last and count == 1 else _describe_series(summary, count, count))
    _require_accepted(summary, client, key)


def _run(
    context: Context,
    calls: RateLimitedCalls[int, EndpointResponse],
    count: int,
    summarize: Callable[[], Summary],
) -> EndpointResponse | None:
    """Send everything and return the last response. If that is interrupted, show what was sent."""
    last: EndpointResponse | None = None
    try:
        with context.output.progress("Sending", count) as progress:
            for _, response in calls:
                last = response
                progress.advance()
    except (KeyboardInterrupt, SystemExit, JebbitctlError) as error:
        stop_sending(calls)
        if isinstance(error, JebbitctlError) and not calls.begun:
            raise
        summary, begun = summarize(), calls.begun
        context.output.note(_stopped(begun, begun - summary.count, count))
        _show(context, _describe_series(summary, begun, count))
        raise
    return last


def stop_sending(calls: RateLimitedCalls[Any, EndpointResponse]) -> None:
    """Send nothing more. A second signal changes nothing: ``timeout`` and some shells send each twice."""
    stopped = False
    while not stopped:
        with suppress(KeyboardInterrupt, SystemExit), deferred_signals():
            calls.stop(INTERRUPT_GRACE)
            stopped = True


def _stopped(sent: int, unanswered: int, count: int) -> str:
    waiting = f", {unanswered} of these without a response yet" if unanswered else ""
    return f"Stopped: {sent} of {count} deliveries sent{waiting}, {count - sent} not sent."


def _describe_series(summary: Summary, sent: int, count: int) -> dict[str, Any]:
    seconds = {"min": summary.minimum, "median": summary.median, "p99": summary.p99}
    return {
        "ok": summary.accepted == count,
        "count": sent,
        "accepted": summary.accepted,
        "statuses": {str(status): number for status, number in sorted(summary.statuses.items())},
        "errors": summary.errors,
        "unanswered": sent - sum(summary.statuses.values()),
        "not_sent": count - sent,
        **{f"{name}_milliseconds": None if t is None else round(t * 1000, 1) for name, t in seconds.items()},
    }


def _show(context: Context, document: dict[str, Any]) -> None:
    with context.output.best_effort():
        if context.output.json:
            context.output.document(document)
        else:
            context.output.key_values(
                (name, value) for name, value in flatten(document) if value not in (None, "", {})
            )


def _require_accepted(summary: Summary, client: EndpointClient, secret: str) -> None:
    """Raise the error for what was not accepted, with the endpoint's own words; see ``require_accepted``."""
    from jebbitctl.webhooks.response_excerpt import excerpt

    failures = summary.failures.items()
    reasons = [
        f"{outcome}{f' ({failure.count}x)' if summary.count > 1 else ''}{f': {words}' if words else ''}"
        for outcome, failure in failures
        for words in [excerpt(failure.first, secret)]
    ]
    require_accepted(
        summary.accepted,
        summary.count,
        "; ".join(reasons),
        hint=_hint([failure.first for _, failure in failures], client, secret),
        answered=any(failure.first.status for _, failure in failures),
    )


def _hint(responses: list[EndpointResponse], client: EndpointClient, secret: str) -> str | None:
    """Return what to do about responses of one kind; None for those of several kinds."""
    if len(responses) != 1:
        return None
    from jebbitctl.webhooks.diagnosis import fix_for

    if fix := fix_for(client, responses[0], secret):
        return as_reason(fix)
    return f"to find out why: jebbitctl webhooks check {shell.quote(shown_url(client.url))}"
