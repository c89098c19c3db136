"""The output of ``integrations apply``: the plan, a confirmation, and the result of each step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.commands.integrations import plan_output
from jebbitctl.errors import AmbiguousWriteError, CheckFailedError, JebbitctlError, UnavailableError
from jebbitctl.util.text import json_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.context import Context
    from jebbitctl.manifest.apply import Applier
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.manifest.verify import VerifyResult
    from jebbitctl.output.output import Output

DONE, FAILED, UNKNOWN, NOT_DONE = "done", "failed", "unknown", "not done"
CONFIRM_HINT = "add --yes to apply it without confirmation"
_SIGNS = {DONE: "✓", FAILED: "✗", UNKNOWN: "?", NOT_DONE: "·"}


def confirm(context: Context, plan: Plan, *, saves_secrets: bool, yes: bool) -> None:
    """Print a plan on stderr, to keep stdout for the results, and ask for confirmation.

    Raises:
        CancelledError: the user declined.
    """
    if not context.output.json:
        context.output.diff_notes(plan_output.plan_lines(plan.steps, plan.unmanaged))
    if plan.new and not saves_secrets:
        context.output.warn("new shared secrets are not saved: use --secrets-dir DIR to write them to files")
    if not yes:
        question = f"Apply this plan: {plan_output.count_steps(plan.steps)}?"
        context.prompts.confirm(question, hint=CONFIRM_HINT)


def run(report: ApplyReport, steps: Sequence[PlanStep], tests: Iterable[VerifyResult] | None) -> None:
    """Execute the steps, then run the tests. Print the results even after a failure.

    Raises:
        JebbitctlError: a step failed.
        CheckFailedError: a test failed.
    """
    results: list[VerifyResult] | None = None
    try:
        report.execute(steps)
        if tests is not None:
            results = report.verify(tests)
    finally:
        report.print_document(results)
    if failed := [result.name for result in results or () if result.error]:
        raise CheckFailedError(f"Jebbit's test failed for {', '.join(failed)}")


@dataclass
class ApplyReport:
    """Prints the result of each step as it ends; as JSON, all results at the end.

    Attributes:
        output: of the command.
        applier: executes the steps, and knows the ids of new integrations.
        rows: the results so far.
    """

    output: Output
    applier: Applier
    rows: list[dict[str, Any]] = field(default_factory=list)

    def execute(self, steps: Sequence[PlanStep]) -> None:
        """Execute the steps in order, up to the first that fails.

        Raises:
            JebbitctlError: a step failed; the steps after it were not executed.
        """
        done = 0
        try:
            with self.output.progress("Applying", total=len(steps)) as bar:
                for step in steps:
                    self.applier.execute(step)
                    done += 1
                    self._report_step(step, DONE)
                    bar.advance()
        except BaseException as error:
            for step in steps[done : done + 1]:
                self._report_step(step, UNKNOWN if _may_have_worked(error) else FAILED)
            for step in steps[done + 1 :]:
                self._report_step(step, NOT_DONE)
            if isinstance(error, JebbitctlError) and done < len(steps):
                raise self._with_progress(error, steps, done) from error
            raise

    def verify(self, tests: Iterable[VerifyResult]) -> list[VerifyResult]:
        """Print the result of each test; return all results."""
        results = []
        for test in tests:
            results.append(test)
            row = {
                "result": FAILED if test.error else DONE,
                "action": "test",
                "name": test.name,
                "id": test.id,
            }
            outcome = test.error or f"Jebbit sent {_count(test.deliveries)}"
            self._print(row, f"test {test.name} ({test.id}): {outcome}")
        return results

    def print_document(self, tests: Sequence[VerifyResult] | None) -> None:
        """Print all results, if the output is JSON."""
        if self.output.json:
            verified = {} if tests is None else {"verified": [asdict(test) for test in tests]}
            with self.output.best_effort():
                self.output.document({"steps": self.rows, **verified})

    def _report_step(self, step: PlanStep, result: str) -> None:
        row = {**plan_output.step_document(step, self._id(step)), "result": result}
        self.rows.append(row)
        self._print(row, self._line(step))

    def _print(self, row: dict[str, Any], text: str) -> None:
        with self.output.best_effort():
            if self.output.plain:
                self.output.table([row], plan_output.STEP_COLUMNS)
            elif not self.output.json:
                self.output.diff([(_SIGNS[row["result"]], text)])

    def _with_progress(self, error: JebbitctlError, steps: Sequence[PlanStep], done: int) -> JebbitctlError:
        """Return the error with the failed step and the number of steps that are done."""
        total = len(steps)
        error = error.with_context(
            prefix=f"{self._line(steps[done])}: ",
            suffix=f" ({done} of {total} done, {total - done - 1} not started)",
        )
        if error.hint is None or isinstance(error, UnavailableError):
            return error.with_hint("run the command again: it continues where this run stopped")
        return error

    def _line(self, step: PlanStep) -> str:
        return plan_output.step_line(step, self._id(step))

    def _id(self, step: PlanStep) -> str | None:
        return self.applier.ids.get(step.name or "")


def _may_have_worked(error: BaseException) -> bool:
    """Whether a failed write may have been carried out: it got no response or was interrupted."""
    return isinstance(error, AmbiguousWriteError) or not isinstance(error, JebbitctlError)


def _count(deliveries: Any) -> str:
    if not isinstance(deliveries, list):
        return json_text(deliveries)
    return plural(len(deliveries), "delivery")
