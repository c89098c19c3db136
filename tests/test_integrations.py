"""``integrations list|get|secret|test|delete``; create and update have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli, Result

Run = "Callable[..., Result]"


def stored(sandbox: Sandbox) -> dict[str, dict[str, object]]:
    """Return the sandbox's integrations, newest first, as id and attributes."""
    business = next(iter(sandbox.state.businesses.values()))
    found = business.of("integrations")
    return {id_: resource.attributes for id_, resource in reversed(found.items())}


def webhook(sandbox: Sandbox) -> str:
    return next(id_ for id_, a in stored(sandbox).items() if a["service_name"] == "webhooks_standard")


def test_list_in_a_pipe_is_tab_separated_without_header_newest_first(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "list")
    assert result.code == 0
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [row[0] for row in rows] == list(stored(sandbox))
    assert {len(row) for row in rows} == {5}


def test_list_json_has_id_and_type_beside_the_attributes_and_masks_secrets(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    rows = jebbitctl("integrations", "list", "--json").json
    expected = stored(sandbox)
    assert [row["id"] for row in rows] == list(expected)
    for row in rows:
        attributes = expected[row["id"]]
        assert row.keys() == {"id", "type", *attributes}
        assert row["endpoint"] == attributes["endpoint"]
        assert row["shared_secret"] in {"********", None}


def test_list_keeps_unknown_attributes(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    stored(sandbox)[webhook(sandbox)]["from_the_future"] = {"a": [1]}
    row = jebbitctl("integrations", "get", webhook(sandbox), "--json").json
    assert row["from_the_future"] == {"a": [1]}


@pytest.mark.parametrize(
    ("option", "attribute", "value"),
    [
        (["--active"], "is_active", True),
        (["--inactive"], "is_active", False),
        (["--region", "eu"], "region", "eu"),
        (["--service", "klaviyo"], "service_name", "klaviyo"),
    ],
)
def test_list_filters(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, option: list[str], attribute: str, value: object
) -> None:
    first, second = stored(sandbox).values()
    first[attribute], second[attribute] = value, {"klaviyo": "braze", "eu": "us"}.get(str(value), not value)
    rows = jebbitctl("integrations", "list", *option, "--json").json
    assert [row[attribute] for row in rows] == [value]


def test_an_invalid_region_is_a_usage_error(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    result = jebbitctl("integrations", "list", "--region", "EU")
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: --region 'EU' is not a region\nhint: use us or eu\n"
    assert sandbox.requests == []


def test_list_finds_an_integration_by_its_endpoint(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    endpoint = str(stored(sandbox)[webhook(sandbox)]["endpoint"])
    for spelling in (
        endpoint,
        endpoint.replace("https://hooks.example.com", "HTTPS://Hooks.Example.com:443"),
    ):
        result = jebbitctl("integrations", "list", "--endpoint", spelling, "-q", "[].id")
        assert result.json == [webhook(sandbox)]


def test_an_empty_list_succeeds(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("integrations", "list", "--endpoint", "https://nobody.example/")
    assert (result.code, result.out) == (0, "")
    assert "No integrations match" in result.err


def test_a_query_that_finds_a_text_prints_it_bare(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    assert jebbitctl("integrations", "list", "-q", "[0].id").out == next(iter(stored(sandbox))) + "\n"


def test_a_query_that_cannot_be_parsed_is_refused_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "list", "-q", "[0.")
    assert result.code == 2
    assert result.error["code"] == "usage"
    assert sandbox.requests == []


def test_a_query_that_fails_on_the_result_says_that_the_command_did_its_work(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    before = len(stored(sandbox))
    result = jebbitctl(
        "integrations", "create", "--endpoint", "https://new.example.com/", "-q", "length(nope)"
    )
    assert (result.code, len(stored(sandbox))) == (2, before + 1)
    assert "carried out" in result.error["hint"]


def test_get_shows_every_attribute_and_masks_the_secret(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "get", id_)
    shown = dict(line.split("\t") for line in result.out.splitlines())
    assert shown["id"] == id_
    assert shown["shared_secret"] == "********"
    assert "additional_options.hash_pii" in shown


def test_the_secret_is_shown_when_it_is_asked_for(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    secret = stored(sandbox)[id_]["shared_secret"]
    assert jebbitctl("integrations", "secret", id_).out == f"{secret}\n"
    assert jebbitctl("integrations", "secret", id_, "--json").json == {"id": id_, "shared_secret": secret}
    shown = jebbitctl("integrations", "get", id_, "--show-secret", "--json").json
    assert shown["shared_secret"] == secret
    assert str(secret) in jebbitctl("integrations", "list", "--show-secret").out


def test_a_response_without_a_secret_is_an_error(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    del stored(sandbox)[webhook(sandbox)]["shared_secret"]
    result = jebbitctl("integrations", "secret", webhook(sandbox))
    assert (result.code, result.out) == (1, "")
    assert "contains no shared secret" in result.err


def test_an_unknown_id_is_not_found(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("integrations", "get", "nowhere1", "--json")
    assert (result.code, result.out) == (3, "")
    assert result.error["code"] == "not_found"
    assert result.error["status"] == 404


@pytest.mark.parametrize(
    ("verb", "id_"),
    [
        *(("get", id_) for id_ in ("..", "a/b", "a?x", "", ".", "a b")),
        *((verb, "..") for verb in ("secret", "test", "delete")),
    ],
)
def test_a_malformed_id_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, verb: str, id_: str
) -> None:
    result = jebbitctl("integrations", verb, id_, *(["--yes"] if verb == "delete" else []))
    assert result.code == 2
    assert not any(request.path.startswith("/api") for request in sandbox.requests)


def test_test_makes_jebbit_deliver_and_shows_each_body_decoded(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    attributes = stored(sandbox)[id_]
    deliveries: list[Delivery] = []
    with Receiver(str(attributes["shared_secret"]), deliveries.append) as receiver:
        attributes["endpoint"] = receiver.url
        document = jebbitctl("integrations", "test", id_, "--json").json
    assert document["id"] == id_
    assert document["deliveries"][0]["data"]["email"] == "test@example.com"
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test


def test_delete_asks_and_without_a_terminal_changes_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "delete", id_, "--json")
    assert result.code == 2
    assert result.error["code"] == "input_required"
    assert "--yes" in result.error["hint"]
    assert id_ in stored(sandbox)


def test_delete_with_yes_deletes(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    assert jebbitctl("integrations", "delete", id_, "-y", "--json").json == {"id": id_, "deleted": True}
    assert id_ not in stored(sandbox)


def test_without_the_scope_a_write_is_a_permission_error_that_names_it(cli: Cli, sandbox: Sandbox) -> None:
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    assert cli.run("integrations", "list", env=reader).code == 0
    result = cli.run("integrations", "delete", webhook(sandbox), "-y", "--json", env=reader)
    assert result.code == 4
    assert "write:integration" in result.error["message"]
    assert "new token" in result.error["hint"]


def test_strings_of_the_service_never_reach_a_pipe_as_escape_sequences(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    evil = "https://x/\x1b[2J[red]\u202e\x9b\t\n"
    stored(sandbox)[webhook(sandbox)]["endpoint"] = evil
    plain = jebbitctl("integrations", "list").out
    assert r"https://x/\x1b[2J[red]\u202e\x9b\t\n" in plain
    whole = jebbitctl("integrations", "list", "--json")
    assert not {"\x1b", "\u202e", "\x9b"} & set(whole.out)
    assert evil in [row["endpoint"] for row in whole.json]
