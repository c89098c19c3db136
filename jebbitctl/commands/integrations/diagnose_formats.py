"""A diagnosis in the format that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.commands.integrations.diagnose_text import counts, text_lines, title
from jebbitctl.diagnose.findings import State
from jebbitctl.output.junit import CaseOutcome, JunitCase, JunitSuite, suites_xml
from jebbitctl.output.streams import line_width
from jebbitctl.util.redaction import mask_urls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.diagnose.diagnosis import IntegrationReport
    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.output.output import Output

_COLUMNS = ("state", "integration_id", "line", "detail", "fix")
_SUITE = "jebbitctl integrations diagnose"
_OUTCOMES = {
    State.OK: CaseOutcome.PASSED,
    State.WARNING: CaseOutcome.PASSED_WITH_TEXT,
    State.FAILED: CaseOutcome.FAILURE,
    State.UNKNOWN: CaseOutcome.SKIPPED,
}
"""Unlike a probe that ``check`` could not test, an unknown is no error: the command succeeds with it."""


def show_reports(output: Output, reports: Sequence[IntegrationReport], *, ok: bool, whole: bool) -> None:
    """Print reports as text, which is the same in a pipe, or as JSON, or for programs.

    Args:
        output: prints them.
        reports: about the integrations.
        ok: of the JSON document, whether the command succeeds.
        whole: every line of every integration is part of the text.
    """
    if output.json:
        output.document(document(reports, ok=ok))
    elif output.plain_requested:
        output.table(_rows(reports), _COLUMNS)
    else:
        output.diff(text_lines(reports, line_width(), whole=whole))


def document(reports: Sequence[IntegrationReport], *, ok: bool) -> dict[str, Any]:
    """Return the JSON document; each integration has all its lines, also those about the account."""
    return {
        "ok": ok,
        "unknown": sum(len(report.named(State.UNKNOWN)) for report in reports),
        "integrations": [
            {
                "id": report.id,
                "name": report.name,
                "endpoint": report.endpoint,
                "ok": report.ok,
                "unknown": len(report.named(State.UNKNOWN)),
                "findings": [
                    {"line": name, "state": str(finding.state), "detail": finding.seen, "fix": finding.fix}
                    for name, finding in report.findings.items()
                ],
            }
            for report in reports
        ],
    }


def _rows(reports: Sequence[IntegrationReport]) -> Iterator[dict[str, Any]]:
    for one in document(reports, ok=True)["integrations"]:
        for finding in one["findings"]:
            yield {"integration_id": one["id"], **finding}


def junit_document(reports: Sequence[IntegrationReport], started: float, *, ended: bool) -> str:
    """Return JUnit XML with one suite per integration and one case per line.

    Args:
        reports: about the integrations.
        started: when the diagnosis began, in unix seconds.
        ended: whether there is a report for each integration; if not, that is an error.
    """
    suites = [
        JunitSuite(
            f"{_SUITE} {report.id}",
            [_case(name, finding) for name, finding in report.findings.items()],
            started,
            {"integration": title(report), "result": counts(report)},
        )
        for report in reports
    ]
    if not ended:
        unended = JunitCase("diagnosis", CaseOutcome.ERROR, "the diagnosis did not end, so not all is known")
        suites.append(JunitSuite(_SUITE, [unended], started))
    return suites_xml(suites)


def _case(name: str, finding: Finding) -> JunitCase:
    """Return a test case; CI systems may show it to anyone, so it has no query of a URL."""
    fix = f"fix: {finding.fix}" if finding.fix else ""
    return JunitCase(name, _OUTCOMES[finding.state], mask_urls(finding.seen), mask_urls(fix))
