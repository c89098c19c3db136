"""Timestamps that may have been signed instead of the header's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jebbitctl.webhooks.explain.causes import Cause, Note

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_MILLISECONDS = 10**11
"""Timestamps from here on are milliseconds: in seconds, this is the year 5138, in milliseconds 1973."""
_MAX_HOURS = 14
_NEAR_SECONDS = 10


def other_timestamps(timestamp: str, *, milliseconds: bool) -> Iterator[tuple[Note, str]]:
    """Yield the timestamps that may have been signed instead of the header's, likely ones first.

    Args:
        timestamp: the header's.
        milliseconds: whether each millisecond of the second is yielded.
    """
    if not (timestamp.isascii() and timestamp.isdigit()):
        yield from _from_other_formats(timestamp)
        return
    seconds = int(timestamp)
    if seconds >= FIRST_MILLISECONDS:
        yield Note(Cause.MILLISECONDS), str(seconds // 1000)
        yield Note(Cause.MILLISECONDS), str(seconds // 1_000_000)
        return
    yield Note(Cause.MILLISECONDS), str(seconds * 1000)
    yield from _shifted(seconds)
    for text in (f"{timestamp}.0", f"{timestamp}.000", "0", *_dates(seconds)):
        yield Note(Cause.TIMESTAMP_CHANGED, text), text
    if milliseconds:
        for millisecond in range(seconds * 1000 + 1, seconds * 1000 + 1000):
            yield Note(Cause.MILLISECONDS), str(millisecond)


def _shifted(seconds: int) -> Iterator[tuple[Note, str]]:
    """Yield the seconds around a time, and the same time in other time zones."""
    for offset in range(1, _NEAR_SECONDS + 1):
        for other in (seconds + offset, seconds - offset):
            yield Note(Cause.TIMESTAMP_CHANGED, f"{other - seconds:+} s"), str(other)
    for half_hours in range(1, 2 * _MAX_HOURS + 1):
        for other in (seconds + half_hours * 1800, seconds - half_hours * 1800):
            hours = f"{(other - seconds) / 3600:+g} h, which may be a time zone"
            yield Note(Cause.TIMESTAMP_CHANGED, hours), str(other)


def _from_other_formats(timestamp: str) -> Iterator[tuple[Note, str]]:
    if re.fullmatch(r"[0-9]+\.[0-9]*", timestamp):
        for seconds in (timestamp.partition(".")[0], str(round(float(timestamp)))):
            yield Note(Cause.TIMESTAMP_FORMAT), seconds
        return
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    yield Note(Cause.TIMESTAMP_FORMAT), str(int(aware.timestamp()))


def _dates(seconds: int) -> list[str]:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return []
    return [
        moment.isoformat(),
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
    ]
