from __future__ import annotations

import math
import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.util.times import parse_day, parse_start, rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.util.times import Precision


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("seconds", "2026-01-31T12:00:00Z"),
        ("milliseconds", "2026-01-31T12:00:00.123Z"),
        ("microseconds", "2026-01-31T12:00:00.123999Z"),
    ],
)
def test_a_time_has_the_requested_precision(precision: Precision, text: str) -> None:
    assert rfc3339(1769860800.123999, precision) == text


def test_a_whole_second_has_all_its_digits() -> None:
    assert rfc3339(1769860800, "milliseconds") == "2026-01-31T12:00:00.000Z"


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan, 1e18])
def test_a_time_that_is_out_of_range_is_none(seconds: float) -> None:
    assert rfc3339_or_none(seconds) is None


@given(st.dates(), st.integers(0, 99_999))
def test_a_day_is_a_date_or_some_days_ago(day: date, age: int) -> None:
    today = date(2026, 3, 1)
    assert parse_day(day.isoformat(), what="--since", today=today) == day
    assert parse_day(f"{age}d", what="--since", today=today) == today - timedelta(days=age)
    words = [parse_day(word, what="--since", today=today) for word in ("today", "yesterday")]
    assert words == [today, date(2026, 2, 28)]


@pytest.mark.parametrize(
    "text",
    ["", "d", "-1d", "7", "1.5d", "2026-1-31", "2026-02-29", "2026-W05-1", "\u0667d", "TODAY", " today"],
)
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(UsageError, match=r"--until: .* is not a date"):
        parse_day(text, what="--until", today=date(2026, 3, 1))
    with pytest.raises(UsageError):
        parse_day("9d", what="--until", today=date.min)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a time zone of its own")
def test_a_start_is_a_time_or_the_beginning_of_a_day_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        now = datetime(2026, 3, 30, 9).astimezone()  # summer time began the day before
        starts = {
            "today": "2026-03-29T22:00:00Z",
            "2d": "2026-03-27T23:00:00Z",
            "2026-03-30": "2026-03-30T00:00:00Z",
            "0": "1970-01-01T00:00:00Z",
        }
        assert {text: rfc3339(parse_start(text, what="--since", now=now)) for text in starts} == starts
        with pytest.raises(UsageError, match="--since: '09:00' is not a time") as caught:
            parse_start("09:00", what="--since", now=now)
        assert (caught.value.hint or "").startswith("use today, yesterday, 7d")
    finally:
        monkeypatch.undo()
        time.tzset()
