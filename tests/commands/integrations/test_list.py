"""``integrations list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result


def test_a_pipe_gets_tab_separated_lines_without_a_header_newest_first(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "list")
    assert result.code == 0
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [row[0] for row in rows] == list(stored(sandbox))
    assert {len(row) for row in rows} == {6}
    assert [row[4:] for row in rows] == [
        [a["created_at"], a["endpoint"] or ""] for a in stored(sandbox).values()
    ]


def test_json_has_the_id_the_type_and_all_attributes_with_secrets_masked(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    rows = jebbitctl("integrations", "list", "--json").json
    expected = stored(sandbox)
    assert [row["id"] for row in rows] == list(expected)
    for row in rows:
        attributes = expected[row["id"]]
        assert row.keys() == {"id", "type", *attributes} - {"attached_at", "static_values"}
        assert row["endpoint"] == attributes["endpoint"]
        assert row["shared_secret"] in {"********", None}


@pytest.mark.parametrize(
    ("option", "attribute", "value"),
    [
        (["--active"], "is_active", True),
        (["--inactive"], "is_active", False),
        (["--region", "eu"], "region", "eu"),
        (["--service", "klaviyo"], "service_name", "klaviyo"),
    ],
)
def test_a_filter_selects_integrations_by_an_attribute(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, option: list[str], attribute: str, value: object
) -> None:
    first, second = stored(sandbox).values()
    first[attribute], second[attribute] = value, {"klaviyo": "braze", "eu": "us"}.get(str(value), not value)
    rows = jebbitctl("integrations", "list", *option, "--json").json
    assert [row[attribute] for row in rows] == [value]


def test_an_endpoint_filter_matches_any_spelling(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    endpoint = str(stored(sandbox)[webhook(sandbox)]["endpoint"])
    for spelling in (
        endpoint,
        endpoint.replace("https://hooks.example.com", "HTTPS://Hooks.Example.com:443"),
    ):
        result = jebbitctl("integrations", "list", "--endpoint", spelling, "-q", "[].id")
        assert result.json == [webhook(sandbox)]


def test_an_invalid_region_is_a_usage_error(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("integrations", "list", "--region", "EU")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error: --region: 'EU' is not one of 'us', 'eu'\nhint: see jebbitctl integrations list --help\n"
    )
    assert sandbox.requests == []


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("integrations", "list", "--endpoint", "https://nobody.example/")
    assert (result.code, result.out) == (0, "")
    assert "No integrations match" in result.err


def test_a_query_with_a_string_result_prints_it_bare(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    assert jebbitctl("integrations", "list", "-q", "[0].id").out == next(iter(stored(sandbox))) + "\n"


def test_an_invalid_query_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "list", "-q", "[0.")
    assert result.code == 2
    assert result.err.startswith("error: --query: ")
    assert sandbox.requests == []


def test_control_characters_from_jebbit_are_escaped_in_a_pipe(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    endpoint = "https://x/\x1b[2J[red]\u202e\x9b\t\n"
    stored(sandbox)[webhook(sandbox)]["endpoint"] = endpoint
    plain = jebbitctl("integrations", "list").out
    assert r"https://x/\x1b[2J[red]\u202e\x9b\t\n" in plain
    document = jebbitctl("integrations", "list", "--json")
    assert not {"\x1b", "\u202e", "\x9b"} & set(document.out)
    assert endpoint in [row["endpoint"] for row in document.json]
