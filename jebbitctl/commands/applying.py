"""Carrying out a plan in front of somebody: what is to be done, how far it is, what was done and what not."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.commands import plan_views
from jebbitctl.errors import AmbiguousWriteError, CheckFailedError, JebbitctlError, UnavailableError
from jebbitctl.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jebbitctl.context import Context
    from jebbitctl.manifest.carrying_out import Applier
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.manifest.verifying import VerifyResult
    from jebbitctl.output import Output

DONE, FAILED, UNKNOWN, NOT_DONE = "done", "failed", "unknown", "not done"
_SIGNS = {DONE: "✓", FAILED: "✗", UNKNOWN: "?", NOT_DONE: "·"}


def confirm(context: Context, plan: Plan, *, keeps_secrets: bool, yes: bool) -> None:
    """Show a plan on stderr, which leaves stdout to the results, and ask.

    Raises:
        CancelledError: the answer is no.
    """
    if not context.output.json:
        context.output.signed_notes(plan_views.plan_lines(plan.steps, plan.unmanaged))
    if plan.new and not keeps_secrets:
        context.output.warn("new shared secrets are not kept: --secrets-dir DIR writes them there")
    if not yes:
        context.prompts.confirm(
            f"Apply this: {plan_views.counted(plan.steps)}?", instead="add --yes to apply without asking"
        )


@dataclass
class Report:
    """What came of each step, told at once, and as one document in the end.

    Attributes:
        output: where to.
        applier: knows the ids of what was created.
        rows: what was told.
    """

    output: Output
    applier: Applier
    rows: list[dict[str, Any]] = field(default_factory=list)

    def carry_out(self, steps: Sequence[PlanStep]) -> None:
        """Do one step after the other, up to the first that fails.

        Raises:
            JebbitctlError: a step failed; those before it are done, those after it are not.
        """
        done = 0
        try:
            with self.output.progress("Applying", total=len(steps)) as bar:
                for step in steps:
                    self.applier.execute(step)
                    done += 1
                    self._tell(step, DONE)
                    bar.advance()
        except BaseException as error:
            for step in steps[done : done + 1]:
                self._tell(step, UNKNOWN if _leaves_open(error) else FAILED)
            for step in steps[done + 1 :]:
                self._tell(step, NOT_DONE)
            if isinstance(error, JebbitctlError) and done < len(steps):
                told = error.with_context(
                    prefix=f"{self._line(steps[done])}: ",
                    suffix=f" ({done} of {len(steps)} done, {len(steps) - done - 1} not begun)",
                )
                if error.hint is None or isinstance(error, UnavailableError):
                    told = told.with_hint("run it again: it looks at what is there, and goes on from here")
                raise told from error
            raise

    def verify(self, answers: Iterable[VerifyResult]) -> list[VerifyResult]:
        """Tell what Jebbit's tests came to; return them."""
        told = []
        for answer in answers:
            told.append(answer)
            result = FAILED if answer.error else DONE
            row = {"result": result, "action": "test", "name": answer.name, "id": answer.id}
            error_detail = answer.error or f"Jebbit sent {_amount(answer.deliveries)}"
            self._say(row, f"test {answer.name} ({answer.id}): {error_detail}")
        return told

    def document(self, answers: Sequence[VerifyResult] | None) -> None:
        """Print all of it, where JSON is asked for."""
        if self.output.json:
            tested = {} if answers is None else {"verified": [asdict(answer) for answer in answers]}
            with self.output.telling():
                self.output.document({"steps": self.rows, **tested})

    def _tell(self, step: PlanStep, result: str) -> None:
        row = {**plan_views.step_document(step, self._id_of(step)), "result": result}
        self.rows.append(row)
        self._say(row, self._line(step))

    def _say(self, row: dict[str, Any], text: str) -> None:
        with self.output.telling():
            if self.output.plain:
                self.output.table([row], plan_views.STEP_COLUMNS)
            elif not self.output.json:
                self.output.signed([(_SIGNS[row["result"]], text)])

    def _line(self, step: PlanStep) -> str:
        return plan_views.step_line(step, self._id_of(step))

    def _id_of(self, step: PlanStep) -> str | None:
        return self.applier.ids.get(step.name or "")


def _leaves_open(error: BaseException) -> bool:
    """Whether a write that ended so may have been carried out: no answer came, or none was awaited."""
    return isinstance(error, AmbiguousWriteError) or not isinstance(error, JebbitctlError)


def _amount(deliveries: Any) -> str:
    if not isinstance(deliveries, list):
        return json_text(deliveries)
    return f"{len(deliveries)} {'delivery' if len(deliveries) == 1 else 'deliveries'}"


def run(report: Report, steps: Sequence[PlanStep], answers: Iterable[VerifyResult] | None) -> None:
    """Carry out the steps, then ask for the answers; print what came of it, whatever that is.

    Raises:
        JebbitctlError: a step failed.
        CheckFailedError: Jebbit's test failed for an integration.
    """
    told: list[VerifyResult] | None = None
    try:
        report.carry_out(steps)
        if answers is not None:
            told = report.verify(answers)
    finally:
        report.document(told)
    if failed := [answer.name for answer in told or () if answer.error]:
        raise CheckFailedError(f"Jebbit's test failed for {', '.join(failed)}")
