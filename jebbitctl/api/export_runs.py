"""The last runs of an export. The MCP server describes them in prose: ten, with status and row counts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jebbitctl.api.statuses import FAILURES, SUCCESSES, normalised
from jebbitctl.util.redaction import mask_urls
from jebbitctl.util.text import cell
from jebbitctl.util.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    End: TypeAlias = Literal["succeeded", "failed", "running", "unknown"]

_SUCCESSES = SUCCESSES | {"ok", "delivered", "sent", "uploaded"}
_RUNNING = frozenset(
    {
        *("in_progress", "pending", "processing", "queued", "received", "running", "sending", "started"),
        "uploading",
    }
)
_STATUS_NAMES = ("status", "state", "result", "outcome")
_ROW_NAMES = ("row", "record", "line")
_BAD_NAMES = ("error", "fail", "reject", "exception")
_NOTHING: tuple[Any, ...] = (None, "", "0", 0, [], {}, False)
_OTHER_TIMES = ("next", "expire", "until", "scheduled")
"""Parts of names of times at which nothing has happened yet."""
_ZONED_TIME = re.compile(r"\d{4}-\d\d-\d\dT? ?\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportRun:
    """One run of an export.

    Attributes:
        status: as Jebbit says it; None if it does not.
        at: the latest time of the run as Jebbit says it; None if no time with a zone is among its attributes.
        rows: how many it sent; None if Jebbit does not say.
        error: what Jebbit says that went wrong; None if nothing.
    """

    status: str | None
    at: str | None
    rows: int | None
    error: str | None = None

    @property
    def end(self) -> End:
        """What the status means; a word that is not known means nothing."""
        return _end(self.status)

    @property
    def seconds(self) -> float | None:
        """The time in unix seconds."""
        return instant(self.at)


def runs_in(attributes: Mapping[str, Any]) -> list[ExportRun] | None:
    """Return the runs of an export in Jebbit's order; None if Jebbit does not say them, or not clearly.

    No document names the attribute: it is the only list of objects that have a status, or the one of several
    that is called runs. An empty list must be called so.
    """
    lists = {
        name: value
        for name, value in attributes.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    }
    found = {name: value for name, value in lists.items() if any(map(_status, value))}
    named = {name: value for name, value in lists.items() if re.search("(^|_)runs", name.lower())}
    for candidates in (found, {name: value for name, value in named.items() if name in found}, named):
        if len(candidates) == 1:
            (items,) = candidates.values()
            return [_run(item) for item in items]
    return None


def latest(runs: Sequence[ExportRun]) -> ExportRun | None:
    """Return the run with the latest time; None if one that has ended has no time: it may be the latest."""
    if any(run.seconds is None and run.end != "running" for run in runs):
        return None
    return max(runs, key=lambda run: math.inf if run.seconds is None else run.seconds, default=None)


def _run(item: Mapping[str, Any]) -> ExportRun:
    return ExportRun(_status(item), _latest_time(item), _rows(item), _error(item))


def _status(item: Mapping[str, Any]) -> str | None:
    return next((text for _, text in _statuses(item)), None)


def _statuses(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the texts that may be the status, the likeliest first."""
    return [
        (name, text) for name, text in _named(item, _STATUS_NAMES) if isinstance(text, str) and text.strip()
    ]


def _end(status: str | None) -> End:
    word = normalised(status)
    if word in _SUCCESSES:
        return "succeeded"
    if word.partition("_with_")[0] in FAILURES:
        return "failed"
    return "running" if word in _RUNNING else "unknown"


def _latest_time(item: Mapping[str, Any]) -> str | None:
    times = [
        value
        for name, value in item.items()
        if isinstance(value, str)
        and _ZONED_TIME.fullmatch(value)
        and instant(value) is not None
        and not any(part in name.lower() for part in _OTHER_TIMES)
    ]
    return max(times, key=lambda time: instant(time) or 0, default=None)


def _rows(item: Mapping[str, Any]) -> int | None:
    bad = [name for name, _ in _named(item, _BAD_NAMES)]
    counts = [value for name, value in _named(item, _ROW_NAMES) if type(value) is int and name not in bad]
    return counts[0] if len(counts) == 1 else None


def _error(item: Mapping[str, Any]) -> str | None:
    """Return what went wrong, if another member than the status says so."""
    bad = [(name, value) for name, value in _named(item, _BAD_NAMES) if value not in _NOTHING]
    bad += [(name, value) for name, value in _named(item, ("success", "succeeded")) if value is False]
    _, *others = _statuses(item) or [("", "")]
    bad += [(name, value) for name, value in others if _end(value) == "failed"]
    if not bad:
        return None
    name, value = bad[0]
    text = mask_urls(cell(value))  # it may name where the file should have gone
    return text if isinstance(value, str) and bad[0] not in others else f"{name}: {text}"


def _named(item: Mapping[str, Any], parts: Iterable[str]) -> list[tuple[str, Any]]:
    """Return the members whose name has one of these parts, in the order of the parts."""
    return [(name, value) for part in parts for name, value in item.items() if part in name.lower()]
