"""``attributes list|get``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.scripted_server import add, attributes_of, scripted
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support import Result


def filters(sandbox: Sandbox) -> list[str | None]:
    """Return the filter of each list request."""
    queries = (dict(parse_qsl(r.query)) for r in sandbox.requests if r.path == "/api/v1/traits")
    return [query.get("filter[user_defined_id]") for query in queries]


def names(result: Result) -> list[str]:
    assert result.code == 0
    return [line.split("\t")[1] for line in result.out.splitlines()]


def test_a_list_says_of_each_attribute_whether_integrations_get_it(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    rows = [line.split("\t") for line in jebbitctl("attributes", "list").out.splitlines()]
    stored = attributes_of(sandbox, "traits")
    assert rows == [
        [
            id_,
            a["user_defined_id"],
            a["display_name"],
            str(a["rank"]),
            "true" if a["pass_to_integrations"] else "false",
        ]
        for id_, a in stored.items()
    ]
    document = jebbitctl("attributes", "list", "--json").json
    assert document[0] == {
        "id": rows[0][0],
        "type": "traits",
        **stored[rows[0][0]],
        "passes_to_integrations": False,
    }


@pytest.mark.parametrize(
    "options",
    [["--id", "email,nope,shoe_size"], ["--id", "email", "--id", " nope , shoe_size,email,"]],
    ids=["commas", "repeated"],
)
def test_attributes_are_asked_for_by_the_names_of_mappings_and_missing_ones_are_said(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, options: list[str]
) -> None:
    result = jebbitctl("attributes", "list", *options)
    assert (names(result), result.err) == (["shoe_size", "email"], "Not found: nope.\n")
    assert set(filters(sandbox)) == {"email,nope,shoe_size"}


def test_names_that_no_attribute_has_are_an_empty_list(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("attributes", "list", "--id", "a,b", "--json")
    assert (result.code, result.json, result.err) == (0, [], "Not found: a, b.\n")


def test_no_name_of_an_attribute_is_wrong_usage(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("attributes", "list", "--id", " , ")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: --id names no attribute\nhint: ")
    assert not any(request.path.startswith("/api") for request in sandbox.requests)


def test_attributes_that_pass_or_not_are_chosen_and_unclear_ones_are_counted(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    assert names(jebbitctl("attributes", "list", "--not-passing")) == ["internal_note", "internal_score"]
    assert len(names(jebbitctl("attributes", "list", "--passing"))) == 10
    for attributes in list(attributes_of(sandbox, "traits").values())[1:]:
        attributes["exclude_from_integrations"] = attributes.pop("pass_to_integrations")
    result = jebbitctl("attributes", "list", "--passing")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "Left out 11 attributes for which Jebbit does not say whether integrations get the answers.\n"
        "No attributes match.\n"
    )
    rows = jebbitctl("attributes", "list", "--json").json
    assert [row["passes_to_integrations"] for row in rows] == [False, *[None] * 11]


def test_a_value_that_jebbit_says_is_not_replaced(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    for attributes in attributes_of(sandbox, "traits").values():
        del attributes["pass_to_integrations"]
        attributes["passes_to_integrations"] = "sometimes"
    rows = jebbitctl("attributes", "list", "-q", "[].passes_to_integrations").json
    assert set(rows) == {"sometimes"}


def test_get_shows_everything_by_either_id(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = add(sandbox, "traits", user_defined_id="Shoe size (EU)", from_the_future={"a": [1]})
    expected = {
        "id": id_,
        "type": "traits",
        "user_defined_id": "Shoe size (EU)",
        "from_the_future": {"a": [1]},
    }
    assert jebbitctl("attributes", "get", id_, "--json").json == expected
    assert filters(sandbox) == []
    assert jebbitctl("attributes", "get", "Shoe size (EU)", "--json").json == expected
    assert jebbitctl("attributes", "get", "email", "-q", "display_name").out == "E-mail address\n"


def test_an_attribute_is_found_by_its_name_only_if_the_name_is_exactly_that(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    add(sandbox, "traits", user_defined_id="twice")
    add(sandbox, "traits", user_defined_id="twice")
    for id_ in ("email,shoe_size", "twice", "Email"):
        result = jebbitctl("attributes", "get", id_)
        assert (result.code, result.out) == (3, "")
        assert f"error: attribute {id_} not found" in result.err
        assert "hint: list them: jebbitctl attributes list\n" in result.err


def test_a_business_without_attributes_has_an_empty_list(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    (business,) = sandbox.state.businesses.values()
    business.of("traits").clear()
    result = jebbitctl("attributes", "list")
    assert (result.code, result.out, result.err) == (0, "", "No attributes.\n")


def test_a_service_that_ignores_case_or_the_filter_finds_no_other_attribute(tmp_path: Path) -> None:
    only = {"data": [{"id": "a1", "type": "traits", "attributes": {"user_defined_id": "email"}}]}

    def answer(_method: str, path: str) -> tuple[int, Any] | None:
        return (200, only) if path == "traits" else None

    with Sandbox(wrap=scripted(answer)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert cli.run("attributes", "get", "email", "-q", "id").out == "a1\n"
        assert cli.run("attributes", "get", "Email").code == 3
        assert cli.run("attributes", "list", "--id", "Email").err == "Not found: Email.\n"
