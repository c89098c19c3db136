"""What is said of an export: never that it works unless everything shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.export_schedule import DAY, HOUR, MARGIN
from jebbitctl.diagnose.export_checks import check
from jebbitctl.diagnose.findings import State
from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from jebbitctl.diagnose.export_checks import ExportCheck

NOW = 1_769_900_000.0
SCHEDULES = {"hourly": HOUR, "8:00-daily": DAY, "2:00-weekly-tuesday": 7 * DAY}
WORKS = {State.OK: True, State.FAILED: False, State.UNKNOWN: None}
schedules = st.sampled_from(list(SCHEDULES))
words = st.sampled_from(["succeeded", "failed", "running", "partial", "", None])


def run(
    age: float = 60, status: str | None = "succeeded", rows: int | None = 5, **more: Any
) -> dict[str, Any]:
    return {"status": status, "row_count": rows, "finished_at": rfc3339(NOW - age, "milliseconds"), **more}


def export(*runs: dict[str, Any], schedule: str | None = "hourly", **more: Any) -> ExportCheck:
    """Return the check of an export with these runs."""
    return check("e1", {"name": "Leads", "schedule": schedule, "recent_runs": list(runs), **more}, now=NOW)


def verdict(*runs: dict[str, Any], **more: Any) -> tuple[bool | None, str]:
    """Return whether an export works, None if that cannot be known, and what was seen."""
    found = export(*runs, **more).finding
    return WORKS[found.state], found.seen


@given(schedules, st.integers(0, int(8 * DAY)))
def test_an_export_is_overdue_exactly_after_its_period_and_the_margin(schedule: str, age: int) -> None:
    ok, detail = verdict(run(age), schedule=schedule)
    assert ok is (age <= SCHEDULES[schedule] + MARGIN)
    assert ("overdue" in detail) is not ok


@given(schedules, words, st.integers(0, int(8 * DAY)), st.integers(0, int(8 * DAY)))
def test_an_export_that_did_not_work_does_not_work_later(
    schedule: str, word: str, age: int, more: int
) -> None:
    before, _ = verdict(run(age, word), schedule=schedule)
    later, _ = verdict(run(age + more, word), schedule=schedule)
    assert before is not False or later is False
    assert later is not True or before is True


@given(st.lists(st.tuples(st.integers(0, int(2 * DAY)), words), max_size=4), schedules)
def test_only_an_export_whose_last_finished_run_succeeded_works(
    runs: list[tuple[int, str | None]], schedule: str
) -> None:
    ok, _ = verdict(*(run(age, word) for age, word in runs), schedule=schedule)
    finished = sorted((age, str(word)) for age, word in runs if word != "running")
    if ok:
        newest = {word for age, word in finished if age == finished[0][0]}
        assert "succeeded" in newest


@given(
    st.dictionaries(st.sampled_from(["schedule", "recent_runs", "name", "is_active"]), st.text() | st.none())
)
def test_an_export_of_which_jebbit_says_too_little_cannot_be_checked(attributes: dict[str, Any]) -> None:
    assert check("e1", attributes, now=NOW).finding.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("runs", "more", "ok", "detail"),
    [
        ([run(status="failed", error="disk full")], {}, False, "failed 2026-01-31 22:52Z, 5 rows: disk full"),
        ([run(status="failed"), run(4000)], {}, False, "failed 2026-01-31 22:52Z, 5 rows"),
        ([run(4000), run(status="failed")], {}, False, "failed 2026-01-31 22:52Z, 5 rows"),
        ([run(4 * HOUR)], {}, False, "overdue: last run 2026-01-31 18:53Z, 4 hours ago; schedule hourly"),
        ([run(4 * HOUR, status="odd")], {}, False, "overdue: last run 2026-01-31 18:53Z, 4 hours ago; "),
        ([run(4 * HOUR, status="running")], {}, False, "running: overdue: last run 2026-01-31 18:53Z"),
        ([run(3 * DAY)], {}, False, "overdue: last run 2026-01-28 22:53Z, 3 days ago"),
        (
            [run(status="running"), run(4000)],
            {},
            True,
            "running since 2026-01-31 22:52Z; the run before: succeeded",
        ),
        (
            [run(status="running"), run(4000, "failed")],
            {},
            False,
            "running since 2026-01-31 22:52Z; the run before: f",
        ),
        (
            [run(status="running"), run(4000, "odd")],
            {},
            None,
            "running since 2026-01-31 22:52Z; the run before: the s",
        ),
        (
            [run(status="running"), run(4000, "running"), run(5 * HOUR)],
            {},
            False,
            "running since 2026-01-31 22:52Z; the run before: overdue: last run 2026-01-31 17:53Z, 5 hours",
        ),
        (
            [run(status="running"), run(3.5 * HOUR)],
            {},
            True,
            "running since 2026-01-31 22:52Z; the run before: succeeded 2026-01-31 19:23Z, 5 rows",
        ),
        ([run(status="running")], {}, None, "the last run is running"),
        ([{"status": "queued"}, run(4000)], {}, None, "the last run is queued"),
        (
            [run(status="partial")],
            {},
            None,
            "the status partial is not known: partial 2026-01-31 22:52Z, 5 rows",
        ),
        ([run(status=None), run(4000)], {}, None, "Jebbit does not say the status of the last run"),
        (
            [run(error="disk full")],
            {},
            None,
            "succeeded 2026-01-31 22:52Z, 5 rows, but Jebbit says an error: disk",
        ),
        ([{"status": "succeeded"}], {}, None, "Jebbit says no time, or none with a time zone, of a run"),
        ([], {}, None, "Jebbit shows no run"),
        ([run()], {"schedule": None}, None, "Jebbit does not say its schedule; the last run: succeeded"),
        (
            [run()],
            {"schedule": "fortnightly"},
            None,
            "the schedule fortnightly is not known; the last run: succ",
        ),
        ([run(-400)], {}, None, "the last run, 2026-01-31 23:00Z, is in the future"),
        ([run(-200)], {}, True, "succeeded 2026-01-31 22:56Z, 5 rows"),
        ([run(4 * HOUR)], {"is_active": False}, None, "it is switched off (is_active: false)"),
        ([run(rows=None)], {}, True, "succeeded 2026-01-31 22:52Z"),
        ([run(rows=0)], {}, True, "succeeded 2026-01-31 22:52Z, 0 rows"),
    ],
)
def test_a_verdict_says_what_was_seen(
    runs: list[dict[str, Any]], more: dict[str, Any], ok: bool | None, detail: str
) -> None:
    found = export(*runs, **more).finding
    assert WORKS[found.state] is ok
    assert found.seen.startswith(detail)
    assert (found.fix is not None) or ok is not False


def test_a_run_without_rows_is_a_warning_if_earlier_ones_had_some() -> None:
    found = export(run(rows=0), run(4000, rows=9), run(8000, rows=0)).finding
    assert found.state is State.WARNING
    assert found.seen == "succeeded 2026-01-31 22:52Z, 0 rows; of the 3 runs shown, 1 had rows"
    assert found.fix == "if answers were expected, check its campaigns"


def test_runs_that_jebbit_does_not_say_are_not_taken_for_none() -> None:
    assert check("e1", {"schedule": "hourly"}, now=NOW).finding.seen == "Jebbit does not say its last runs"


@pytest.mark.parametrize(
    "off",
    [
        *({"is_active": False}, {"enabled": False}, {"paused": True}, {"is_archived": True}),
        *({"status": "Paused"}, {"state": "archived"}, {"paused_at": "2026-01-30T08:00:00Z"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("age", [300, 100_000])
def test_an_export_that_is_switched_off_is_neither_fine_nor_overdue(off: dict[str, Any], age: int) -> None:
    found = export(run(age), **off).finding
    assert (found.state, found.seen.startswith("it is switched off (")) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    "on", [{"paused": False}, {"archived_at": None}, {"status": "active"}, {"is_active": True}], ids=str
)
def test_an_export_that_is_switched_on_is_judged_by_its_runs(on: dict[str, Any]) -> None:
    assert export(run(), **on).finding.state is State.OK
