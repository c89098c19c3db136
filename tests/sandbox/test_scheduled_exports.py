"""Exports and their runs."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jebbitctl.sandbox import exports
from jebbitctl.sandbox.behaviour import Behaviour
from jebbitctl.sandbox.exports import DAY, HOUR, WEEK
from jebbitctl.sandbox.seed import seed
from jebbitctl.sandbox.state import SandboxState

if TYPE_CHECKING:
    from jebbitctl.sandbox.state import Business, StoredResource
    from tests.sandbox.support import SandboxClient

PERIODS = {"hourly": HOUR, "8:00-daily": DAY, "2:00-weekly-tuesday": WEEK}
MOMENTS = st.floats(1.7e9, 1.9e9)


def _seeded_at(now: float) -> tuple[SandboxState, Business]:
    state = SandboxState([], behaviour=Behaviour())
    state.clock = lambda: now
    seed(state, businesses=1, integrations=0)
    (business,) = state.businesses.values()
    return state, business


def _started(run: dict[str, Any], name: str = "started_at") -> datetime:
    return datetime.fromisoformat(run[name])


def _assert_on_schedule(export: StoredResource, now: float) -> None:
    """Assert that an export ran ten times, the last time when its schedule last asked for it."""
    runs, period = export.attributes["recent_runs"], PERIODS[export.attributes["schedule"]]
    starts = [_started(run).timestamp() for run in runs]
    assert len(runs) == 10
    assert [newer - older for newer, older in pairwise(starts)] == [period] * 9
    assert 0 <= now - starts[0] < period
    ends = [_started(run, "finished_at").timestamp() for run in runs]
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    assert ends[0] <= now + 0.001  # times are in milliseconds
    assert {run["status"] for run in runs} == {"succeeded"}
    assert all(run["row_count"] > 0 for run in runs)


@example(now=1.8e9 // HOUR * HOUR)
@example(now=1.8e9 // HOUR * HOUR + 10)  # the last run is not over
@given(now=MOMENTS)
def test_the_exports_of_a_new_sandbox_are_on_schedule_at_any_time(now: float) -> None:
    _, business = _seeded_at(now)
    found = [*business.of("uploaders").values()]
    assert {export.attributes["schedule"] for export in found} == set(PERIODS)
    for export in found:
        _assert_on_schedule(export, now)


@given(now=MOMENTS, later=st.lists(st.floats(0, 20 * DAY), min_size=1, max_size=3))
def test_exports_keep_running_while_the_sandbox_does(now: float, later: list[float]) -> None:
    state, business = _seeded_at(now)
    found = [*business.of("uploaders").values()]
    for seconds in later:
        now += seconds
        state.clock = lambda moment=now: moment  # type: ignore[misc]
        exports.run_due(state, business, found)
        for export in found:
            _assert_on_schedule(export, now)


@pytest.mark.parametrize(
    ("schedule", "hour", "minute", "weekday"),
    [
        ("8:00-daily", 8, 0, None),
        ("23:45-daily", 23, 45, None),
        *((f"2:00-weekly-{name.lower()}", 2, 0, number) for number, name in enumerate(calendar.day_name)),
    ],
)
def test_an_export_runs_at_its_time_in_utc(
    schedule: str, hour: int, minute: int, weekday: int | None
) -> None:
    state, business = _seeded_at(1.8e9)
    export = next(iter(business.of("uploaders").values()))
    export.attributes["schedule"] = schedule
    exports.schedule(state, export)
    for run in export.attributes["recent_runs"]:
        started = _started(run)
        assert (started.tzinfo, started.hour, started.minute, started.second) == (UTC, hour, minute, 0)
        assert weekday in (None, started.weekday())


def test_the_runs_that_a_test_sets_stay(seeded: SandboxClient) -> None:
    state = seeded.sandbox.state
    (business,) = state.businesses.values()
    hourly = next(one for one in business.of("uploaders").values() if one.attributes["schedule"] == "hourly")
    now = state.clock()
    for runs in (
        [],
        [exports.run_at(state, now - 5 * HOUR)],
        [exports.run_at(state, now, status="failed", rows=0), exports.run_at(state, now - HOUR)],
    ):
        hourly.attributes["recent_runs"] = runs
        assert seeded.get(f"uploaders/{hourly.id}").json()["data"]["attributes"]["recent_runs"] == runs
        state.clock = lambda: now + DAY / 2  # well before the token expires
        assert seeded.get(f"uploaders/{hourly.id}").json()["data"]["attributes"]["recent_runs"] == runs
        state.clock = lambda: now


def test_exports_say_where_they_go_and_how_many_recipients_they_have_but_no_address(
    seeded: SandboxClient,
) -> None:
    found = {one["attributes"]["destination_type"]: one["attributes"] for one in seeded.list("uploaders")}
    assert set(found) == {"sftp", "s3", "email"}
    assert (found["sftp"]["host"], found["s3"]["bucket"]) == ("sftp.example.com", "acme-quiz-answers")
    assert found["email"]["recipient_count"] == 3
    assert "@" not in str(found)
    common = {"name", "destination_type", "schedule", "format", "fields", "attached_at", "recent_runs"}
    for attributes in found.values():
        assert common < set(attributes)


def test_an_export_is_shown_as_in_the_list(seeded: SandboxClient) -> None:
    for export in seeded.list("uploaders"):
        assert seeded.get(f"uploaders/{export['id']}").json() == {"data": export}
    assert seeded.get("uploaders/nowhere1").status_code == 404


def test_exports_do_not_page(seeded: SandboxClient) -> None:
    assert seeded.list("uploaders", **{"page[size]": "1", "page[number]": "2"}) == seeded.list("uploaders")


def test_an_export_that_is_attached_to_campaigns_has_campaigns(seeded: SandboxClient) -> None:
    found = {
        (export["attributes"]["attached_at"], bool(seeded.list(f"uploaders/{export['id']}/campaigns")))
        for export in seeded.list("uploaders")
    }
    assert found == {("campaigns", True), ("brand", False)}


def test_an_invalid_schedule_is_refused() -> None:
    state, business = _seeded_at(1.8e9)
    export = next(iter(business.of("uploaders").values()))
    export.attributes["schedule"] = "now and then"
    with pytest.raises(ValueError, match="not a schedule: now and then"):
        exports.schedule(state, export)
