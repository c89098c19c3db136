"""Options that select deliveries of a recording, and how they are read."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from jebbitctl.errors import InputRequiredError, UsageError
from jebbitctl.output.streams import is_terminal
from jebbitctl.util.times import parse_start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.commands.webhooks.options import SecretOptions
    from jebbitctl.context import Context
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

ReasonFilter = Literal["ok", "refused", "mismatch", "malformed_header", "stale", "future"]
RecordingFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Recording made by listen --record. - is standard input.", show_default=False
    ),
]
Mask = Annotated[
    bool, typer.Option("--mask", help="Hide e-mail addresses, phone numbers, names and the like.")
]
MAX_LISTED = 20
"""The maximum number of deliveries or lines that a message lists."""


class SelectOptions(NamedTuple):
    """Which deliveries of a recording to use."""

    only: Annotated[
        str | None,
        typer.Option(metavar="N,M-P", help="Only these deliveries, by number as in webhooks list."),
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only deliveries since this time: today, 7d, unix seconds or 2026-01-31T12:00:00Z.",
        ),
    ] = None
    reason: Annotated[
        ReasonFilter | None,
        typer.Option(
            metavar="REASON",
            help="Only ok or refused deliveries, or one of mismatch, malformed_header, stale, future.",
        ),
    ] = None


class ListedNumbers:
    """Numbers for a message, which names the first of them only."""

    def __init__(self) -> None:
        self.first: list[int] = []
        self.count = 0

    def add(self, number: int) -> None:
        self.count += 1
        if self.count <= MAX_LISTED:
            self.first.append(number)

    def __str__(self) -> str:
        more = f" and {self.count - MAX_LISTED} more" if self.count > MAX_LISTED else ""
        return f"{', '.join(map(str, self.first))}{more}"


def read_selected(
    context: Context, file: Path, selection: SelectOptions, *, join: bool = False, warn: bool = True
) -> Iterator[RecordedDelivery]:
    """Yield the selected deliveries of a recording as they are read; at the end, warn of invalid lines.

    Args:
        context: prints the warning.
        file: the recording; ``-`` is standard input.
        selection: the options.
        join: look for outcomes of forwarding in later lines.
        warn: whether to warn.

    Raises:
        UsageError: an option is not valid, the file is not a recording, or has no delivery of a number.
    """
    from jebbitctl.webhooks.recordings.numbers import parse_numbers
    from jebbitctl.webhooks.recordings.reading import STDIN, read
    from jebbitctl.webhooks.recordings.selection import select

    if file == STDIN and is_terminal(sys.stdin):
        raise InputRequiredError("- requires a pipe or a file on standard input")
    only, since, reason = selection
    numbers = None if only is None else parse_numbers(only)
    start = None if since is None else parse_start(since, what="--since", now=datetime.now().astimezone())
    skipped, partial = ListedNumbers(), ListedNumbers()
    records = read(file, skipped.add, on_partial=partial.add, numbers=numbers, join=join)
    try:
        for record in select(records, numbers=numbers, since=start):
            if reason is None or has_reason(record.delivery, reason):
                yield record
    except UsageError:
        warn = False  # the error says more
        raise
    finally:
        if skipped.count and warn:
            context.output.warn(_skipped(file, skipped))
        if partial.count and warn:
            context.output.warn(_partial(file, partial))


def require_numbers(file: Path, selection: SelectOptions) -> None:
    """Check that a file has the numbered deliveries, before anything is done with the first.

    Raises:
        UsageError: it has not. Of a pipe, which can be read only once, this is found out later.
    """
    from jebbitctl.webhooks.recordings.numbers import parse_numbers
    from jebbitctl.webhooks.recordings.reading import read
    from jebbitctl.webhooks.recordings.selection import select

    if selection.only is not None and file.is_file():
        numbers = parse_numbers(selection.only)
        for _ in select(read(file, numbers=numbers), numbers=numbers):
            pass


def require_one_stdin(file: Path, secret: SecretOptions) -> None:
    """Check that standard input is not both the recording and the secret.

    Raises:
        UsageError: it is.
    """
    if str(file) == "-" and secret.secret_stdin:
        raise UsageError("standard input cannot be both the secret and the recording", hint="use a file")


def has_reason(delivery: Delivery, wanted: ReasonFilter) -> bool:
    """Whether a delivery was accepted or refused for this reason; ``refused`` is any but ``ok``."""
    reason = str(delivery.verification.reason)
    return reason != "ok" if wanted == "refused" else reason == wanted


def _skipped(file: Path, numbers: ListedNumbers) -> str:
    if numbers.count == 1:
        return f"{file}: skipped line {numbers}, which is not a complete delivery"
    return f"{file}: skipped lines {numbers}, which are not complete deliveries"


def _partial(file: Path, numbers: ListedNumbers) -> str:
    lines = f"line {numbers} has" if numbers.count == 1 else f"lines {numbers} have"
    return f"{file}: {lines} more than one delivery, or a part of one; only the last was read"
