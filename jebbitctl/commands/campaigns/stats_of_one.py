"""The statistics of one campaign: totals, the funnel, outcomes, questions and screens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.api.campaign_breakdown import OUTCOME, QUESTION, SCREEN, break_down
from jebbitctl.api.campaign_stats import FUNNEL, count_names, count_of, ratio
from jebbitctl.util.redaction import redact_service_data
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.api.campaign_breakdown import Breakdown, Part
    from jebbitctl.api.resources import Resource
    from jebbitctl.output.output import Output

COLUMNS = ("kind", "name", "count", "views", "responses", "rate", "resource_type")
"""Of a line in a pipe and of CSV; the names of further attributes follow."""
_BAR = ""
"""The name of the column of bars: it has no header."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def print_campaign(output: Output, stats: Resource, days: str) -> None:
    """Print the statistics of one campaign.

    Args:
        output: of the command.
        stats: with outcomes and questions.
        days: that were counted, in words; empty if Jebbit chose them.
    """
    if output.json:
        output.resource(stats)
        return
    shown: dict[str, Any] = redact_service_data(stats.to_dict())
    shown.pop("type")
    found = break_down(shown)
    if output.plain or output.columns is not None:
        rows = list(_rows(found))
        further = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
        output.table(rows, (*COLUMNS, *further))
    else:
        _print(output, found, days)


def _rows(found: Breakdown) -> Iterator[dict[str, Any]]:
    """Yield a row for each total, then for each part of each list."""
    for name, value in found.totals.items():
        yield {"kind": "total" if _is_number(value) else "campaign", "name": name, "count": value}
    for part in found.parts:
        own = {name: getattr(part, name) for name in COLUMNS}
        yield {**part.further, **{name: value for name, value in own.items() if value is not None}}


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _print(output: Output, found: Breakdown, days: str) -> None:
    """Print everything for a reader, one table after the other."""
    head = {"id": found.totals.get("id"), "title": found.totals.get("title"), "days": days or None}
    output.key_values((name, value) for name, value in head.items() if value is not None)
    used = {*head, *_print_funnel(output, found.totals)}
    if others := {name: value for name, value in found.totals.items() if name not in used}:
        output.line("")
        output.key_values((name, _grouped(value)) for name, value in others.items())
    _print_outcomes(output, found.of(OUTCOME))
    _print_questions(output, found)
    if screens := found.of(SCREEN):
        output.line("\nScreens, where a low rate is normal:")
        _print_table(output, screens, [_screen_row(screen) for screen in screens], SCREEN)
    for kind in found.other_kinds():
        rows = [part.further for part in found.of(kind)]
        output.line(f"\n{escape_controls(kind)}:")
        output.table(rows, list(dict.fromkeys(name for row in rows for name in row)))


def _print_funnel(output: Output, totals: dict[str, Any]) -> list[str]:
    """Print the steps of the funnel whose numbers Jebbit says; return the names that they come from."""
    counts = {step: count for step in FUNNEL if (count := count_of(totals, step)) is not None}
    if not counts:
        return []
    (first, whole), *_ = counts.items()
    of_first = f"of_{first}"
    rows = []
    for step in FUNNEL:
        share = ratio(counts.get(step), whole)
        bar = output.bars.bar(share)
        rows.append({"step": step, "count": _grouped(counts.get(step)), of_first: _percent(share), _BAR: bar})
    output.line("")
    output.table(rows, ("step", "count", of_first, _BAR), numbers=("count", of_first))
    return [name for step in counts for name in count_names(totals, step)]


def _print_outcomes(output: Output, outcomes: Sequence[Part]) -> None:
    if not outcomes:
        return
    counts = [part.count for part in outcomes]
    whole = None if None in counts else sum(count or 0 for count in counts)
    rows = []
    for part in outcomes:
        share = ratio(part.count, whole)
        row = {"count": _grouped(part.count), "share": part.rate if share is None else _percent(share)}
        rows.append({**row, _BAR: output.bars.bar(share), OUTCOME: part.name})
    output.line("")
    _print_table(output, outcomes, rows, OUTCOME)


def _print_questions(output: Output, found: Breakdown) -> None:
    questions = found.of(QUESTION)
    if not questions:
        return
    rows = [
        {**_numbers(part), _BAR: output.bars.bar(part.response_rate), QUESTION: part.name}
        for part in questions
    ]
    output.line("")
    _print_table(output, questions, rows, QUESTION)
    if worst := found.largest_loss():
        share, name = _percent(ratio(worst.lost, worst.views)), worst.name or "a question without a name"
        text = f"{name}: {worst.lost:,} of {worst.views:,} ({share}) did not respond"
        output.line("")
        output.key_values([("largest loss", text)])
    if not found.tells_screens():
        output.note("Jebbit does not say which of these are questions and which are screens.")


def _numbers(part: Part) -> dict[str, Any]:
    rate = part.rate if part.response_rate is None else _percent(part.response_rate)
    return {"views": _grouped(part.views), "responses": _grouped(part.responses), "rate": rate}


def _screen_row(part: Part) -> dict[str, Any]:
    return {**_numbers(part), "resource_type": part.resource_type, SCREEN: part.name}


def _print_table(output: Output, parts: Sequence[Part], rows: list[dict[str, Any]], kind: str) -> None:
    """Print rows with what else Jebbit says of each, except for lists and objects."""
    further = dict.fromkeys(
        name for part in parts for name, value in part.further.items() if not isinstance(value, (list, dict))
    )
    own = [name for name in rows[0] if name != kind]
    columns = (*own, *(name for name in further if name not in rows[0]), kind)
    shown = [{**part.further, **row} for part, row in zip(parts, rows, strict=True)]
    output.table(shown, columns, numbers=("count", "share", "views", "responses", "rate"))


def _grouped(value: Any) -> Any:
    """Return a whole number with separators, such as ``12,345``; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"
