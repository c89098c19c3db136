"""The statistics of all campaigns, a row each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from jebbitctl.api.campaign_stats import FUNNEL, as_count, count_names, count_of, normal
from jebbitctl.commands.campaigns.pages import page_by_page
from jebbitctl.util.redaction import redact_service_data
from jebbitctl.util.text import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource
    from jebbitctl.output.bars import Bars
    from jebbitctl.output.output import Output

COLUMNS = ("id", *FUNNEL, "title")


def print_campaigns(output: Output, pages: Iterable[list[Resource]], days: str) -> None:
    """Print campaigns page by page; only CSV, whose header has every name, needs all of them.

    Args:
        output: of the command.
        pages: of statistics.
        days: that were counted, in words; empty if Jebbit chose them.
    """
    remaining = iter(pages)
    first = next(remaining, [])
    found = page_by_page(chain([first], remaining))
    if output.json:
        count = output.table(found, COLUMNS)
    elif output.columns is not None:
        count = output.table(map(_row, found), COLUMNS)
    elif output.csv:
        count = _print_csv(output, found)
    elif not any(count_of(stats.attributes, step) is not None for stats in first for step in FUNNEL):
        columns = ("id", *_further_names(first), "title")
        count = output.table((_flat(_row(stats)) for stats in found), columns if first else COLUMNS)
    elif output.plain:
        count = output.table(map(_row, found), COLUMNS)
    else:
        count = _print_with_bars(output, found, first, days)
    if not count:
        output.note("No campaigns.")


def _print_csv(output: Output, found: Iterable[Resource]) -> int:
    campaigns = list(found)
    columns = (*COLUMNS, *_further_names(campaigns))
    return output.table((_flat(_row(stats)) for stats in campaigns), columns)


def _row(stats: Resource) -> dict[str, Any]:
    """Return all attributes, and the funnel's numbers under their usual names."""
    shown: dict[str, Any] = redact_service_data(stats.to_dict())
    return {**{step: count_of(stats.attributes, step) for step in FUNNEL if step not in shown}, **shown}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return dict(flatten(row))


def _further_names(campaigns: Iterable[Resource]) -> list[str]:
    """Return the names of attributes, dotted if nested, that no column shows, in Jebbit's order."""
    names: dict[str, None] = {}
    for stats in campaigns:
        shown = {"id", "title", *(name for step in FUNNEL for name in (step, *_names(stats, step)))}
        names |= dict.fromkeys(name for name, _ in flatten(stats.attributes) if name not in shown)
    return list(names)


def _names(stats: Resource, step: str) -> list[str]:
    return [] if step in stats.attributes else count_names(stats.attributes, step)


@dataclass(slots=True)
class _Totals:
    """The sum over campaigns.

    Attributes:
        campaigns: how many there are.
        zeros: how many of them have nothing but zeros.
        counts: the sum of each step of the funnel.
        unknown: for each step, of how many campaigns Jebbit does not say it.
    """

    campaigns: int = 0
    zeros: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, stats: Resource) -> None:
        self.campaigns += 1
        self.zeros += _has_only_zeros(stats)
        for step in FUNNEL:
            count = count_of(stats.attributes, step)
            self.counts[step] += count or 0
            self.unknown[step] += count is None

    def row(self, bars: Bars, days: str) -> dict[str, Any]:
        counts = {
            step: None if self.unknown[step] == self.campaigns else self.counts[step] for step in FUNNEL
        }
        words = [f"{self.campaigns:,} campaigns", *filter(None, [days])]
        words += [f"{self.unknown[step]:,} without {step}" for step in FUNNEL if self.unknown[step] > 0]
        return _terminal_row({"id": "total", "title": ", ".join(words)}, counts, bars)


def _print_with_bars(output: Output, found: Iterable[Resource], first: Iterable[Resource], days: str) -> int:
    """Print the campaigns in which something happened, and the sum of all; return how many there are."""
    totals = _Totals()

    def rows() -> Iterator[dict[str, Any]]:
        for stats in found:
            totals.add(stats)
            if not _has_only_zeros(stats):
                counts = {step: count_of(stats.attributes, step) for step in FUNNEL}
                yield _terminal_row(_row(stats), counts, output.bars)
        if totals.campaigns > 1:
            yield totals.row(output.bars, days)

    output.table(rows(), ("id", *FUNNEL, "funnel", "title"), numbers=FUNNEL)
    if totals.zeros:
        noun = "campaign" if totals.zeros == 1 else "campaigns"
        output.note(f"Not shown: {totals.zeros:,} {noun} with nothing but zeros. --plain shows all.")
    if names := _further_names(first):
        output.note(f"Jebbit also sends {', '.join(names)}: see --columns, --csv and --json.")
    return totals.campaigns


def _terminal_row(row: dict[str, Any], counts: dict[str, int | None], bars: Bars) -> dict[str, Any]:
    numbers = {step: f"{count:,}" for step, count in counts.items() if count is not None}
    return {**row, **numbers, "funnel": bars.levels([counts[step] for step in FUNNEL])}


def _has_only_zeros(stats: Resource) -> bool:
    """Whether Jebbit says that nothing happened: there are counts, and all numbers but ids are 0."""
    numbers = [
        value
        for name, value in flatten(stats.attributes)
        if name != "title" and not normal(name).endswith("id") and _is_number(value)
    ]
    knows = any(count_of(stats.attributes, step) is not None for step in FUNNEL)
    return knows and all(value == 0 or as_count(value) == 0 for value in numbers)


def _is_number(value: Any) -> bool:
    return (isinstance(value, (int, float)) and not isinstance(value, bool)) or as_count(value) is not None
