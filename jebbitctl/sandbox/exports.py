"""Scheduled exports, which Jebbit's API calls uploaders, and their runs.

Jebbit's MCP server names ``attached_at`` and describes the rest in prose: a schedule such as ``8:00-daily``,
a format, fields, a host or bucket, the last ten runs with their status and rows. All other names and the
values of a status are assumed. It is also assumed that times are in UTC, and that an export by e-mail shows
how many recipients it has, not their addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
_MAX_RUNS = 10
_RUN_SECONDS = 30
_PERIODS = {"hourly": HOUR, "daily": DAY, "weekly": WEEK}
_WEEKDAYS = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")
"""Beginning with the day on which unix time began."""
_SCHEDULE = re.compile(r"(?:(\d{1,2}):(\d\d)-)?(hourly|daily|weekly)(?:-([a-z]+day))?")


def schedule(state: SandboxState, export: StoredResource) -> None:
    """Set the runs of an export as if it had always run on schedule; further runs follow in time."""
    _, export.since = _due(state, export.attributes["schedule"])
    export.attributes["recent_runs"] = []
    _add_runs(state, export, _MAX_RUNS)


def run_due(state: SandboxState, _: Business, exports: Iterable[StoredResource]) -> None:
    """Add the runs that were due since the last request, except to exports whose runs a test has set."""
    for export in exports:
        runs = export.attributes.get("recent_runs")
        if runs and runs[0].get("started_at") == state.timestamp(export.since):
            period, latest = _due(state, export.attributes["schedule"])
            missing = round((latest - export.since) / period)
            if missing > 0:
                export.since = latest
                _add_runs(state, export, min(missing, _MAX_RUNS))


def run_at(
    state: SandboxState, started: float, *, status: str = "succeeded", rows: int = 120
) -> dict[str, Any]:
    """Return a run of an export.

    Args:
        state: of the sandbox.
        started: unix seconds.
        status: ``succeeded`` or, for example, ``failed``.
        rows: how many it sent.
    """
    finished = max(started, min(started + _RUN_SECONDS, state.clock()))
    return {
        "status": status,
        "row_count": rows,
        "started_at": state.timestamp(started),
        "finished_at": state.timestamp(finished),
    }


def _add_runs(state: SandboxState, export: StoredResource, count: int) -> None:
    """Add the latest runs, up to the one at ``export.since``. The rows depend on the time only."""
    period, _ = _due(state, export.attributes["schedule"])
    starts = [export.since - number * period for number in range(count)]
    runs = [run_at(state, start, rows=120 + int(start / HOUR) * 7 % 40) for start in starts]
    export.attributes["recent_runs"] = [*runs, *export.attributes["recent_runs"]][:_MAX_RUNS]


def _due(state: SandboxState, text: str) -> tuple[int, float]:
    """Return the period of a schedule in seconds, and when the latest run was due in unix seconds."""
    found = _SCHEDULE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a schedule: {text}")
    hour, minute, period, weekday = found.groups()
    offset = int(hour or 0) * HOUR + int(minute or 0) * 60
    if weekday:
        offset += _WEEKDAYS.index(weekday) * DAY
    now = state.clock()
    return _PERIODS[period], now - (now - offset) % _PERIODS[period]
