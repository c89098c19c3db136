"""The runs of an export are found under any name, and read as far as they are clear."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.export_runs import ExportRun, latest, runs_in

AT = "2026-01-31T08:00:30.000Z"
RUN = {"status": "succeeded", "row_count": 7, "started_at": "2026-01-31T08:00:00.000Z", "finished_at": AT}
values = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([AT, "failed", "succeeded"])
names = st.sampled_from(["status", "state", "rows", "row_count", "started_at", "error", "note"]) | st.text()
items = st.dictionaries(names, values)


@pytest.mark.parametrize(
    ("item", "run"),
    [
        (RUN, ExportRun("succeeded", AT, 7)),
        ({"state": "done", "records": 7, "time": AT}, ExportRun("done", AT, 7)),
        (
            {"status": "ok", "exported_rows": 7, "end": "2026-01-31T09:00+01:00"},
            ExportRun("ok", "2026-01-31T09:00+01:00", 7),
        ),
        ({"status": "ok", "rows": 1, "rows_skipped": 2}, ExportRun("ok", None, None)),
        ({"status": "ok", "rows": "7", "started_at": "2026-01-31 08:00:00"}, ExportRun("ok", None, None)),
        ({"status": "ok", "rows": True, "started_at": "2026-01-31"}, ExportRun("ok", None, None)),
        (
            {"status": "ok", "started_at": AT, "next_run_at": "2027-01-31T08:00:00Z"},
            ExportRun("ok", AT, None),
        ),
        (
            {"status": "failed", "error_message": "refused", "error_count": 0},
            ExportRun("failed", None, None, "refused"),
        ),
        ({"status": "ok", "error": None, "failures": [], "success": True}, ExportRun("ok", None, None)),
        *(
            ({"status": "done", **contradiction}, ExportRun("done", None, None, error))
            for contradiction, error in (
                ({"result": "failed"}, "result: failed"),
                ({"success": False}, "success: false"),
                ({"failed": True}, "failed: true"),
                ({"rejected_count": 5}, "rejected_count: 5"),
                ({"exception": "boom"}, "boom"),
            )
        ),
        (
            {"status": "failed", "error": "sftp://u:p@acme.io/x?token=t refused"},
            ExportRun("failed", None, None, "sftp://********@acme.io/x?token=******** refused"),
        ),
        ({"status": "ok", "rows": 7, "failed_rows": 3}, ExportRun("ok", None, 7, "failed_rows: 3")),
    ],
)
def test_a_run_has_what_its_attributes_clearly_say(item: dict[str, Any], run: ExportRun) -> None:
    assert runs_in({"whatever": [item], "fields": ["email"]}) == [run]


@pytest.mark.parametrize(
    ("attributes", "count"),
    [
        ({"recent_runs": [RUN], "fields": [{"name": "email", "state": "on"}]}, 1),
        ({"history": [RUN, RUN], "fields": [{"name": "email"}]}, 2),
        ({"recent_runs": [], "fields": []}, 0),
        ({"history": [], "fields": []}, None),
        ({"one": [RUN], "two": [RUN]}, None),
        ({"runs": [RUN], "old_runs": [RUN]}, None),
        ({"recent_runs": None}, None),
        ({"recent_runs": [RUN, "more"]}, None),
        ({"recent_runs": [{"row_count": 1}]}, 1),
        ({"truns": []}, None),
        ({}, None),
    ],
)
def test_the_runs_are_found_under_any_clear_name(attributes: dict[str, Any], count: int | None) -> None:
    found = runs_in(attributes)
    assert (None if found is None else len(found)) == count


@pytest.mark.parametrize(
    ("status", "end"),
    [
        *((word, "succeeded") for word in ("succeeded", "Success", "COMPLETED", " done ", "ok", "uploaded")),
        *(
            (word, "failed")
            for word in ("failed", "Error", "timed out", "Timed-Out", "failed_with_errors", "aborted")
        ),
        *((word, "running") for word in ("running", "In Progress", "queued", "processing")),
        *(
            (word, "unknown")
            for word in (None, "", "partial", "completed_with_errors", "not failed", "skipped")
        ),
    ],
)
def test_a_status_means_what_is_well_known_of_its_word(status: str | None, end: str) -> None:
    assert ExportRun(status, None, None).end == end


@given(st.lists(items), st.text())
def test_any_list_of_objects_can_be_read(items: list[dict[str, Any]], name: str) -> None:
    found = runs_in({name: items})
    assert found is None or len(found) == len(items)
    if (last := latest(found or [])) and last.end != "running":
        assert all((run.seconds or 0) <= (last.seconds or 0) for run in found or [])


def test_the_latest_run_is_told_by_time_not_by_order() -> None:
    early, late = ExportRun("ok", "2026-01-30T08:00:00Z", 1), ExportRun("ok", "2026-01-31T00:00:00+01:00", 2)
    assert latest([early, late]) == latest([late, early]) == late
    assert latest([]) is None


def test_the_latest_run_is_unknown_if_one_that_ended_has_no_time() -> None:
    timed, untimed = ExportRun("ok", AT, 1), ExportRun("failed", None, 1)
    assert latest([timed, untimed]) is None
    assert latest([timed, ExportRun("queued", None, None)]) == ExportRun("queued", None, None)
