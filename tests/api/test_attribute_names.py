"""Which attribute is meant by a name that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.attribute_names import AttributeNames, is_own_word
from jebbitctl.api.resources import Resource

ATTRIBUTES = [
    Resource("traits", f"t{number}", {"user_defined_id": id_, "display_name": name, "kind": "Colour"})
    for number, (id_, name) in enumerate(
        {
            "email": "E-mail address",
            "first_name": "First name",
            "shoe_size": "What is your size?",
            "Größe": "Height",
            "zip": "Postcode",
        }.items()
    )
]


def nearest(typed: str, attributes: list[Resource]) -> str | None:
    return AttributeNames(attributes).nearest(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Email", "email"),
        ("e-mail", "email"),
        (" email ", "email"),
        ("E-mail address", "email"),
        ("First Name", "first_name"),
        ("firstName", "first_name"),
        ("emial", "email"),
        ("What is your size", "shoe_size"),
        ("what_is_your_sise", "shoe_size"),
        ("gro\u0308\u00dfe", "Größe"),
        ("GRÖSSE", "Größe"),
        ("Colour", None),
        ("loyalty_tier", None),
        ("---", None),
        ("", None),
    ],
)
def test_the_attribute_that_was_meant_is_found(typed: str, meant: str | None) -> None:
    assert nearest(typed, ATTRIBUTES) == meant


def test_an_id_is_nearer_than_a_display_name() -> None:
    first = Resource("traits", "t1", {"user_defined_id": "q1", "display_name": "Colour"})
    second = Resource("traits", "t2", {"user_defined_id": "colour", "display_name": "Hair"})
    assert nearest("COLOUR", [first, second]) == nearest("COLOUR", [second, first]) == "colour"


def test_a_name_that_is_the_same_but_for_case_is_found_whatever_it_is() -> None:
    long = Resource("traits", "t1", {"user_defined_id": "A" * 300})
    assert nearest("a" * 300, [long]) == "A" * 300
    plain, umlaut = (Resource("traits", None, {"user_defined_id": id_}) for id_ in ("grosse", "gr\u00f6sse"))
    assert nearest("Gro\u0308sse", [plain, umlaut]) == "gr\u00f6sse"
    assert nearest("---", [Resource("traits", "t1", {"user_defined_id": "***"})]) is None


def test_attributes_without_an_id_are_not_suggested() -> None:
    assert nearest("Colour", [Resource("traits", "t1", {"display_name": "Colour"})]) is None


@given(st.text(max_size=10), st.lists(st.text(min_size=1, max_size=10)))
def test_any_name_leads_to_an_existing_id_or_to_none(typed: str, ids: list[str]) -> None:
    attributes = [Resource("traits", None, {"user_defined_id": id_, "Label": id_[::-1]}) for id_ in ids]
    assert nearest(typed, attributes) in {None, *ids}


@given(st.from_regex(r"[a-z]{2,8}(_[a-z]{2,8}){0,2}", fullmatch=True))
def test_case_and_separators_never_hide_an_attribute(id_: str) -> None:
    attribute = Resource("traits", None, {"user_defined_id": id_})
    for typed in (id_.upper(), id_.title(), id_.replace("_", " "), id_.replace("_", "-"), f" {id_}"):
        assert nearest(typed, [attribute]) == id_


@pytest.mark.parametrize("word", ["Outcome", "opt_in", "Opt In", "surveyId", "URL_PARAM", "$metadata"])
def test_what_jebbit_may_send_without_an_attribute_is_told_apart(word: str) -> None:
    assert is_own_word(word)


@pytest.mark.parametrize("word", ["outcomes", "favourite_colour", "emial", ""])
def test_other_names_are_no_words_of_jebbit(word: str) -> None:
    assert not is_own_word(word)
