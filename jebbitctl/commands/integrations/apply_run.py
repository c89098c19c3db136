"""A run of ``integrations apply``: the plan, a confirmation, and the result of each step and test."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from jebbitctl.api.mapping_plan import Action
from jebbitctl.commands.integrations import plan_output, unmatched_mappings
from jebbitctl.commands.shared.interruptions import last_report, note_if_interrupted
from jebbitctl.commands.shared.marked_lines import all_hanging, hanging
from jebbitctl.errors import AmbiguousWriteError, CheckFailedError, JebbitctlError, UnavailableError
from jebbitctl.output.streams import line_width, message_width
from jebbitctl.storage.backup_files import write_backup
from jebbitctl.util import shell
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.apply import Applier
    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.delivery_tests import DeliveryTest
    from jebbitctl.manifest.plan import Plan, PlanStep
    from jebbitctl.output.output import Output

DONE, FAILED, UNKNOWN, NOT_DONE = "done", "failed", "unknown", "not_done"
CONFIRM_HINT = "add --yes to apply it without confirmation"
_SIGNS = {DONE: "✓", FAILED: "✗", UNKNOWN: "?", NOT_DONE: "·"}


def confirm(
    context: Context,
    plan: Plan,
    clients: Mapping[str | None, Client],
    *,
    saves_secrets: bool,
    yes: bool,
) -> None:
    """Print a plan on stderr, to keep stdout for the results, and ask for confirmation.

    A person who is asked sees here which mappings name no attribute of Jebbit.

    Raises:
        CancelledError: the user declined.
    """
    if not context.output.json:
        lines = plan_output.plan_lines(plan.steps, plan.unmanaged)
        context.output.diff_notes(all_hanging(lines, message_width()))
        if yes:
            context.output.note(plan_output.summary(plan))
    if plan.new and not saves_secrets:
        context.output.warn(
            "new shared secrets are not saved: use --secrets-dir DIR to write them to files; "
            "if Jebbit still shows one later: jebbitctl integrations secret ID"
        )
    if not yes:
        unmatched_mappings.warn_of_unmatched(
            context, unmatched_mappings.unmatched_steps(context, clients, plan)
        )
        question = f"Apply this plan: {plan_output.count_steps(plan.steps)}?"
        context.prompts.confirm(question, hint=CONFIRM_HINT)


def back_up(
    context: Context, file: str | None, states: Mapping[str | None, CurrentState], plan: Plan
) -> None:
    """Write what a plan changes to a file, if one is named; say how it is put back, and what is not.

    Raises:
        UsageError: the file exists and holds something else.
        JebbitctlError: it cannot be written.
    """
    from jebbitctl.manifest.backup import make_backup

    if file is None:
        return
    path, backup = context.environment.expand_home(file), make_backup(states, plan)
    if write_backup(path, backup.text):
        restoring = _restoring_command(context, path, plan)
        context.output.note(f"Saved the current state to {path}. To put it back: {restoring}")
    for loss in backup.losses:
        context.output.warn(f"cannot be put back: {loss}")


def _restoring_command(context: Context, path: Path, plan: Plan) -> str:
    """Return the command that applies a backup to the same account; it may delete what the plan creates."""
    from jebbitctl.commands.integrations.manifests import account_options

    created = [step for step in plan.steps if step.action is Action.CREATE]
    deletes = sum(not step.is_mapping or step.integration is not None for step in created)
    limit = ["--max-deletes", str(deletes)] if deletes else []
    words = ["jebbitctl", "integrations", "apply", str(path), *account_options(context), "--prune", *limit]
    return shell.join(words)


class ApplyRun:
    """Executes steps and runs tests. Prints each result as it arrives; as JSON, all results at the end.

    Args:
        output: of the command.
        applier: executes the steps, and knows the ids of new integrations.
        steps: in this order, up to the first that fails.
        test_results: runs the tests while it is iterated; None if no tests are wanted.
    """

    def __init__(
        self,
        output: Output,
        applier: Applier,
        steps: Sequence[PlanStep],
        test_results: Iterable[DeliveryTest] | None,
    ) -> None:
        self._output = output
        self._applier = applier
        self._steps = steps
        self._test_results = test_results
        self._results = [NOT_DONE] * len(steps)
        self._printed = 0
        self._tests: list[DeliveryTest] = []

    def run(self) -> None:
        """Execute the steps, then run the tests. Print the results even after a failure.

        Raises:
            JebbitctlError: a step failed; the steps after it were not executed.
            CheckFailedError: a test failed.
        """
        ok = False
        try:
            with note_if_interrupted(self._output, self._stopped):
                self._execute()
                for test in self._test_results or ():
                    self._tests.append(test)
                    self._print_test(test)
            if self._test_results is not None and not self._tests:
                self._output.warn("nothing was tested: the manifest has no active webhook integration")
            ok = all(test.ok for test in self._tests)
        finally:
            self._print_document(ok=ok)
        if failed := [test.name for test in self._tests if not test.ok]:
            raise CheckFailedError(f"Jebbit reported no test delivery for {', '.join(failed)}")

    def _execute(self) -> None:
        """Execute the steps.

        Each result is recorded before it is printed, so that an interrupt while printing loses none.
        """
        try:
            with self._output.progress("Applying", total=len(self._steps)) as bar:
                for number, step in enumerate(self._steps):
                    self._results[number] = UNKNOWN  # until it returns
                    unconfirmed = self._applier.execute(step)
                    self._results[number] = DONE
                    self._warn_unconfirmed(step, unconfirmed)
                    self._print_next_step()
                    bar.advance()
        except BaseException as error:
            started = self._results.index(UNKNOWN) if UNKNOWN in self._results else None
            if started is not None and _was_not_carried_out(error):
                self._results[started] = FAILED
            with nullcontext() if isinstance(error, JebbitctlError) else last_report(self._output):
                while self._printed < len(self._steps):
                    self._print_next_step()
            if started is not None and isinstance(error, JebbitctlError):
                raise self._with_progress(error, started) from error
            raise

    def _stopped(self) -> str:
        """Say what an interrupt has left."""
        counts = Counter(self._results)
        done = f"Stopped: {counts[DONE]} of {plural(len(self._steps), 'step')} done"
        if counts[DONE] == len(self._steps):
            tested = f", {plural(len(self._tests), 'integration')} tested"
            return f"{done}{'' if self._test_results is None else tested}."
        unclear = ", 1 may have been done" if counts[UNKNOWN] else ""
        waiting = f", {counts[NOT_DONE]} not started" if counts[NOT_DONE] else ""
        return f"{done}{unclear}{waiting}. Run the command again: it continues where this run stopped."

    def _warn_unconfirmed(self, step: PlanStep, names: Sequence[str]) -> None:
        if names:
            line = plan_output.step_line(step, self._id(step))
            self._output.warn(f"{line}: Jebbit does not say whether it applied {', '.join(names)}")

    def _print_next_step(self) -> None:
        step, result = self._steps[self._printed], self._results[self._printed]
        self._print(self._step_document(step, result), plan_output.step_line(step, self._id(step)))
        self._printed += 1

    def _print_test(self, test: DeliveryTest) -> None:
        outcome = test.error or (test.report.summary if test.report else "")
        self._print(
            {"result": DONE if test.ok else FAILED, "action": "test", "name": test.name, "id": test.id},
            f"test {test.name} ({test.id}): {outcome}",
        )

    def _print(self, row: dict[str, Any], text: str) -> None:
        with self._output.best_effort():
            if self._output.plain_requested:
                self._output.table([row], plan_output.STEP_COLUMNS)
            elif not self._output.json:
                self._output.diff(hanging(_SIGNS[row["result"]], text, line_width()))

    def _print_document(self, *, ok: bool) -> None:
        """Print all results, if the output is JSON."""
        if not self._output.json:
            return
        document: dict[str, Any] = {
            "ok": ok,
            "steps": [self._step_document(*pair) for pair in zip(self._steps, self._results, strict=True)],
        }
        if self._test_results is not None:
            document["tests"] = [test.to_dict() for test in self._tests]
        with self._output.best_effort():
            self._output.document(document)

    def _step_document(self, step: PlanStep, result: str) -> dict[str, Any]:
        return {**plan_output.step_document(step, self._id(step)), "result": result}

    def _with_progress(self, error: JebbitctlError, failed: int) -> JebbitctlError:
        """Return the error with the failed step and the number of steps that are done."""
        step, total = self._steps[failed], len(self._steps)
        error = error.with_context(
            prefix=f"{plan_output.step_line(step, self._id(step))}: ",
            suffix=f" ({failed} of {total} done, {total - failed - 1} not started)",
        )
        if error.hint is None or isinstance(error, UnavailableError):
            return error.with_hint("run the command again: it continues where this run stopped")
        return error

    def _id(self, step: PlanStep) -> str | None:
        return self._applier.ids.get(step.name or "")


def _was_not_carried_out(error: BaseException) -> bool:
    """Whether a write surely failed. One that got no response or was interrupted may have worked."""
    return isinstance(error, JebbitctlError) and not isinstance(error, AmbiguousWriteError)
