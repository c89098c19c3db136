"""``exports check``."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.util.times import rfc3339
from tests.scripted_server import attributes_of, scripted
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Cli, Result


def change(sandbox: Sandbox, name: str, **attributes: Any) -> str:
    """Change the attributes of an export; return its id."""
    for id_, stored in attributes_of(sandbox, "uploaders").items():
        if stored["name"].startswith(name):
            stored.update(attributes)
            return id_
    raise AssertionError(name)


def run(sandbox: Sandbox, status: str = "succeeded", *, hours: float = 0.1, rows: int = 5) -> dict[str, Any]:
    at = rfc3339(sandbox.state.clock() - hours * 3600, "milliseconds")
    return {"status": status, "row_count": rows, "finished_at": at}


def test_exports_that_ran_on_schedule_pass(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("exports", "check")
    assert (result.code, result.err) == (0, "")
    assert [line[0] for line in result.out.splitlines()] == ["✓", "✓"]
    assert jebbitctl("exports", "check", "--json", "-q", "ok").json is True


def test_an_export_whose_last_run_failed_fails(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    failed = run(sandbox, "failed") | {"error": "host key changed"}
    id_ = change(sandbox, "Nightly", recent_runs=[failed, run(sandbox, hours=24)])
    result = jebbitctl("exports", "check")
    assert result.code == 6
    assert [line[0] for line in result.out.splitlines()] == ["✓", "✗", " "]
    assert f"✗ Nightly leads ({id_}): failed 20" in result.out
    assert "Z, 5 rows: host key changed\n    → see why in Jebbit's dashboard" in result.out
    assert result.err == f"error: 1 of 2 exports failed or overdue: Nightly leads ({id_})\n"


def test_an_overdue_export_fails_and_named_ones_alone_are_checked(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    overdue = change(sandbox, "Shoe", recent_runs=[run(sandbox, hours=4.1)])
    fine = change(sandbox, "Nightly")
    assert jebbitctl("exports", "check", fine).code == 0
    result = jebbitctl("exports", "check", overdue, fine, overdue, "--json")
    assert result.code == 6
    states = {one["id"]: one["state"] for one in result.json["exports"]}
    assert list(states.items()) == [(overdue, "failed"), (fine, "ok")]
    assert result.json["ok"] is False
    assert ", 4 hours ago; schedule hourly" in result.json["exports"][0]["detail"]
    assert result.error["code"] == "check_failed"


def test_an_export_that_cannot_be_checked_is_no_success_and_says_why(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = change(sandbox, "Shoe", schedule="whenever")
    result = jebbitctl("exports", "check")
    assert result.code == 6
    assert f"– Shoe finder to the warehouse ({id_}): the schedule whenever is not known; " in result.out  # noqa: RUF001
    assert result.err == (
        f"error: could not check 1 of 2 exports: Shoe finder to the warehouse ({id_})\n"
        "hint: no failure was found, but none can be ruled out\n"
    )
    change(sandbox, "Nightly", recent_runs=[run(sandbox, "failed")])
    both = jebbitctl("exports", "check")
    assert both.code == 6
    assert both.err.startswith("error: 1 of 2 exports failed or overdue: Nightly leads (")
    assert "; could not check 1 of 2 exports: Shoe" in both.err


def test_a_last_run_without_rows_is_marked_and_does_not_fail(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = change(sandbox, "Shoe", recent_runs=[run(sandbox, rows=0), run(sandbox, hours=1)])
    result = jebbitctl("exports", "check")
    assert (result.code, result.out[0]) == (0, "!")
    assert jebbitctl("exports", "check", id_, "-q", "exports[].state").json == ["warning"]
    (business,) = sandbox.state.businesses
    advised = jebbitctl("exports", "check", id_, "--business", business).out
    assert f"jebbitctl exports campaigns {id_} --business {business}" in " ".join(advised.split())


def test_plain_and_csv_have_a_column_for_each_fact(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = change(sandbox, "Shoe", recent_runs=[last := run(sandbox)])
    (row,) = (line.split("\t") for line in jebbitctl("exports", "check", id_, "--plain").out.splitlines())
    assert row[:7] == [
        *("ok", id_, "Shoe finder to the warehouse", "hourly", "succeeded", last["finished_at"]),
        "5",
    ]
    header, same = csv.reader(io.StringIO(jebbitctl("exports", "check", id_, "--csv").out, newline=""))
    assert ",".join(header) == "state,id,name,schedule,last_status,last_run_at,rows,detail,fix"
    assert same == row


def test_runs_that_only_the_exports_own_address_shows_are_fetched(tmp_path: Path) -> None:
    def without_runs(method: str, path: str) -> tuple[int, Any] | None:
        if (method, path) == ("GET", "uploaders/gone1234"):
            return 404, None
        if (method, path) != ("GET", "uploaders"):
            return None
        rows = [
            {"id": id_, "type": "uploaders", "attributes": {"name": attributes["name"]}}
            for id_, attributes in attributes_of(sandbox, "uploaders").items()
        ]
        others: list[Any] = [
            {"id": id_, "type": "uploaders", "attributes": {}} for id_ in ("gone1234", "a/b", None)
        ]
        return 200, {"data": rows + others}

    with Sandbox(wrap=scripted(without_runs)) as sandbox:
        result = cli_for(tmp_path, sandbox).run("exports", "check", "--json")
    judged = [one["state"] for one in result.json["exports"]]
    assert (result.code, judged) == (6, ["ok"] * 3 + ["unknown"] * 3)
    assert result.json["exports"][-1]["id"] is None
    assert "gone1234, export a/b, export without an id" in result.error["message"]


def test_a_missing_export_is_not_found_and_nothing_is_printed(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("exports", "check", change(sandbox, "Shoe"), "nowhere1")
    assert (result.code, result.out) == (3, "")


def test_a_check_fits_a_narrow_terminal(cli: Cli, sandbox: Sandbox) -> None:
    change(sandbox, "Shoe", recent_runs=[run(sandbox, hours=4.1)])
    lines = screen(cli, "exports", "check", columns=40, env={"NO_COLOR": "1"}).splitlines()
    check = lines[: next(n for n, line in enumerate(lines) if line.startswith("error:"))]
    assert max(map(len, check)) <= 40
    assert [line[0] for line in check if line[0] != " "] == ["✗", "✓"]


def test_exports_that_jebbit_did_not_send_are_not_called_fine(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    sandbox.state.behaviour.record_count = 4
    result = jebbitctl("exports", "check")
    assert (result.code, [line[0] for line in result.out.splitlines()]) == (6, ["✓", "✓"])
    assert "error: Jebbit counts 4 uploaders, but sent 2; this list may be incomplete" in result.err
    assert jebbitctl("exports", "check", "--json", "-q", "ok").json is False
    id_ = change(sandbox, "Nightly")
    assert jebbitctl("exports", "check", id_).code == 0
    sandbox.state.behaviour.record_count = 1  # more than it counts are all the same all
    assert jebbitctl("exports", "check").code == 0
