"""What holds for the statistics of a campaign, however its visitors came."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.activity import TOTALS

if TYPE_CHECKING:
    from collections.abc import Mapping

RATES = {
    "engagement_rate": ("engagements", "views"),
    "completion_rate": ("completions", "engagements"),
    "lead_rate": ("leads", "completions"),
}
NOT_A_SCREEN = {"MultipleChoiceQuestion", "LeadForm"}


def assert_consistent(report: Mapping[str, Any]) -> None:
    """Assert that the numbers of a campaign agree with each other."""
    steps = [report[name] for name in ("views", "loads", "engagements", "completions")]
    assert steps == sorted(steps, reverse=True)
    assert report["completions"] >= report["redirects"]
    assert report["engagements"] >= report["leads"] >= report["opt_ins"]
    assert report["completions"] == report["outcome_views"]
    assert (report["seconds_spent"] > 0) is (report["engagements"] > 0)
    assert all(isinstance(report[name], int) and report[name] >= 0 for name in TOTALS)
    for name, (part, whole) in RATES.items():
        expected = 100 * report[part] / report[whole] if report[whole] else 0
        assert report[name] == pytest.approx(expected, abs=0.051)
        assert 0 <= report[name] <= 100


def assert_parts_add_up(report: Mapping[str, Any]) -> None:
    """Assert that outcomes, questions and screens agree with the totals of one campaign."""
    outcomes, rows = report["outcomes"], report["questions"]
    assert sum(outcome["count"] for outcome in outcomes) == report["outcome_views"]
    assert sum(outcome["percentage"] for outcome in outcomes) == pytest.approx(
        100 if outcomes else 0, abs=0.2
    )
    questions = [row for row in rows if row["resource_type"] in NOT_A_SCREEN]
    screens = [row for row in rows if row["resource_type"] not in NOT_A_SCREEN]
    assert sum(row["responses"] for row in questions) == report["responses"]
    assert sum(row["views"] for row in screens) == report["outcome_views"]
    assert [row["views"] for row in questions[:1]] == [report["loads"]][: len(questions)]
    for row, following in pairwise(rows):
        assert following["views"] == row["responses"]
    for row in rows:
        assert row["views"] >= row["responses"]
        assert row["response_rate"] == pytest.approx(100 * row["responses"] / row["views"], abs=0.051)
