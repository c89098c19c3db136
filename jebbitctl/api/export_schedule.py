"""The schedules of exports, such as ``hourly``, ``8:00-daily`` and ``2:00-weekly-tuesday``.

Jebbit's MCP server gives these three examples and no grammar. Their time zone is not documented either, so
only the period is used, not the time of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUR = 3600.0
DAY = 24 * HOUR
MARGIN = 2 * HOUR
"""Seconds after its period until a run is overdue: one hour if clocks were set back, and one for a run that
begins late or takes long."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIMED = re.compile(r"(?:(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})-)(?P<period>daily|weekly-(?P<day>[a-z]+))")
_NAMES = ("schedule", "frequency")
_MIN_WEEKDAY = 3
"""Letters of a weekday that is shortened, such as ``tue``."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an export runs.

    Attributes:
        text: as Jebbit says it.
        period: seconds from one run to the next; None if the text is not understood.
    """

    text: str
    period: float | None

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Parse a schedule, however it is spelled."""
        return cls(text, _period(re.sub(r"[\s_-]+", "-", text.strip().lower())))

    def twice(self) -> Schedule:
        """Return the schedule of every other run."""
        return Schedule(self.text, None if self.period is None else 2 * self.period)

    def overdue_after(self) -> float | None:
        """Return the seconds after a run, from which on the next one is overdue."""
        return None if self.period is None else self.period + MARGIN


def schedule_in(attributes: Mapping[str, Any]) -> Schedule | None:
    """Return the schedule of an export; None if Jebbit does not say it.

    No document names the attribute: it is the only text with a name like schedule, or that reads like one.
    """
    texts = {name: value for name, value in attributes.items() if isinstance(value, str) and value.strip()}
    named = [text for name, text in texts.items() if any(part in name.lower() for part in _NAMES)]
    schedules = [Schedule.parse(text) for text in named or texts.values()]
    understood = [schedule for schedule in schedules if schedule.period is not None]
    if len(understood) == 1:
        return understood[0]
    return schedules[0] if len(named) == 1 else None


def _period(text: str) -> float | None:
    if text == "hourly":
        return HOUR
    found = _TIMED.fullmatch(text)
    if found is None or int(found["hour"]) > 23 or int(found["minute"]) > 59:  # noqa: PLR2004 - a clock's
        return None
    if found["day"] is None:
        return DAY
    return 7 * DAY if _is_weekday(found["day"]) else None


def _is_weekday(text: str) -> bool:
    day = text.removesuffix("s") if text.endswith("days") else text
    return day in _WEEKDAYS or (
        len(day) >= _MIN_WEEKDAY
        and any(name.startswith(day) for name in _WEEKDAYS)
        and not day.endswith("day")
    )
