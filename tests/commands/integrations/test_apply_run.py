"""What ``integrations apply`` reports when it is interrupted between two steps or tests."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import pytest

from jebbitctl.api.delivery_reports import DeliveryReport
from jebbitctl.api.mapping_plan import Action
from jebbitctl.commands.integrations.apply_run import ApplyRun
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError
from jebbitctl.manifest.delivery_tests import DeliveryTest
from jebbitctl.manifest.plan import Phase, PlanStep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from jebbitctl.manifest.apply import Applier
    from jebbitctl.output.output import Output

STEPS = [PlanStep(Phase.CREATE, Action.CREATE, None, name) for name in ("one", "two", "three")]


class FakeOutput:
    """Collects rows and documents; interrupts at a chosen row or at an advance of the progress bar."""

    def __init__(self, *, as_json: bool = False, row: int | None = None, advance: int | None = None) -> None:
        self.json = as_json
        self.plain_requested = not as_json
        self.rows: list[dict[str, Any]] = []
        self.documents: list[Any] = []
        self.notes: list[str] = []
        self._row = row
        self._advance = advance
        self._advances = 0

    def progress(self, *_: object, **__: object) -> AbstractContextManager[FakeOutput]:
        return nullcontext(self)

    def best_effort(self) -> AbstractContextManager[None]:
        return nullcontext()

    def advance(self) -> None:
        self._advances += 1
        if self._advances == self._advance:
            raise KeyboardInterrupt

    def table(self, rows: list[dict[str, Any]], _: object) -> None:
        if len(self.rows) + 1 == self._row:
            self._row = None
            raise KeyboardInterrupt
        self.rows += rows

    def note(self, text: str) -> None:
        self.notes.append(text)

    def document(self, value: Any) -> None:
        self.documents.append(json.loads(json.dumps(value)))


class FakeApplier:
    """Raises an error at one step."""

    def __init__(self, failing: str = "", error: BaseException | None = None) -> None:
        self.ids: dict[str, str] = {}
        self._failing = failing
        self._error = error

    def execute(self, step: PlanStep) -> None:
        if step.name == self._failing and self._error:
            raise self._error


def run(output: FakeOutput, applier: FakeApplier, tests: Iterator[DeliveryTest] | None = None) -> None:
    ApplyRun(cast("Output", output), cast("Applier", applier), STEPS, tests).run()


@pytest.mark.parametrize("output", [FakeOutput(row=1), FakeOutput(advance=1)])
def test_an_interrupt_after_a_step_reports_that_step_as_done_and_the_next_as_not_done(
    output: FakeOutput,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(output, FakeApplier())
    assert [row["result"] for row in output.rows] == ["done", "not_done", "not_done"]
    assert output.notes[0].startswith("Stopped: 1 of 3 steps done, 2 not started. Run the command again")


def test_an_interrupt_after_the_last_step_reports_all_steps_as_done() -> None:
    output = FakeOutput(as_json=True, advance=3)
    with pytest.raises(KeyboardInterrupt):
        run(output, FakeApplier())
    (document,) = output.documents
    assert [step["result"] for step in document["steps"]] == ["done", "done", "done"]
    assert document["ok"] is False


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (KeyboardInterrupt(), "unknown"),
        (AmbiguousWriteError("no response"), "unknown"),
        (JebbitctlError("no"), "failed"),
    ],
)
def test_a_step_that_started_and_did_not_finish_is_failed_or_unknown(
    error: BaseException, result: str
) -> None:
    output = FakeOutput()
    with pytest.raises(type(error)):
        run(output, FakeApplier("two", error))
    assert [row["result"] for row in output.rows] == ["done", result, "not_done"]


def test_an_interrupt_during_the_tests_keeps_the_results_of_finished_tests() -> None:
    def tests() -> Iterator[DeliveryTest]:
        yield DeliveryTest("one", "L5m24mjs", DeliveryReport.parse(["{}"]))
        raise KeyboardInterrupt

    output = FakeOutput(as_json=True)
    with pytest.raises(KeyboardInterrupt):
        run(output, FakeApplier(), tests())
    (document,) = output.documents
    assert document["ok"] is False
    assert [(test["name"], test["ok"]) for test in document["tests"]] == [("one", True)]
