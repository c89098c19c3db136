"""``webhooks replay``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import SecretOptions, read_secret
from jebbitctl.commands.webhooks.results import describe, require_accepted
from jebbitctl.errors import UsageError
from jebbitctl.util.text import escape_controls
from jebbitctl.util.times import unix_seconds
from jebbitctl.webhooks.signature import TOLERANCE

if TYPE_CHECKING:
    from jebbitctl.webhooks.recordings import RecordedDelivery

MAX_LISTED = 20
"""The maximum number of deliveries that a message lists."""


class SelectOptions(NamedTuple):
    """Which deliveries of a recording to replay."""

    only: Annotated[
        str | None, typer.Option(metavar="N,M", help="Replay only these deliveries, by number from 1.")
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Replay only deliveries received since this time: unix seconds or 2026-01-31T12:00:00Z.",
        ),
    ] = None


@command(example="jebbitctl webhooks replay monday.jsonl --to http://localhost:3000/jebbit")
def replay(
    context: Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Recording made by listen --record.", show_default=False)
    ],
    *,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="URL of the endpoint.", show_default=False)],
    re_sign: Annotated[
        bool, typer.Option("--re-sign", help="Sign each delivery again. Endpoints refuse old timestamps.")
    ] = False,
    selection: SelectOptions,
    secret: SecretOptions,
) -> None:
    """Send recorded deliveries again, byte for byte.

    Exits 0 if the endpoint returns 2xx for each, else 6.
    """
    if not re_sign and any(value not in (None, False) for value in secret):
        raise UsageError("--secret-file, --secret-stdin and --integration require --re-sign")
    from jebbitctl.webhooks.replay import replay as send_again

    selected = _read(context, file, selection)
    key = read_secret(context, secret) if re_sign else None
    if forged := [record.number for record in selected if key and not record.delivery.genuine]:
        context.output.warn(f"re-signing {_forged(forged)} invalid when received")
    rows: list[dict[str, Any]] = []
    try:
        with context.output.progress("Replaying", len(selected)) as progress:
            certificates = context.environment.trusted_certificates()
            for record, response in send_again(selected, to, secret=key, certificates=certificates):
                rows.append({"number": record.number, **describe(response)})
                progress.advance()
    except (KeyboardInterrupt, SystemExit):
        _print(context, rows)
        raise
    _print(context, rows)
    if not rows:
        context.output.note("Nothing to replay.")
    failed = [row["number"] for row in rows if not row["ok"]]
    rejected = any(row["status"] in {400, 401, 403} for row in rows)
    require_accepted(
        len(rows) - len(failed),
        len(rows),
        f"{'number' if len(failed) == 1 else 'numbers'} {_list(failed)}",
        hint=f"use --re-sign: endpoints reject timestamps older than {TOLERANCE} seconds"
        if rejected and not re_sign
        else None,
    )


def _read(context: Context, file: Path, selection: SelectOptions) -> list[RecordedDelivery]:
    """Return the selected deliveries of a recording, and warn of invalid lines."""
    from jebbitctl.webhooks import recordings

    skipped: list[int] = []
    recorded = list(recordings.read(file, on_invalid=skipped.append))
    if skipped:
        context.output.warn(_skipped(file, skipped))
    only, since = selection
    return recordings.select(
        recorded,
        only=None if only is None else _parse_numbers(only),
        since=None if since is None else unix_seconds(since, what="--since"),
    )


def _print(context: Context, rows: list[dict[str, Any]]) -> None:
    with context.output.best_effort():
        context.output.table(rows, ("number", "status", "milliseconds", "response", "error"))


def _list(numbers: list[int]) -> str:
    more = " and more" if len(numbers) > MAX_LISTED else ""
    return f"{', '.join(map(str, numbers[:MAX_LISTED]))}{more}"


def _skipped(file: Path, numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"{file}: skipped line {numbers[0]}, which is not a complete delivery"
    return f"{file}: skipped lines {_list(numbers)}, which are not complete deliveries"


def _forged(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"delivery {numbers[0]}, whose signature was"
    return f"deliveries {_list(numbers)}, whose signatures were"


def _parse_numbers(text: str) -> set[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):  # noqa: PLR2004
        raise UsageError(
            f"--only {escape_controls(text)!r} is not a list of numbers",
            hint="separate numbers with commas, such as --only 1,3",
        )
    return {int(part) for part in parts}
