"""Timestamps: formatting and parsing."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

from jebbitctl.errors import UsageError

Precision: TypeAlias = Literal["seconds", "milliseconds", "microseconds"]

_FIRST_DAY = date(1970, 1, 2)
"""Windows knows no local time of an earlier one."""
_UNIX = r"[0-9]{1,12}"


def rfc3339(seconds: float, timespec: Precision = "seconds") -> str:
    """Return unix seconds in RFC 3339, UTC, such as ``2026-01-31T12:00:00Z``; finer digits are truncated.

    Raises:
        ValueError, OverflowError, OSError: the time is NaN, infinite or out of range.
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def rfc3339_or_none(seconds: float) -> str | None:
    """Return unix seconds in RFC 3339, None if they are NaN, infinite or out of range."""
    try:
        return rfc3339(seconds)
    except (ValueError, OverflowError, OSError):
        return None


def unix_seconds(text: str, *, what: str) -> int:
    """Parse a time: unix seconds, or RFC 3339, in UTC unless an offset is given.

    Raises:
        UsageError: the text is neither.
    """
    if re.fullmatch(_UNIX, text):
        return int(text)
    seconds = instant(text)
    if seconds is None:
        raise UsageError(f"{what}: {text!r} is not a time", hint="use unix seconds, or 2026-01-31T12:00:00Z")
    return int(seconds)


def parse_day(text: str, *, what: str, today: date) -> date:
    """Parse a day: ``2026-01-31``, ``today``, ``yesterday``, or ``7d`` for 7 days ago.

    Args:
        text: from the user.
        what: the option, for the error.
        today: the user's date.

    Raises:
        UsageError: it is none of these.
    """
    ages = {"today": "0", "yesterday": "1"}
    age = re.fullmatch(r"([0-9]{1,5})d", text)
    try:
        if text in ages or age:
            return today - timedelta(days=int(age[1] if age else ages[text]))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{what}: {text!r} is not a date", hint="use 2026-01-31, today, yesterday, or 7d for 7 days ago"
    )


def parse_start(text: str, *, what: str, now: datetime) -> int:
    """Parse a time as :func:`unix_seconds` does, or ``today``, ``yesterday``, ``7d``: where that day begins.

    Args:
        text: from the user.
        what: the option, for the error.
        now: in the user's time zone.

    Raises:
        UsageError: it is neither.
    """
    with suppress(UsageError):
        return unix_seconds(text, what=what)
    try:
        day = parse_day(text, what=what, today=now.date())
    except UsageError:
        hint = "use today, yesterday, 7d for 7 days ago, unix seconds, or 2026-01-31T12:00:00Z"
        raise UsageError(f"{what}: {text!r} is not a time", hint=hint) from None
    day = max(day, _FIRST_DAY)
    return int(datetime.combine(day, datetime.min.time()).astimezone().timestamp())


def instant(value: object) -> float | None:
    """Return an RFC 3339 time, UTC unless it has an offset, in unix seconds; None for anything else."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if time is None else (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def short_time(value: object) -> object:
    """Return an RFC 3339 time to the minute, such as ``2026-01-31 12:00Z``; anything else as it is."""
    seconds = instant(value)
    text = None if seconds is None else rfc3339_or_none(seconds)
    return f"{text[:16].replace('T', ' ')}Z" if text else value
