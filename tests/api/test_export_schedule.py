"""Schedules of exports, however they are spelled; what is not understood stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.export_schedule import DAY, HOUR, MARGIN, Schedule, schedule_in

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
hours = st.integers(0, 23).flatmap(lambda hour: st.sampled_from([f"{hour}", f"{hour:02}"]))
minutes = st.integers(0, 59).map(lambda minute: f"{minute:02}")
periods = st.sampled_from(
    [
        ("daily", DAY),
        *((f"weekly-{spelled}", 7 * DAY) for day in DAYS for spelled in (day, day[:3], f"{day}s")),
    ]
)
cases = st.sampled_from([str.lower, str.upper, str.title])
joints = st.sampled_from(["-", " ", "_", " - "])


@given(hours, minutes, periods, cases, joints)
def test_a_schedule_has_its_period_in_any_spelling(
    hour: str, minute: str, period: tuple[str, float], case: Callable[[str], str], joint: str
) -> None:
    text = f" {case(f'{hour}:{minute}-{period[0]}').replace('-', joint)} "
    assert Schedule.parse(text) == Schedule(text, period[1])
    assert schedule_in({"name": "Nightly", "schedule": text}) == Schedule(text, period[1])


@pytest.mark.parametrize("text", ["hourly", "Hourly", " HOURLY "])
def test_hourly_is_a_schedule_without_a_time(text: str) -> None:
    assert Schedule.parse(text).overdue_after() == HOUR + MARGIN


@pytest.mark.parametrize(
    "text",
    [
        *("", "daily", "monthly", "24:00-daily", "8:60-daily", "8-daily", "8:00-hourly", "-8:00-daily"),
        *(
            "8:00-weekly",
            "8:00-weekly-someday",
            "8:00-weekly-t",
            "8:00-weekly-day",
            "8:00-weekly-monday-friday",
        ),
        *("8:00-daily-weekdays", "0 8 * * *", "not hourly", "8:00-monthly-1", "8:00-weekly-sunda ys"),
    ],
)
def test_another_schedule_is_not_understood(text: str) -> None:
    assert Schedule.parse(text).period is None
    assert Schedule.parse(text).overdue_after() is None


@given(st.text())
def test_any_text_is_a_schedule_that_is_understood_or_not(text: str) -> None:
    assert Schedule.parse(text).period in {None, HOUR, DAY, 7 * DAY}
    assert Schedule.parse(text).text == text


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"schedule": "hourly", "name": "8:00-daily"}, "hourly"),
        ({"delivery_schedule": "fortnightly"}, "fortnightly"),
        ({"upload_frequency": "hourly"}, "hourly"),
        ({"runs": "8:00-daily", "name": "Nightly"}, "8:00-daily"),
        ({"schedule": "8:00-daily", "schedule_name": "Morning"}, "8:00-daily"),
        ({"schedule": "hourly", "old_schedule": "8:00-daily"}, None),
        ({"schedule": None, "name": "Nightly"}, None),
        ({"schedule": {"every": "hour"}}, None),
        ({"schedule": " "}, None),
        ({}, None),
    ],
)
def test_the_schedule_is_found_under_any_clear_name(attributes: dict[str, object], text: str | None) -> None:
    found = schedule_in(attributes)
    assert (found and found.text) == text
