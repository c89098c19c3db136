"""A diagnosis as a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from jebbitctl.commands.integrations.diagnose_text import counts, grouped, summary, title, worst_mark
from jebbitctl.diagnose.findings import State
from jebbitctl.output.markdown import code, comment, paragraph
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jebbitctl.diagnose.diagnosis import IntegrationReport
    from jebbitctl.diagnose.findings import Finding

MARKER = "jebbitctl-diagnosis"
"""How the comment begins, before what was asked for, so that a program can find and replace it."""
_SIGNS = {State.OK: "+", State.WARNING: "!", State.FAILED: "-", State.UNKNOWN: "#"}
"""Signs that GitHub colours in a diff."""


def diagnosis_markdown(reports: Sequence[IntegrationReport], asked: Sequence[str]) -> str:
    """Return a comment: the summary, and folded away below it the lines, those of failed integrations first.

    Args:
        reports: about the integrations.
        asked: the ids that were asked for; empty for all.
    """
    said = f"{worst_mark(*reports)} {summary(reports)}" if reports else "No integration was diagnosed."
    blocks = [paragraph(f"<b>{said}</b>")]
    if len(reports) == 1:
        folds = [_fold(reports[0])]
    else:
        own = [report.own for report in reports]
        folds = [_fold(report) for report in own if not report.ok]
        if rest := [_line(report) for report in own if report.ok]:
            folds.append((f"{plural(len(rest), 'integration')} without a failure", rest))
        if reports:
            folds.insert(0, ("account", [*_finding_lines(reports[0].account)]))
    what = ",".join(quote(id_, safe="") for id_ in asked) or "all"
    return comment(f"{MARKER} {what}", blocks, folds)


def _fold(report: IntegrationReport) -> tuple[str, list[str]]:
    heading = f"{worst_mark(report)} {code(title(report))}: {counts(report)}"
    return heading, [*_finding_lines(report.findings)]


def _line(report: IntegrationReport) -> str:
    sign = "!" if report.named(State.WARNING) else "+"
    return f"{sign} {title(report)}: {counts(report)}"


def _finding_lines(findings: Mapping[str, Finding]) -> Iterator[str]:
    column = max((len(finding.state) for finding in findings.values()), default=0) + 2
    for name, finding in grouped(findings):
        yield f"{_SIGNS[finding.state]} {finding.state:<{column}}{name}: {finding.seen}"
        if finding.fix:
            yield f"    → {finding.fix}"
