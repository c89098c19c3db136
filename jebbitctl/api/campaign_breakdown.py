"""The statistics of one campaign in parts: totals, outcomes, questions, screens, and any other list.

Of these attributes, Jebbit's MCP server gives the names ``resource_type`` and ``response_rate`` only. So
lists are recognised by words in their names and by these two; what is not recognised is kept as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.api.campaign_stats import as_count, count_names, count_of, normal, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTCOME, QUESTION, SCREEN = "outcome", "question", "screen"
SCREEN_TYPES = {"outcome", "reward", "productcatalog", "contentcollection"}
"""Values of ``resource_type``, normalised, of what is shown, but asks nothing."""
_QUESTION_WORDS = ("question", "drop", "screen")
_LABELS = ("name", "title", "label", "displayname", "question", "outcome", "screen", "text")
_COUNTS = ("count", "total", "number", "views", "outcome_views", "responses", "completions", "leads")
"""What an outcome may be counted by, the likeliest first."""
_RATES = ("rate", "percent", "percentage", "pct", "share", "ratio")


@dataclass(frozen=True, slots=True)
class Part:
    """An outcome, a question, a screen, or an item of another list.

    Attributes:
        kind: OUTCOME, QUESTION, SCREEN, or the name of another list.
        name: None if Jebbit does not say it.
        resource_type: likewise.
        count: how often an outcome was shown; likewise.
        views: how many saw it; likewise.
        responses: how many answered; likewise.
        rate: an outcome's share, or a question's response rate, as Jebbit sent it; likewise.
        further: the attributes that none of these comes from.
    """

    kind: str
    name: str | None = None
    resource_type: str | None = None
    count: int | None = None
    views: int | None = None
    responses: int | None = None
    rate: Any = None
    further: dict[str, Any] = field(default_factory=dict)

    @property
    def response_rate(self) -> float | None:
        """The share of viewers who answered, from the counts; None if it cannot be calculated."""
        return ratio(self.responses, self.views)

    @property
    def lost(self) -> int | None:
        """How many viewers did not answer."""
        if self.views is None or self.responses is None:
            return None
        return self.views - self.responses


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The statistics of one campaign in parts.

    Attributes:
        totals: names, dotted if nested, and values, of everything that is no list of objects.
        parts: the items of all lists, in Jebbit's order.
    """

    totals: dict[str, Any]
    parts: list[Part]

    def of(self, kind: str) -> list[Part]:
        """Return the parts of a kind."""
        return [part for part in self.parts if part.kind == kind]

    def other_kinds(self) -> list[str]:
        """Return the names of lists that are not recognised."""
        kinds = dict.fromkeys(part.kind for part in self.parts)
        return [kind for kind in kinds if kind not in {OUTCOME, QUESTION, SCREEN}]

    def largest_loss(self) -> Part | None:
        """Return the question that most viewers did not answer, None if no loss is known."""
        losses = [part for part in self.of(QUESTION) if part.lost is not None and part.lost > 0]
        return max(losses, key=lambda part: part.lost or 0, default=None)

    def tells_screens(self) -> bool:
        """Whether Jebbit says of everything that may be a question whether it is one."""
        return all(part.resource_type is not None for part in self.of(QUESTION))


def break_down(attributes: Mapping[str, Any]) -> Breakdown:
    """Return the attributes of statistics in parts."""
    found = Breakdown({}, [])
    _collect(attributes, "", found)
    return found


def _collect(attributes: Mapping[str, Any], prefix: str, into: Breakdown) -> None:
    for key, value in attributes.items():
        name = f"{prefix}{key}"
        if (rows := _rows(name, value)) is not None:
            kind = _kind(name, rows)
            into.parts.extend(_part(kind, row) for row in rows)
        elif isinstance(value, dict) and value:
            _collect(value, f"{name}.", into)
        else:
            into.totals[name] = value


def _rows(name: str, value: Any) -> list[dict[str, Any]] | None:
    """Return the objects of a list, or of an object that has one for each name; None for anything else."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return [_unwrapped(row) for row in value]
    kind = _named_kind(name)
    if not isinstance(value, dict) or not value or kind is None:
        return None
    if all(isinstance(row, dict) for row in value.values()):
        return [{"name": key, **_unwrapped(row)} for key, row in value.items()]
    if kind == OUTCOME and all(as_count(count) is not None for count in value.values()):
        return [{"name": key, "count": count} for key, count in value.items()]
    return None


def _unwrapped(row: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a resource object together with its other members."""
    inner = row.get("attributes")
    if not isinstance(inner, dict):
        return row
    return {**{name: value for name, value in row.items() if name != "attributes"}, **inner}


def _named_kind(name: str) -> str | None:
    """Return the kind that the name of a list tells."""
    name = normal(name)
    if any(word in name for word in _QUESTION_WORDS):
        return QUESTION
    return OUTCOME if OUTCOME in name else None


def _kind(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    documented = {"resourcetype", "responserate"}
    if named := _named_kind(name):
        return named
    return QUESTION if any(documented & set(map(normal, row)) for row in rows) else name


def _part(kind: str, row: dict[str, Any]) -> Part:
    if kind == OUTCOME:
        return _outcome(row)
    return _question(row) if kind == QUESTION else Part(kind, further=row)


def _outcome(row: dict[str, Any]) -> Part:
    what = next((what for what in _COUNTS if count_of(row, what) is not None), "")
    label, rate = _text_of(row, _LABELS), _rate_of(row)
    return Part(
        OUTCOME,
        _only(label),
        count=count_of(row, what),
        rate=_only(rate),
        further=_without(row, *label, *rate, *count_names(row, what)),
    )


def _question(row: dict[str, Any]) -> Part:
    label, type_, rate = _text_of(row, _LABELS), _text_of(row, ("resourcetype",)), _rate_of(row)
    resource_type = _only(type_)
    return Part(
        SCREEN if normal(resource_type or "") in SCREEN_TYPES else QUESTION,
        _only(label),
        resource_type=resource_type,
        views=count_of(row, "views"),
        responses=count_of(row, "responses"),
        rate=_only(rate),
        further=_without(
            row, *label, *type_, *rate, *count_names(row, "views"), *count_names(row, "responses")
        ),
    )


def _text_of(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the first of some normalised names that has a text, with it; empty if there is none."""
    found = {normal(name): {name: value} for name, value in row.items() if isinstance(value, str)}
    return next((found[name] for name in names if name in found), {})


def _rate_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``response_rate``, or else the only rate that there is, with its name."""
    found = {name: value for name, value in row.items() if normal(name).endswith(_RATES)}
    documented = {name: value for name, value in found.items() if normal(name) == "responserate"}
    return documented or (found if len(found) == 1 else {})


def _only(found: Mapping[str, Any]) -> Any:
    return next(iter(found.values()), None)


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
