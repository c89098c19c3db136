"""Statistics of campaigns, read only (``/api/v1/campaign_stats``).

Jebbit's MCP server describes them in prose: views, loads, engagements, completions, leads, redirects,
opt-ins and more. No document gives the names of the attributes, so counts are found under several.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jebbitctl.api import resources
from jebbitctl.api.listing import Listing
from jebbitctl.util.text import flatten, singular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "campaign_stats"
FUNNEL = ("views", "engagements", "completions", "leads")
"""What visitors do, one after the other."""
MAX_COUNT = 10**18
"""No campaign has so many visitors: a larger number is something else."""
_GROUPS = {"", "totals", "total", "counts", "stats", "statistics", "metrics"}
"""Names of objects whose members are counts of the campaign, as the attributes themselves are."""


def list_pages(
    client: Client, *, since: date | None = None, until: date | None = None
) -> Iterator[list[Resource]]:
    """Yield the totals of each campaign, page by page, over these days; both are included."""
    for document in Listing(client, f"/{TYPE}", _days(since, until)).pages(paged=True):
        yield resources.parse_many(document)


def get(client: Client, id_: str, *, since: date | None = None, until: date | None = None) -> Resource:
    """Return the totals of one campaign, its outcomes and its questions, over these days.

    Raises:
        NotFoundError: there is no such campaign.
        UsageError: ``id_`` is not an id.
    """
    return resources.get_resource(client, TYPE, id_, _days(since, until))


def campaign_of(stats: Resource) -> str | None:
    """Return the id of the campaign; that of the statistics is the campaign's, unless they name another."""
    named = stats.attributes.get("campaign_id")
    return str(named) if isinstance(named, (str, int)) and not isinstance(named, bool) else stats.id


def count_of(attributes: Mapping[str, Any], what: str) -> int | None:
    """Return how many of something are counted, None if Jebbit does not say it.

    A count is an attribute whose name surely means it: for ``leads``, it is ``leads``, ``lead_count``,
    ``leads_count``, ``total_leads``, ``num_leads`` or ``number_of_leads``, in any case and with any
    separators. It may be a member of an object such as ``totals``. Two that differ say nothing.

    Args:
        attributes: of statistics, or of one question or outcome.
        what: a plural, such as ``leads`` or ``opt_ins``.
    """
    found = {count for _, count in _counts(attributes, what)}
    return found.pop() if len(found) == 1 else None


def count_names(attributes: Mapping[str, Any], what: str) -> list[str]:
    """Return the names, dotted if nested, under which :func:`count_of` finds a count."""
    if count_of(attributes, what) is None:
        return []
    return [name for name, _ in _counts(attributes, what)]


def as_count(value: Any) -> int | None:
    """Return a whole number below MAX_COUNT that is not negative; None for anything else.

    It may be a string, as databases write decimals: ``"812"`` or ``"812.0"``.
    """
    if isinstance(value, str):
        digits = re.fullmatch(r"([0-9]{1,18})(?:\.0+)?", value)
        return int(digits[1]) if digits else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 <= value < MAX_COUNT or value != int(value):
        return None
    return int(value)


def ratio(part: int | None, whole: int | None) -> float | None:
    """Return a part of a whole, None if one of them is unknown or the whole is 0."""
    return part / whole if part is not None and whole else None


@lru_cache(maxsize=1024)
def normal(name: str) -> str:
    """Return a name in lower case, without separators: ``leadcount`` for ``Lead-Count``."""
    return re.sub(r"[-_\s]", "", name).lower()


def _counts(attributes: Mapping[str, Any], what: str) -> Iterator[tuple[str, int]]:
    forms = _forms(what)
    for name, value in flatten(dict(attributes)):
        group, _, own = name.rpartition(".")
        if normal(own) in forms and normal(group) in _GROUPS and (count := as_count(value)) is not None:
            yield name, count


@lru_cache(maxsize=64)
def _forms(what: str) -> frozenset[str]:
    several, one = normal(what), normal(singular(what))
    return frozenset(
        {several, f"{one}count", f"{several}count"}
        | {f"{prefix}{several}" for prefix in ("total", "num", "numberof")}
    )


def _days(since: date | None, until: date | None) -> dict[str, str]:
    days = {"filter[start_date]": since, "filter[end_date]": until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}
