"""Prints and writes what ``diagnose`` found, at the end or when it is interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jebbitctl.commands.integrations.diagnose_formats import junit_document, show_reports
from jebbitctl.commands.integrations.diagnose_text import summary
from jebbitctl.diagnose.findings import State
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.commands.shared.junit_file import JunitFile
    from jebbitctl.diagnose.diagnosis import DiagnosisRun, IntegrationReport
    from jebbitctl.errors import JebbitctlError
    from jebbitctl.output.output import Output

MAX_NAMED = 20
"""Integrations that a message names."""


@dataclass(frozen=True, slots=True)
class DiagnoseOutput:
    """Where the reports go.

    Attributes:
        output: prints them.
        command: returns a command line for the same account.
        asked: the ids that were asked for; empty for all.
        quiet: print nothing but integrations with a failure.
        markdown: the format is Markdown.
        junit: the file to write, if any.
    """

    output: Output
    command: Callable[..., str]
    asked: Sequence[str]
    quiet: bool
    markdown: bool
    junit: JunitFile | None

    def end(self, reports: Sequence[IntegrationReport], error: JebbitctlError | None) -> None:
        """Print the reports about all integrations.

        Args:
            reports: in the order of the ids.
            error: with which the command is going to fail, if any.
        """
        self._show(reports, ok=error is None, whole=len(reports) == 1)
        if self.junit:
            self.junit.end(junit_document(reports, self.junit.started, ended=True))
        if self.quiet or not reports:
            return
        self.output.note(summary(reports))
        if len(reports) > 1 and not (self.output.json or self.output.plain_requested or self.markdown):
            looking = self.command("integrations", "diagnose", "ID")
            self.output.note(f"To see every check of an integration: {looking}")

    def interrupted(self, diagnosis: DiagnosisRun) -> None:
        """Print what is known so far: of one integration also if not all of its lines have run."""
        reports, total = diagnosis.finished(), len(diagnosis.ids)
        if total == 1 and not reports:
            reports = [diagnosis.unfinished(diagnosis.ids[0], "the diagnosis was interrupted")]
            text = "Interrupted: not every check ran."
        else:
            text = f"Interrupted: {len(reports)} of {plural(total, 'integration')} diagnosed."
        self._show(reports, ok=False, whole=total == 1)
        if self.junit:
            self.junit.end(junit_document(reports, self.junit.started, ended=False))
        self.output.note(text)

    def _show(self, reports: Sequence[IntegrationReport], *, ok: bool, whole: bool) -> None:
        shown = [report for report in reports if not (self.quiet and report.ok)]
        if self.quiet and not shown:
            return
        with self.output.best_effort():
            if self.markdown:
                from jebbitctl.commands.integrations.diagnose_markdown import diagnosis_markdown

                self.output.verbatim(diagnosis_markdown(shown, self.asked).splitlines())
            else:
                show_reports(self.output, shown, ok=ok, whole=whole)


def failure(reports: Sequence[IntegrationReport]) -> CheckFailedError | None:
    """Return the error that names what failed, None if nothing did."""
    if len(reports) == 1:
        (report,) = reports
        names, count, noun = report.named(State.FAILED), len(report.findings), "check"
    else:
        names, count, noun = [report.id for report in reports if not report.ok], len(reports), "integration"
    if not names:
        return None
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return CheckFailedError(
        f"{len(names)} of {plural(count, noun)} failed: {', '.join(names[:MAX_NAMED])}{more}"
    )
