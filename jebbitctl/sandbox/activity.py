"""What visitors of a campaign did, counted by day: the source of ``/campaign_stats``.

What is assumed of Jebbit here, ``reporting`` says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from jebbitctl.sandbox.assumptions import is_between

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

TOTALS = (
    *("views", "loads", "engagements", "completions", "leads", "redirects", "opt_ins"),
    *("responses", "outcome_views", "seconds_spent"),
)
"""What is counted of a campaign. Jebbit's MCP server describes these in prose: the names are assumed."""
OUTCOMES = ("Explorer", "Minimalist", "Trendsetter")
SCREENS = (
    ("What are you looking for?", "MultipleChoiceQuestion"),
    ("Which colour do you like?", "MultipleChoiceQuestion"),
    ("Your e-mail address", "LeadForm"),
    ("Your result", "Outcome"),
)
"""What each campaign shows, with its ``resource_type``; only ``Outcome``, that of a result, is documented."""
_SEEDED_DAYS = 30
_SEED = 20211216


@dataclass(slots=True)
class Activity:
    """Counts of one campaign over one day or several.

    Attributes:
        totals: by the names in TOTALS.
        outcomes: how often each outcome was shown.
        views: how often each screen was shown.
        responses: how often each screen was answered, or something on it was clicked.
    """

    totals: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    responses: Counter[str] = field(default_factory=Counter)

    def add(self, other: Activity) -> None:
        """Add the counts of another activity."""
        self.totals += other.totals
        self.outcomes += other.outcomes
        self.views += other.views
        self.responses += other.responses


def summed(days: Iterable[tuple[date, Activity]], since: date | None, until: date | None) -> Activity:
    """Return the sum of the days from ``since`` to ``until``, both included; None is no bound."""
    total = Activity()
    for day, activity in days:
        if is_between(day, since, until):
            total.add(activity)
    return total


def past_activity(today: date, number: int) -> dict[date, Activity]:
    """Return what visitors did before the sandbox started: the same counts at each start, by day.

    Args:
        today: the last of the days.
        number: of the campaign among the launched ones, from 0.
    """
    random = Random(_SEED + number)  # noqa: S311 - the same counts at each start
    return {today - timedelta(days=age): _day(random) for age in reversed(range(_SEEDED_DAYS))}


def _day(random: Random) -> Activity:
    """Return the counts of a day. Each screen is shown to those who answered the one before it."""
    views = random.randint(40, 120)
    loads = random.randint(views * 8 // 10, views)
    activity, reached = Activity(), loads
    for name, resource_type in SCREENS[:-1]:
        activity.views[name] = reached
        reached = random.randint(reached * 6 // 10, reached)
        activity.responses[name] = reached
        if resource_type == "LeadForm":
            activity.totals["leads"] = reached
    engaged = activity.responses[SCREENS[0][0]]
    result, clicks = SCREENS[-1][0], random.randint(reached // 5, reached // 2)
    activity.views[result], activity.responses[result] = reached, clicks
    activity.outcomes.update(random.choices(OUTCOMES, weights=(5, 3, 2), k=reached))
    activity.totals.update(
        views=views,
        loads=loads,
        engagements=engaged,
        completions=reached,
        redirects=clicks,
        opt_ins=random.randint(reached // 2, reached),
        responses=activity.responses.total() - clicks,
        outcome_views=reached,
        seconds_spent=engaged * random.randint(20, 90),
    )
    return activity
