"""Whether an export works: its last run succeeded, and the next one is not overdue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jebbitctl.api.export_runs import latest, runs_in
from jebbitctl.api.export_schedule import HOUR, schedule_in
from jebbitctl.api.resources import format_value
from jebbitctl.api.statuses import normalised
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.util.text import cell, plural
from jebbitctl.util.times import short_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.api.export_runs import ExportRun
    from jebbitctl.api.export_schedule import Schedule
    from jebbitctl.diagnose.findings import Finding

_MINUTE = 60
_MAX_AHEAD = 300
"""Seconds that the time of a run may be in the future: clocks differ."""
_FAILED_FIX = "see why in Jebbit's dashboard; check that the destination accepts files"
_OVERDUE_FIX = (
    "see in Jebbit's dashboard whether the export is switched off; else ask Jebbit why it did not run"
)
_EMPTY_FIX = "if answers were expected, check its campaigns"
_ON = frozenset({"is_active", "active", "is_enabled", "enabled"})
"""Names of switches that no document gives: it is off if one is false."""
_OFF = frozenset({"paused", "archived", "disabled", "deactivated", "suspended", "inactive", "deleted"})
"""What says that it is off: as a switch that is true, as a status, or as a time at which it happened."""
_STATUSES = frozenset({"status", "state"})


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """An export that was checked.

    Attributes:
        id: of the export; None if Jebbit does not say it.
        name: None if Jebbit does not say it.
        schedule: as Jebbit says it; None if it does not.
        last_run: None if it is not known.
        finding: the result.
    """

    id: str | None
    name: str | None
    schedule: str | None
    last_run: ExportRun | None
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        run = self.last_run
        return {
            "id": self.id,
            "name": self.name,
            "state": str(self.finding.state),
            "schedule": self.schedule,
            "last_run": {"status": run.status, "at": run.at, "rows": run.rows} if run else None,
            "detail": self.finding.seen,
            "fix": self.finding.fix,
        }


def check(
    id_: str | None, attributes: Mapping[str, Any], *, now: float, campaigns: str | None = None
) -> ExportCheck:
    """Check an export.

    Args:
        id_: its id.
        attributes: all of them; nobody documents their names.
        now: unix seconds.
        campaigns: the command that lists its campaigns.
    """
    schedule, runs = schedule_in(attributes), runs_in(attributes)
    finding = _switched_off(attributes) or _judge(schedule, runs, now)
    if finding.state is State.WARNING and campaigns:
        finding = replace(finding, fix=f"{finding.fix}: {campaigns}")
    name = attributes.get("name")
    return ExportCheck(
        id_,
        name if isinstance(name, str) and name else None,
        schedule.text if schedule else None,
        latest(runs or ()),
        finding,
    )


def _switched_off(attributes: Mapping[str, Any]) -> Finding | None:
    found = next(
        (f"{name}: {format_value(value)}" for name, value in attributes.items() if _is_off(name, value)), None
    )
    if found is None:
        return None
    return unknown(f"it is switched off ({found})", "leave it out: name the exports to check")


def _is_off(name: str, value: object) -> bool:
    word = name.lower()
    if isinstance(value, bool):
        return word.removeprefix("is_") in _OFF if value else word in _ON
    if not isinstance(value, str) or not value:
        return False
    if word in _STATUSES:
        return normalised(value) in _OFF
    return word.endswith("_at") and word.removesuffix("_at") in _OFF


def _judge(schedule: Schedule | None, runs: Sequence[ExportRun] | None, now: float) -> Finding:
    if runs is None:
        return unknown("Jebbit does not say its last runs")
    if not runs:
        return unknown("Jebbit shows no run", "if the export is not new, ask Jebbit why it did not run")
    last = latest(runs)
    if last is None:
        return unknown("Jebbit says no time, or none with a time zone, of a run")
    if last.end == "running":
        return _judge_running(last, schedule, runs, now)
    if last.end == "failed":
        return failed(_failure(last), _FAILED_FIX)
    return _punctuality(last, schedule, now) or _judge_ended(last, runs)


def _judge_running(
    running: ExportRun, schedule: Schedule | None, runs: Sequence[ExportRun], now: float
) -> Finding:
    """Judge by the run before one that is still running, unless that takes too long."""
    began = running.seconds is not None
    if began and (finding := _punctuality(running, schedule, now)):
        return replace(finding, seen=f"{cell(running.status)}: {finding.seen}")
    ended = [run for run in runs if run.end != "running"]
    if began and schedule and schedule.period and (before := latest(ended)):
        seen = f"{cell(running.status)} since {_time(running)}; the run before: "
        if before.end == "failed":
            return failed(seen + _failure(before), _FAILED_FIX)
        finding = _punctuality(before, schedule.twice(), now) or _judge_ended(before, ended)
        return replace(finding, seen=seen + finding.seen)
    return unknown(f"the last run is {cell(running.status)}", "check again later")


def _punctuality(last: ExportRun, schedule: Schedule | None, now: float) -> Finding | None:
    """Return what is wrong with the time of the last run, None if nothing is."""
    age = now - (last.seconds or 0)
    if age < -_MAX_AHEAD:
        return unknown(
            f"the last run, {_time(last)}, is in the future",
            "check this machine's clock: jebbitctl doctor",
        )
    if schedule is None:
        return unknown(f"Jebbit does not say its schedule; the last run: {describe(last)}")
    limit = schedule.overdue_after()
    if limit is None:
        return unknown(f"the schedule {schedule.text} is not known; the last run: {describe(last)}")
    if age <= limit:
        return None
    return failed(
        f"overdue: last run {_time(last)}, {_duration(age)} ago; schedule {schedule.text}",
        _OVERDUE_FIX,
    )


def _judge_ended(last: ExportRun, runs: Sequence[ExportRun]) -> Finding:
    if last.status is None:
        return unknown(f"Jebbit does not say the status of the last run, {_time(last)}")
    if last.end != "succeeded":
        return unknown(f"the status {last.status} is not known: {describe(last)}")
    if last.error is not None:
        return unknown(f"{describe(last)}, but Jebbit says an error: {last.error}", _FAILED_FIX)
    if last.rows == 0 and (before := [run.rows for run in runs if run.rows]):
        return warning(
            f"{describe(last)}; of the {plural(len(runs), 'run')} shown, {len(before)} had rows",
            _EMPTY_FIX,
        )
    return ok(describe(last))


def describe(run: ExportRun) -> str:
    """Return a run in words, such as ``succeeded 2026-01-31 08:00Z, 120 rows``."""
    rows = "" if run.rows is None else f", {plural(run.rows, 'row')}"
    return f"{run.status or 'no status'} {_time(run)}{rows}"


def _failure(run: ExportRun) -> str:
    return describe(run) + (f": {run.error}" if run.error else "")


def _time(run: ExportRun) -> str:
    return cell(short_time(run.at)) or "at no known time"


def _duration(seconds: float) -> str:
    """Return a duration in its largest unit, such as ``3 hours``."""
    for unit, length in (("day", 24 * HOUR), ("hour", HOUR)):
        if seconds >= 2 * length:
            return plural(int(seconds // length), unit)
    return plural(int(seconds // _MINUTE), "minute")
