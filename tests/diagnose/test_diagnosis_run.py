from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.resources import Resource
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.diagnosis import DiagnosisRun, Extras
from jebbitctl.diagnose.findings import State, ok, unknown
from jebbitctl.errors import ForbiddenError, UnavailableError
from tests.commands.integrations.diagnose.made_up import use_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.diagnose.findings import Finding

IDS = [f"id{number:06}" for number in range(20)]


class RunOf:
    """Makes runs about integrations that have given attributes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, *ids: str, extras: Extras | None = None, **attributes: Any) -> DiagnosisRun:
        self.find(lambda case: Resource("integrations", case.id, attributes))
        nobody: Any = object
        return DiagnosisRun(ids, nobody(), nobody, extras)

    def find(self, find: Callable[[Case], Resource]) -> None:
        """Have this find the integration of each case."""
        self._monkeypatch.setattr(Case, "integration", property(find))


@pytest.fixture
def run_of(monkeypatch: pytest.MonkeyPatch) -> RunOf:
    return RunOf(monkeypatch)


def test_reports_come_in_the_order_of_the_ids_and_several_run_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
    run_of: RunOf,
) -> None:
    together = threading.Barrier(4)

    def line(case: Case) -> Finding:
        together.wait(10)
        return ok(case.id)

    use_lines(monkeypatch, line=line)
    reports = list(run_of(*IDS).run())
    assert [report.id for report in reports] == IDS
    assert [report.findings["line"].seen for report in reports] == IDS


def test_a_line_that_raises_cannot_be_known_and_the_next_ones_run(
    monkeypatch: pytest.MonkeyPatch, run_of: RunOf
) -> None:
    errors = iter([ForbiddenError("no", hint="ask"), TimeoutError(), KeyError("secret")])

    def line(_: Case) -> Finding:
        raise next(errors)

    use_lines(monkeypatch, denied=line, slow=line, bug=line, last=ok("reached"))
    (report,) = run_of("L5m24mjs").run()
    assert report.findings["denied"] == unknown("no", "ask")
    assert report.findings["slow"].seen == "no result in time"
    assert report.findings["bug"].seen == "a bug in jebbitctl: KeyError"
    assert report.findings["last"] == ok("reached")
    assert report.ok


def test_later_lines_see_the_states_of_earlier_ones(monkeypatch: pytest.MonkeyPatch, run_of: RunOf) -> None:
    use_lines(monkeypatch, first=unknown("?"), second=lambda case: ok(str(case.states)))
    (report,) = run_of("L5m24mjs").run()
    assert report.findings["second"].seen == str({"first": State.UNKNOWN})


@pytest.mark.parametrize(
    ("attributes", "given", "shown"),
    [
        ({"endpoint": "https://e.example/hook?token=1"}, None, "https://e.example/hook"),
        ({"endpoint": "https://u:p@e.example/"}, None, "https://********@e.example/"),
        ({"host": "e.example"}, None, "e.example"),
        ({"endpoint": None, "host": "e.example"}, None, "e.example"),
        ({"endpoint": 5}, None, None),
        ({}, None, None),
        ({"host": "e.example"}, "https://given.example/?key=1", "https://given.example/"),
    ],
)
def test_a_report_shows_an_endpoint_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
    run_of: RunOf,
    attributes: dict[str, Any],
    given: str | None,
    shown: str | None,
) -> None:
    use_lines(monkeypatch, line=ok(""))
    (report,) = run_of("L5m24mjs", extras=Extras(given), **attributes).run()
    assert report.endpoint == shown


def test_a_name_is_shown_if_jebbit_says_one(monkeypatch: pytest.MonkeyPatch, run_of: RunOf) -> None:
    use_lines(monkeypatch, line=ok(""))
    assert [one.name for one in run_of("a", name="Leads").run()] == ["Leads"]
    assert [one.name for one in run_of("a", name=None).run()] == [None]


def test_lines_get_what_the_user_adds(monkeypatch: pytest.MonkeyPatch, run_of: RunOf, tmp_path: Any) -> None:
    use_lines(monkeypatch, line=lambda case: ok(f"{case.given_endpoint} {case.probe} {case.receipts}"))
    (report,) = run_of("a", extras=Extras("https://e.example/", probe=True, receipts=tmp_path)).run()
    assert report.findings["line"].seen == f"https://e.example/ True {tmp_path}"


def test_a_stopped_run_has_the_reports_so_far(monkeypatch: pytest.MonkeyPatch, run_of: RunOf) -> None:
    reached, over = threading.Event(), threading.Event()

    def stuck(case: Case) -> Finding:
        if case.id == "second":
            reached.set()
            over.wait(10)
        return ok("")

    use_lines(monkeypatch, first=ok("known"), stuck=stuck)
    run = run_of("one", "second", "third")
    reports = run.run()
    next(reports)
    assert reached.wait(10)
    assert {"one"} <= {report.id for report in run.finished()} <= {"one", "third"}
    partial = run.unfinished("second", "it was stopped")
    assert partial.findings == {"first": ok("known"), "stuck": unknown("it was stopped")}
    assert run.unfinished("never", "it was stopped").named(State.UNKNOWN) == ["first", "stuck"]
    over.set()
    assert len(list(reports)) == 2


def test_jebbits_refusal_to_list_integrations_leaves_the_lines_to_say_so(
    monkeypatch: pytest.MonkeyPatch, run_of: RunOf
) -> None:
    def refuse(_: Case) -> Resource:
        raise UnavailableError("down")

    use_lines(monkeypatch, line=lambda case: ok(str(case.integration)))
    run = run_of("a")
    run_of.find(refuse)
    (report,) = run.run()
    assert (report.endpoint, report.findings["line"]) == (None, unknown("down"))
