"""``webhooks send`` and ``webhooks replay``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.common import command
from jebbitctl.commands.webhook_options import SecretCommand, body_of, secret_of
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.text import visible
from jebbitctl.times import unix_seconds

if TYPE_CHECKING:
    from jebbitctl.context import Context
    from jebbitctl.webhooks.exchange import EndpointResponse
    from jebbitctl.webhooks.sender import Sender

SHOWN = 300
"""Bytes of an answer that are shown."""
NAMED = 20
"""Deliveries whose numbers a message repeats."""


def send(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The endpoint.", show_default=False)],
    *,
    data: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="The body; a sample where none is named.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="How many.", min=1)] = 1,
    rate: Annotated[
        float | None, typer.Option(metavar="PER_SECOND", help="At most so many per second.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Leave out x-jebbit-test: the endpoint takes it for real.")
    ] = False,
) -> None:
    """Send a signed sample delivery. Exit 0 when the endpoint answers 2xx, 6 when not."""
    from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender

    context = context_of(ctx)
    body = SAMPLE_BODY if data is None else body_of(ctx, data, what="--data")
    sender = Sender(url, secret_of(ctx, context), body, live)
    if count == 1:
        (answer,) = sender.series(1, rate=rate)
        _show(context, described(answer))
        _require_accepted(int(answer.accepted), 1, answer.error or f"answered {answer.status}")
    else:
        _send_series(context, sender, count, rate)


def replay(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What listen --record wrote.", show_default=False)
    ],
    *,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The endpoint.", show_default=False)],
    resign: Annotated[
        bool, typer.Option("--resign", help="Sign afresh; otherwise old timestamps are refused.")
    ] = False,
    only: Annotated[str | None, typer.Option(metavar="N,M", help="Only these numbers, from 1.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only what came since then: unix seconds, or 2026-01-31T12:00:00Z."
        ),
    ] = None,
) -> None:
    """Send recorded deliveries again, byte for byte. Exit 0 when all are answered 2xx, 6 when not."""
    from jebbitctl.webhooks import recordings
    from jebbitctl.webhooks.replay import replay as send_again

    context = context_of(ctx)
    chosen = recordings.select(
        recordings.read(file),
        only=None if only is None else _numbers(only),
        since=None if since is None else unix_seconds(since, what="--since"),
    )
    secret = secret_of(ctx, context) if resign else None
    if forged := [one.number for one in chosen if secret and not one.delivery.genuine]:
        context.output.warn(f"{_numbered(forged)} did not verify when it came, and is signed all the same")
    rows: list[dict[str, Any]] = []
    with context.output.progress("Replaying", len(chosen)) as progress:
        for one, answer in send_again(chosen, to, secret=secret):
            rows.append({"number": one.number, **described(answer)})
            progress.advance()
    with context.output.telling():
        context.output.table(rows, ("number", "status", "milliseconds", "answer", "error"))
    if not rows:
        context.output.note("Nothing to replay.")
    failed = [row["number"] for row in rows if not row["accepted"]]
    refused = any(row["status"] in {400, 401, 403} for row in rows)
    _require_accepted(
        len(rows) - len(failed),
        len(rows),
        _numbered(failed),
        hint="--resign signs afresh: endpoints refuse timestamps over 300 seconds old"
        if refused and not resign
        else None,
    )


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    command(
        app,
        "send",
        cls=SecretCommand,
        example="jebbitctl webhooks send http://localhost:3000/jebbit --integration L5m24mjs",
    )(send)
    command(
        app,
        "replay",
        cls=SecretCommand,
        example="jebbitctl webhooks replay monday.jsonl --to http://localhost:3000/jebbit",
    )(replay)


def described(answer: EndpointResponse) -> dict[str, Any]:
    """Return an endpoint's answer as JSON has it; its text as far as it is text."""
    return {
        "status": answer.status,
        "accepted": answer.accepted,
        "milliseconds": round(answer.elapsed * 1000, 1),
        "answer": answer.start[:SHOWN].decode("utf-8", "replace").strip(),
        "error": answer.error,
    }


def _show(context: Context, document: dict[str, Any]) -> None:
    with context.output.telling():
        if context.output.json:
            context.output.document(document)
        else:
            context.output.pairs((name, value) for name, value in document.items() if value not in (None, ""))


def _send_series(context: Context, sender: Sender, count: int, rate: float | None) -> None:
    from jebbitctl.webhooks.sender import summarize

    answers: list[EndpointResponse] = []
    statuses: dict[str, int] = {}
    with context.output.progress("Sending", count) as progress:
        for answer in sender.series(count, rate=rate):
            answers.append(answer)
            outcome = str(answer.status or answer.error)
            statuses[outcome] = statuses.get(outcome, 0) + 1
            progress.advance()
    summary = summarize(answers)
    times = {"min": summary.minimum, "median": summary.median, "p99": summary.p99}
    _show(
        context,
        {
            "count": summary.count,
            "accepted": summary.accepted,
            "statuses": statuses,
            **{
                f"{name}_milliseconds": None if t is None else round(t * 1000, 1) for name, t in times.items()
            },
        },
    )
    _require_accepted(summary.accepted, summary.count, ", ".join(f"{o}: {n}" for o, n in statuses.items()))


def _numbered(numbers: list[int]) -> str:
    more = " and more" if len(numbers) > NAMED else ""
    return f"number {', '.join(map(str, numbers[:NAMED]))}{more}"


def _numbers(text: str) -> set[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):  # noqa: PLR2004
        raise UsageError(f"--only {visible(text)!r} is not a list of numbers", hint="such as --only 1,3")
    return {int(part) for part in parts}


def _require_accepted(accepted: int, count: int, why: str, *, hint: str | None = None) -> None:
    if accepted < count:
        raise CheckFailedError(f"{count - accepted} of {count} deliveries not accepted: {why}", hint=hint)
