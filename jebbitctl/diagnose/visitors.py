"""How many visitors did something in the campaigns that feed an integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.diagnose.facts import Facts


class Visitors(NamedTuple):
    """A count over several campaigns.

    Attributes:
        total: of the campaigns of which Jebbit says it.
        uncounted: the number of the other campaigns.
    """

    total: int
    uncounted: int


def count_visitors(facts: Facts, campaigns: Iterable[str], what: str) -> Visitors:
    """Count what visitors did since ``facts.since``.

    Args:
        facts: about the business.
        campaigns: ids.
        what: a plural, such as ``leads``.
    """
    counts, ids = facts.counts(what), list(campaigns)
    known = [counts[id_] for id_ in ids if id_ in counts]
    return Visitors(sum(known), len(ids) - len(known))
