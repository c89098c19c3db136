"""The results of ``check`` as JUnit XML.

What could not be tested is an ``error``: an unknown is not a success. A warning is a success with a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.output.junit import CaseOutcome, JunitCase, JunitSuite, suite_xml
from jebbitctl.webhooks.endpoint_check import ProbeResult
from jebbitctl.webhooks.verdicts import Conclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUITE = "jebbitctl webhooks check"
_OUTCOMES = {
    Conclusion.OK: CaseOutcome.PASSED,
    Conclusion.WARNING: CaseOutcome.PASSED_WITH_TEXT,
    Conclusion.FAILED: CaseOutcome.FAILURE,
    Conclusion.UNKNOWN: CaseOutcome.ERROR,
}
_NOT_ENDED = ProbeResult(
    "check", "the check ends", Conclusion.UNKNOWN, reason="the check did not end, so nothing is known"
)


def junit_xml(results: Sequence[ProbeResult], *, url: str, started: float) -> str:
    """Return one test suite with one test case per result.

    Args:
        results: in the order of the test cases.
        url: of the endpoint, as it may be shown.
        started: when the check began, in unix seconds.
    """
    return suite_xml(JunitSuite(_SUITE, [*map(_case, results)], started, {"url": url}))


def unended_xml(started: float) -> str:
    """Return the document of a check that has not ended."""
    return junit_xml([_NOT_ENDED], url="", started=started)


def _case(result: ProbeResult) -> JunitCase:
    outcome = _OUTCOMES[result.result]
    if outcome is CaseOutcome.PASSED:
        return JunitCase(result.name, outcome, elapsed=result.elapsed)
    message = ": ".join(filter(None, (result.outcome, result.reason)))
    lines = {
        "expected": result.expectation,
        "response": result.response,
        "in production": result.consequence,
    }
    details = "\n".join(f"{name}: {text}" for name, text in lines.items() if text)
    prefix = "warning: " if outcome is CaseOutcome.PASSED_WITH_TEXT else ""
    return JunitCase(result.name, outcome, f"{prefix}{message}", details, result.elapsed)
