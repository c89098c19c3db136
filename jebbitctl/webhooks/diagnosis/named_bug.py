"""Puts a bug that was found into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.diagnosis.body_bugs import JSON_REWRITTEN
from jebbitctl.webhooks.diagnosis.diagnosis import Diagnosis
from jebbitctl.webhooks.endpoint_clock import describe_clock, is_notable
from jebbitctl.webhooks.raw_bodies import read_raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.webhooks.diagnosis.receiver_bug import ReceiverBug


def explain_bugs(bugs: Sequence[ReceiverBug], difference: float | None) -> Diagnosis:
    """Return the diagnosis for bugs that write the same signatures; the endpoint has one of them.

    Args:
        bugs: at least one.
        difference: seconds that the endpoint's clock is ahead; None if unknown.
    """
    first = bugs[0]
    code, finding, fix = _describe([bug for bug in bugs if (bug.also is None) == (first.also is None)])
    if first.also is not None:
        others = [bug.also for bug in bugs if bug.also is not None and bug.sign is first.sign]
        also_code, also_finding, also_fix = _describe(others)
        code, finding, fix = f"{code}+{also_code}", f"{finding} {also_finding}", f"{fix} {also_fix}"
    if is_notable(difference):
        finding = f"{finding} {describe_clock(difference)}"
    return Diagnosis(code, finding, fix, proven=True)


def _describe(bugs: Sequence[ReceiverBug]) -> tuple[str, str, str]:
    """Return the code, the finding and the fix of equivalent bugs."""
    calls: dict[str, str] = {}
    for bug in bugs:
        if bug.code == JSON_REWRITTEN and bug.language:
            calls.setdefault(bug.language, bug.finding)
    if calls:
        likely = " or ".join(f"{call} in {language}" for language, call in calls.items())
        finding = f"It verifies JSON that it has parsed and written again, as by {likely}."
        return JSON_REWRITTEN, finding, read_raw(*calls)
    findings = list(dict.fromkeys(bug.finding for bug in bugs))
    return bugs[0].code, " Or: ".join(findings), bugs[0].fix
