"""``webhooks send``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import SecretOptions, read_body, read_secret
from jebbitctl.commands.webhooks.results import describe, require_accepted

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse
    from jebbitctl.webhooks.sender import Sender

Url = Annotated[str, typer.Argument(metavar="URL", help="URL of the endpoint.", show_default=False)]


@command(example="jebbitctl webhooks send http://localhost:3000/jebbit --integration L5m24mjs")
def send(
    context: Context,
    url: Url,
    *,
    data: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="File with the body. Default: Jebbit's sample.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Number of deliveries.", min=1)] = 1,
    rate: Annotated[
        float | None, typer.Option(metavar="PER_SECOND", help="Maximum deliveries per second.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Send real deliveries, without x-jebbit-test.")
    ] = False,
    secret: SecretOptions,
) -> None:
    """Send a signed sample delivery. Exits 0 if the endpoint returns 2xx, else 6."""
    from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender

    body = SAMPLE_BODY if data is None else read_body(secret, data, option="--data")
    sender = Sender(
        url,
        read_secret(context, secret),
        body,
        live,
        certificates=context.environment.trusted_certificates(),
    )
    if count == 1:
        (response,) = sender.series(1, rate=rate)
        _show(context, describe(response))
        require_accepted(int(response.accepted), 1, response.outcome)
    else:
        _send_series(context, sender, count, rate)


def _show(context: Context, document: dict[str, Any]) -> None:
    with context.output.best_effort():
        if context.output.json:
            context.output.document(document)
        else:
            context.output.key_values(
                (name, value) for name, value in document.items() if value not in (None, "")
            )


def _send_series(context: Context, sender: Sender, count: int, rate: float | None) -> None:
    from jebbitctl.webhooks.sender import summarize

    responses: list[EndpointResponse] = []
    statuses: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    with context.output.progress("Sending", count) as progress:
        for response in sender.series(count, rate=rate):
            responses.append(response)
            statuses[str(response.status or response.error)] += 1
            if not response.accepted:
                failures[response.outcome] += 1
            progress.advance()
    summary = summarize(responses)
    seconds = {"min": summary.minimum, "median": summary.median, "p99": summary.p99}
    times = {f"{name}_milliseconds": None if t is None else round(t * 1000, 1) for name, t in seconds.items()}
    _show(
        context,
        {
            "ok": summary.accepted == summary.count,
            "count": summary.count,
            "accepted": summary.accepted,
            "statuses": statuses,
            **times,
        },
    )
    detail = ", ".join(f"{outcome} ({number}x)" for outcome, number in failures.items())
    require_accepted(summary.accepted, summary.count, detail)
