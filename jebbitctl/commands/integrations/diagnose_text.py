"""A diagnosis as text for readers."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from jebbitctl.commands.shared.marked_lines import INDENT, MARKS, hanging, shown_lines
from jebbitctl.diagnose.findings import State
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jebbitctl.diagnose.diagnosis import IntegrationReport
    from jebbitctl.diagnose.findings import Finding

_WORDS = {
    State.FAILED: "failed",
    State.WARNING: "with warnings",
    State.OK: "ok",
    State.UNKNOWN: "mostly unknown",
}
"""What is said of an integration with the mark of a state."""
_UNFOLDED = {State.FAILED, State.WARNING}
"""What is shown of one of several integrations."""
_TWO_COLUMNS = 60
"""Width from which on a name and what was seen stand side by side."""
_MAX_REPEATED = 2
"""Lines in a row that say the same."""


def text_lines(reports: Sequence[IntegrationReport], width: int, *, whole: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines of a diagnosis, each with its mark or with spaces in its place.

    Of several integrations, the lines of the account come first, once. Then each integration without a
    failure has one line, and at the end, where people look first, come the others with what keeps leads back.

    Args:
        reports: about the integrations.
        width: of the terminal.
        whole: every line of every integration is shown.
    """
    column = max((len(name) for report in reports for name in report.findings), default=0) + 2
    if whole:
        for report in reports:
            yield from hanging(worst_mark(report), title(report), width)
            yield from _finding_lines(report.findings, column, width, INDENT)
        return
    if reports:
        yield from _finding_lines(reports[0].account, column, width)
    own = [report.own for report in reports]
    for report in own:
        if report.ok:
            yield from hanging(worst_mark(report), f"{title(report)}: {counts(report)}", width)
    for report in own:
        if not report.ok:
            yield from hanging(worst_mark(report), f"{title(report)}: {counts(report)}", width)
            shown = {name: one for name, one in report.findings.items() if one.state in _UNFOLDED}
            yield from _finding_lines(shown, column, width, INDENT)


def title(report: IntegrationReport) -> str:
    """Return an integration's id, with its name and its endpoint as far as they are known."""
    name = f" ({report.name})" if report.name else ""
    return f"{report.id}{name} {report.endpoint or ''}".rstrip()


def counts(report: IntegrationReport) -> str:
    """Return how many lines are in each state, and which may keep leads back."""
    found = Counter(finding.state for finding in report.findings.values())
    texts = {
        State.FAILED: f"{found[State.FAILED]} failed",
        State.WARNING: f"{plural(found[State.WARNING], 'warning')} "
        f"({', '.join(report.named(State.WARNING))})",
        State.OK: f"{found[State.OK]} ok",
        State.UNKNOWN: f"{found[State.UNKNOWN]} unknown",
    }
    return ", ".join(text for state, text in texts.items() if found[state])


def grouped(findings: Mapping[str, Finding]) -> Iterator[tuple[str, Finding]]:
    """Yield the findings with their names; several in a row that are unknown for one reason are one."""
    for finding, group in itertools.groupby(findings.items(), key=lambda item: item[1]):
        names = [name for name, _ in group]
        if finding.state is State.UNKNOWN and len(names) > _MAX_REPEATED:
            yield plural(len(names), "check"), finding
        else:
            yield from ((name, finding) for name in names)


def worst_mark(*reports: IntegrationReport) -> str:
    """Return the mark of an integration, or of several: not ✓ if more is unknown than ok."""
    found = Counter(finding.state for report in reports for finding in report.findings.values())
    for state in (State.FAILED, State.WARNING):
        if found[state]:
            return MARKS[state]
    return MARKS[State.OK if found[State.OK] >= found[State.UNKNOWN] else State.UNKNOWN]


def summary(reports: Sequence[IntegrationReport]) -> str:
    """Return what came out of all integrations, in one sentence."""
    if len(reports) == 1:
        return f"{counts(reports[0])}."
    marks = Counter(worst_mark(report.own if report.ok else report) for report in reports)
    unknown = sum(len(report.named(State.UNKNOWN)) for report in reports)
    kinds = [(marks[MARKS[state]], words) for state, words in _WORDS.items()]
    shown = ", ".join(f"{count} {kind}" for count, kind in kinds if count)
    text = f"{plural(len(reports), 'integration')}: {shown}"
    return f"{text}; {plural(unknown, 'check')} unknown." if unknown else f"{text}."


def _finding_lines(
    findings: Mapping[str, Finding], column: int, width: int, indent: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the lines of findings: name and what was seen side by side, or below each other if it is narrow.

    Args:
        findings: by the name of the line.
        column: where the second column begins, in characters.
        width: of the terminal.
        indent: before each mark.
    """
    blank = f"{indent} "
    if width < _TWO_COLUMNS:
        column = 0
    room = width - len(blank) - 1 - column
    for name, finding in grouped(findings):
        texts = shown_lines(finding.seen, room)
        if finding.fix:
            texts += shown_lines(f"→ {finding.fix}", room, hanging=INDENT)
        if not column:
            texts.insert(0, name)
        for number, text in enumerate(texts):
            first = name if column and not number else ""
            yield blank if number else f"{indent}{MARKS[finding.state]}", f"{first:<{column}}{text}".rstrip()
