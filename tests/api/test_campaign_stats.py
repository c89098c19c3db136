"""Counts in statistics whose names no document gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.campaign_stats import MAX_COUNT, as_count, campaign_of, count_names, count_of
from jebbitctl.api.resources import Resource
from jebbitctl.util.text import flatten
from tests.strategies import JSON, fewer_examples

FORMS = ("leads", "lead_count", "leads_count", "total_leads", "num_leads", "number_of_leads")
STYLES = (str, str.upper, lambda name: name.replace("_", "-"), lambda name: name.title().replace("_", ""))


@given(
    st.sampled_from(FORMS),
    st.sampled_from(STYLES),
    st.integers(0, MAX_COUNT - 1),
    st.sampled_from(["int", "text", "decimal"]),
    st.dictionaries(st.sampled_from(["title", "lead_rate", "leading", "opt_ins", "views"]), JSON),
)
def test_leads_are_found_under_any_name_that_surely_means_them(
    name: str, style: Any, number: int, written: str, others: dict[str, Any]
) -> None:
    value = {"int": number, "text": str(number), "decimal": f"{number}.0"}[written]
    assert count_of({**others, style(name): value}, "leads") == number


@fewer_examples(3)
@given(
    st.dictionaries(st.sampled_from([*FORMS, "opt_ins", "totals"]) | st.text(max_size=8), JSON, max_size=4)
)
def test_whatever_jebbit_sends_a_count_is_a_number_that_it_sent_or_none(attributes: dict[str, Any]) -> None:
    sent = {count for _, value in flatten(attributes) if (count := as_count(value)) is not None}
    assert {count_of(attributes, what) for what in ("leads", "opt_ins")} <= {None, *sent}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"lead_rate": 12},
        {"leads_this_week": 12},
        {"lead": 12},
        {"unique_leads": 12},
        {"previous": {"leads": 12}},
        {"leads": None},
        {"leads": True},
        {"leads": -1},
        {"leads": 1.5},
        {"leads": "many"},
        {"leads": "1,234"},
        {"leads": " 12"},
        {"leads": "١٢"},
        {"leads": [12]},
        {"leads": MAX_COUNT},
        {"leads": "9" * 5000},
        {"leads": float("inf")},
        {"leads": float("nan")},
        {"leads": 5, "total_leads": 9},
    ],
)
def test_a_number_of_leads_that_is_not_sure_is_unknown(attributes: dict[str, Any]) -> None:
    assert count_of(attributes, "leads") is None
    assert count_names(attributes, "leads") == []


def test_a_count_may_be_in_a_group_and_have_several_names_that_agree() -> None:
    attributes = {"totals": {"lead_count": 7, "optIns": 3}, "Total-Leads": "7", "leads": None}
    assert (count_of(attributes, "leads"), count_of(attributes, "opt_ins")) == (7, 3)
    assert count_names(attributes, "leads") == ["totals.lead_count", "Total-Leads"]
    assert count_of({"numberOfResponses": 0}, "responses") == 0


def test_a_count_may_be_written_as_a_decimal() -> None:
    assert [as_count(value) for value in (812, 812.0, "812", "812.00")] == [812] * 4


@pytest.mark.parametrize(
    ("attributes", "campaign"),
    [({}, "a"), ({"campaign_id": "b"}, "b"), ({"campaign_id": 7}, "7"), ({"campaign_id": None}, "a")],
)
def test_statistics_are_of_the_campaign_that_they_name(attributes: dict[str, Any], campaign: str) -> None:
    assert campaign_of(Resource("campaign_stats", "a", attributes)) == campaign
