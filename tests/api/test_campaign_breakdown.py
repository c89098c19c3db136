"""Outcomes, questions and screens are recognised whatever their attributes are called."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.campaign_breakdown import OUTCOME, QUESTION, SCREEN, Part, break_down
from tests.strategies import JSON

NAMES = st.sampled_from(
    [
        "outcomes",
        "questions",
        "name",
        "views",
        "responses",
        "count",
        "resource_type",
        "rate",
        "attributes",
        "x",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)


def outcomes(attributes: dict[str, Any]) -> list[tuple[str | None, int | None]]:
    return [(part.name, part.count) for part in break_down(attributes).of(OUTCOME)]


@pytest.mark.parametrize(
    "attributes",
    [
        {"outcomes": [{"name": "A", "count": 3}, {"name": "B", "count": 1}]},
        {"outcome_distribution": {"A": 3, "B": 1}},
        {"outcome_distribution": {"A": {"views": "3"}, "B": {"views": "1"}}},
        {"outcomeDistribution": [{"title": "A", "total": 3.0}, {"title": "B", "total": 1}]},
        {
            "report": {
                "outcomes": [{"outcome": "A", "outcome_views": 3}, {"outcome": "B", "outcome_views": 1}]
            }
        },
        {"outcomes": [{"id": "1", "attributes": {"label": "A", "num_views": 3}}, {"name": "B", "views": 1}]},
    ],
)
def test_outcomes_are_recognised(attributes: dict[str, Any]) -> None:
    assert outcomes(attributes) == [("A", 3), ("B", 1)]


@pytest.mark.parametrize("type_", ["Outcome", "Reward", "ProductCatalog", "ContentCollection"])
def test_a_row_with_the_type_of_a_screen_is_no_question(type_: str) -> None:
    rows = [
        {"name": "Why?", "resource_type": "Question", "views": 9, "responses": 4, "response_rate": 44.4},
        {"name": "Yours", "resource_type": type_, "views": 9, "responses": 0, "response_rate": 0},
    ]
    for name in ("questions", "drop_off", "anything"):
        found = break_down({name: rows})
        assert [(part.kind, part.name) for part in found.parts] == [(QUESTION, "Why?"), (SCREEN, "Yours")]
        assert found.tells_screens()
        assert found.largest_loss() == found.parts[0]


def test_a_question_keeps_what_is_not_recognised() -> None:
    row = {"question": "Why?", "num_views": "9", "responseCount": 4, "resource-type": "Form", "position": 2}
    (part,) = break_down({"drop_off": [{**row, "response_rate": 44.4, "abandon_rate": 55.6}]}).parts
    assert part == Part(
        QUESTION,
        "Why?",
        resource_type="Form",
        views=9,
        responses=4,
        rate=44.4,
        further={"position": 2, "abandon_rate": 55.6},
    )
    assert (part.response_rate, part.lost) == (4 / 9, 5)


def test_two_rates_of_which_none_is_documented_are_not_told_apart() -> None:
    (part,) = break_down({"questions": [{"name": "Why?", "exit_rate": 1, "skip_rate": 2}]}).parts
    assert (part.rate, part.further) == (None, {"exit_rate": 1, "skip_rate": 2})


def test_the_largest_loss_is_of_people_and_only_among_questions_with_known_numbers() -> None:
    def question(name: str, views: Any, responses: Any, type_: str | None = "Question") -> dict[str, Any]:
        return {"name": name, "views": views, "responses": responses, "resource_type": type_}

    few, many = question("few", 4, 1), question("many", 1000, 800)
    screen, unknown = question("screen", 5000, 0, "Outcome"), question("unknown", 9000, None)
    more = question("more answers than viewers", 10, 30)
    found = break_down({"questions": [few, screen, many, unknown, more]})
    assert (worst := found.largest_loss())
    assert (worst.name, worst.lost) == ("many", 200)
    assert break_down({"questions": [screen, unknown, more]}).largest_loss() is None
    assert not break_down({"questions": [{"name": "Why?"}]}).tells_screens()


def test_no_views_are_no_division_and_no_loss() -> None:
    found = break_down({"questions": [{"name": "Why?", "views": 0, "responses": 0}]})
    assert (found.parts[0].response_rate, found.largest_loss()) == (None, None)


@pytest.mark.parametrize(
    "value", [[], {}, [1, 2], [{"a": 1}, 2], None, "text", {"max": "three"}, {"max": 3, "min": None}]
)
def test_values_that_are_no_lists_of_objects_stay_among_the_totals(value: Any) -> None:
    found = break_down({"outcome_settings": value, "title": "x"})
    assert found.parts == []
    members = value.items() if isinstance(value, dict) and value else ()
    expected = {f"outcome_settings.{name}": inner for name, inner in members} or {"outcome_settings": value}
    assert found.totals == {**expected, "title": "x"}


def test_an_object_of_numbers_is_a_list_of_outcomes_but_not_of_questions() -> None:
    assert break_down({"questions": {"shown": 3}}).totals == {"questions.shown": 3}


@given(st.dictionaries(NAMES, JSON))
def test_nothing_that_jebbit_sends_breaks_the_breakdown_or_disappears(attributes: dict[str, Any]) -> None:
    found = break_down(attributes)
    for name, value in attributes.items():
        if isinstance(value, (dict, list)):
            continue
        assert found.totals[name] == value
    rows = [row for value in attributes.values() if _is_list_of_objects(value) for row in value]
    assert len(found.parts) >= len(rows)
    found.largest_loss()  # and raises nothing


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
