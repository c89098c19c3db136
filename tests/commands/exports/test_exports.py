"""``exports list|get``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.exports import destination_in
from tests.scripted_server import add, attributes_of
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


def test_a_list_has_schedules_destinations_and_last_runs(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    rows = [line.split("\t") for line in jebbitctl("exports", "list").out.splitlines()]
    stored = attributes_of(sandbox, "uploaders")
    last = [a["recent_runs"][0]["finished_at"] for a in stored.values()]
    assert [row[0] for row in rows] == list(stored)
    assert [row[1:] for row in rows] == [
        [
            *("Shoe finder to the warehouse", "hourly", "s3 acme-quiz-answers", "campaigns"),
            *("succeeded", last[0]),
        ],
        ["Nightly leads", "8:00-daily", "sftp sftp.example.com", "brand", "succeeded", last[1]],
    ]
    assert jebbitctl("exports", "list", "--columns", "bucket", "--plain").out == "acme-quiz-answers\n\n"


def test_a_list_shows_what_comes_under_other_names_and_nothing_that_does_not_come(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    (business,) = sandbox.state.businesses.values()
    business.of("uploaders").clear()
    history = [{"state": "failed", "ended": "2026-01-31T08:00:00Z"}]
    add(sandbox, "uploaders", frequency="hourly", sftp_host="a.example", history=history, last_status="stuck")
    add(sandbox, "uploaders")
    sparse, odd = jebbitctl("exports", "list", "--json").json
    assert {
        name: sparse[name] for name in ("schedule", "destination", "last_status", "last_run_at")
    } == dict.fromkeys(("schedule", "destination", "last_status", "last_run_at"))
    assert (odd["schedule"], odd["destination"]) == ("hourly", "a.example")
    assert (odd["last_status"], odd["last_run_at"]) == ("stuck", "2026-01-31T08:00:00Z")


@pytest.mark.parametrize(
    ("attributes", "destination"),
    [
        ({"destination_type": "s3", "bucket": "b", "path": "in/"}, "s3 b in/"),
        ({"destination": {"type": "sftp", "host": "h", "password": "hush", "port": 22}}, "sftp h"),
        ({"destination": {"host": "h", "host_token": "hush"}}, "h"),
        ({"recipients": ["a@x.example", "b@x.example"], "email_subject": "Leads"}, "a@x.example b@x.example"),
        ({"emails": "a@x.example", "host": None, "bucket": ""}, "a@x.example"),
        ({"host": "sftp://bob:hush@h"}, None),
        ({"container": "c", "fields": ["email"], "host_key": "AAAA", "sftp_hostname": "h"}, "c h"),
        ({"schedule": "hourly"}, None),
        ({}, None),
    ],
)
def test_a_destination_is_a_line_without_credentials(
    attributes: dict[str, Any], destination: str | None
) -> None:
    assert destination_in(attributes) == destination


def test_get_shows_the_runs_of_an_export_as_a_table(cli: Cli, sandbox: Sandbox) -> None:
    id_, stored = next(iter(attributes_of(sandbox, "uploaders").items()))
    lines = screen(cli, "exports", "get", id_, env={"NO_COLOR": "1"}).splitlines()
    start = lines.index("recent_runs")
    assert lines[start + 1].split() == ["STATUS", "ROW", "COUNT", "STARTED", "FINISHED"]
    assert [line.split()[:2] for line in lines[start + 2 : start + 12]] == [
        [run["status"], str(run["row_count"])] for run in stored["recent_runs"]
    ]
    assert cli.run("exports", "get", id_, "--json").json == {"id": id_, "type": "uploaders", **stored}


def test_a_missing_export_is_named(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("exports", "get", "nowhere1")
    assert (result.code, result.out) == (3, "")
    assert "error: export nowhere1 not found" in result.err
    assert "hint: list them: jebbitctl exports list\n" in result.err


def test_a_business_without_exports_has_an_empty_list_and_nothing_to_check(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    (business,) = sandbox.state.businesses.values()
    business.of("uploaders").clear()
    for verb in ("list", "check"):
        result = jebbitctl("exports", verb)
        assert (result.code, result.out, result.err) == (0, "", "No exports.\n")
    assert jebbitctl("exports", "check", "--json").json == {"ok": True, "exports": []}


def test_credentials_in_the_error_of_a_run_are_never_shown(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    for stored in attributes_of(sandbox, "uploaders").values():
        error = (
            "could not write to sftp://acme:pazzword@sftp.example.com/in: see https://x.example/?sig=abcdef"
        )
        stored["recent_runs"] = [{"status": "failed", "error": error}]
    (id_, *_) = attributes_of(sandbox, "uploaders")
    for line in (
        "list",
        "list --json",
        "list --csv",
        f"get {id_}",
        f"get {id_} --json",
        "check",
        "check --json",
    ):
        result = jebbitctl("exports", *line.split())
        assert "pazzword" not in result.out + result.err, line
        assert "abcdef" not in result.out + result.err, line
