"""What is wrong with mappings, decided from data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.attribute_lookup import KnownAttributes
from jebbitctl.api.resources import Resource
from jebbitctl.diagnose.mapping_lint import lint

if TYPE_CHECKING:
    from jebbitctl.diagnose.mapping_lint import MappingFinding

PASSING = "pass_to_integrations"


def known(*ids: str, **attributes: Any) -> KnownAttributes:
    """Return all attributes of a business: these ids, each with these attributes."""
    shared = {PASSING: True, **attributes}
    return KnownAttributes(tuple(Resource("traits", id_, {"user_defined_id": id_, **shared}) for id_ in ids))


def mappings(*pairs: str, owner: str = "i1", **attributes: Any) -> list[Resource]:
    """Return mappings with the ids m1, m2 …, newest first; a pair is ``jebbit_var client_var``."""
    return [
        Resource(
            "integration_mappings",
            f"{owner}m{number}",
            {
                "integration_id": owner,
                **dict(zip(("jebbit_var", "client_var"), pair.split(), strict=True)),
                **attributes,
            },
        )
        for number, pair in enumerate(pairs, start=1)
    ]


def found(own: list[Resource], attributes: KnownAttributes) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.state.value, f.kind.value, f.mappings) for f in lint(own, attributes).findings]


def only(own: list[Resource], attributes: KnownAttributes) -> MappingFinding:
    (finding,) = lint(own, attributes).findings
    return finding


def test_right_mappings_have_no_findings() -> None:
    own = mappings("email mail", "name first") + mappings("email mail", owner="i2")
    result = lint(own, known("email", "name"))
    assert (result.findings, result.mappings, result.unknown) == ([], 3, [])


def test_an_unknown_attribute_is_a_problem_with_the_command_that_corrects_it() -> None:
    finding = only(mappings("emial mail"), known("email"))
    assert (finding.state, finding.kind) == ("failed", "unknown_attribute")
    assert finding.message == "there is no attribute emial; the nearest is email"
    assert finding.command == ("mappings", "update", "i1m1", "--jebbit-var", "email")
    assert only(mappings("zzzz mail"), known("email")).command == ("attributes", "list")


def test_an_id_that_looks_like_an_option_is_still_a_value() -> None:
    assert only(mappings("xyz mail"), known("-xyz")).command[-1] == "--jebbit-var=-xyz"


def test_a_mapping_without_a_usable_id_gets_no_command() -> None:
    (mapping,) = mappings("emial mail")
    odd = Resource(mapping.type, "../x", mapping.attributes)
    assert only([odd], known("email")).command == ()


def test_a_name_that_jebbit_may_provide_itself_is_a_warning() -> None:
    finding = only(mappings("Outcome bucket"), known("email"))
    assert (finding.state, finding.kind) == ("warning", "unknown_attribute")
    assert "not documented" in finding.message
    assert "the nearest is email" in only(mappings("Email mail"), known("email")).message
    assert found(mappings("Outcome bucket"), known("Outcome")) == []


@pytest.mark.parametrize("value", [None, ""])
def test_a_mapping_that_names_nothing_is_a_problem(value: str | None) -> None:
    finding = only(mappings("x mail", jebbit_var=value), known("email"))
    assert (finding.state, finding.message) == ("failed", "it names no attribute")


@pytest.mark.parametrize("name", [PASSING, "passes-to-integrations", "sentToIntegrations"])
def test_an_attribute_that_does_not_pass_is_a_problem_whatever_the_switch_is_called(name: str) -> None:
    attributes = KnownAttributes((Resource("traits", "t", {"user_defined_id": "a", name: False}),))
    assert found(mappings("a b"), attributes) == [("failed", "not_passed", ("i1m1",))]


def test_a_switch_that_cannot_be_told_is_no_finding_and_is_said_once() -> None:
    unsaid = KnownAttributes(tuple(Resource("traits", i, {"user_defined_id": i}) for i in "ab"))
    result = lint(mappings("a x", "b y"), unsaid)
    assert (result.findings, len(result.unknown)) == ([], 1)
    assert lint(mappings("c x"), unsaid).unknown == []


def test_what_jebbit_does_not_say_is_neither_right_nor_wrong() -> None:
    nameless = KnownAttributes((Resource("traits", "t1", {"display_name": "E-mail"}),))
    assert found(mappings("email mail"), nameless) == [("unknown", "unsaid", ("i1m1",))]
    for name in ("jebbit_var", "client_var", "integration_id"):
        (mapping,) = mappings("email mail")
        del mapping.attributes[name]
        finding = only([mapping, *mappings("email mail", owner="i2")], known("email"))
        assert (finding.kind, finding.message) == ("unsaid", f"Jebbit does not say its {name}")


def test_mappings_contradict_each_other_only_in_what_jebbit_says() -> None:
    own = mappings("email mail", "email mail")
    for mapping in own:
        del mapping.attributes["client_var"]
    assert {finding.kind for finding in lint(own, known("email")).findings} == {"unsaid"}


def test_the_same_mapping_twice_is_a_problem_and_the_oldest_is_kept() -> None:
    own = mappings("a x", "a x", "a x")
    finding = only(own, known("a"))
    assert (finding.state, finding.kind) == ("failed", "duplicate")
    assert finding.command == ("mappings", "delete", "i1m1", "i1m2")
    assert finding.message == "a is mapped to x 3 times"
    own[0].attributes["default"] = "none"
    own[1].attributes["default"] = None
    message = "a is mapped to x 3 times, with the defaults none and null and unknown"
    assert only(own, known("a")).message == message


def test_an_attribute_under_two_names_may_be_wanted() -> None:
    assert found(mappings("a x", "a y"), known("a")) == [("warning", "mapped_twice", ("i1m1", "i1m2"))]


def test_two_attributes_under_one_name_are_a_problem() -> None:
    finding = only(mappings("a x", "b x", "c z"), known("a", "b", "c"))
    assert (finding.state, finding.kind) == ("failed", "clash")
    assert finding.mappings == ("i1m1", "i1m2")
    assert finding.message.endswith("one of them: a, b")


def test_mappings_of_different_integrations_never_contradict_each_other() -> None:
    own = mappings("a x") + mappings("a x", owner="i2") + mappings("b x", owner="i3")
    assert found(own, known("a", "b")) == []


NAMES = st.sampled_from("abcd")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_findings_about_names_are_complete_and_never_invented(pairs: list[tuple[str, str]]) -> None:
    own = mappings(*map(" ".join, pairs))
    kinds = {finding.kind.value for finding in lint(own, known("a", "b")).findings}
    distinct = set(pairs)
    expected = {
        "unknown_attribute": any(var in "cd" for var, _ in pairs),
        "duplicate": len(distinct) < len(pairs),
        "mapped_twice": len({var for var, _ in distinct}) < len(distinct),
        "clash": len({name for _, name in distinct}) < len(distinct),
    }
    assert kinds == {kind for kind, there in expected.items() if there}
