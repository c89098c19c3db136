from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def paths(sandbox: Sandbox) -> list[str]:
    return [request.path for request in sandbox.requests]


def test_json_has_the_keys_of_the_contract(cli: Cli, sandbox: Sandbox) -> None:
    document = cli.run("whoami", "--json").json
    business = next(iter(sandbox.state.businesses))
    assert list(document) == [
        "id",
        "name",
        "profile",
        "api_url",
        "client_id",
        "credentials_source",
        "token_expires_at",
        "scopes",
        "businesses",
    ]
    assert document["id"] == business
    assert document["businesses"] == [{"id": business, "name": document["name"]}]
    assert document["credentials_source"] == "environment"
    assert document["api_url"] == sandbox.url


def test_with_a_cached_token_it_makes_exactly_one_request(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("whoami").code == 0
    before = len(sandbox.requests)
    assert cli.run("whoami").code == 0
    assert paths(sandbox)[before:] == ["/api/v1/self"]


def test_twenty_commands_ask_for_one_token(cli: Cli, sandbox: Sandbox) -> None:
    for _ in range(10):
        assert cli.run("whoami").code == 0
        assert cli.run("integrations", "list").code == 0
    assert paths(sandbox).count("/oauth/token") == 1


def test_several_businesses_are_listed_and_none_is_assumed(cli_several: Cli) -> None:
    result = cli_several.run("whoami", "--json")
    assert result.code == 0
    assert result.json["id"] is None
    assert len(result.json["businesses"]) == 3
    assert all(business["name"] for business in result.json["businesses"])


def test_a_business_that_is_named_is_the_one_in_use(cli_several: Cli, several: Sandbox) -> None:
    second = list(several.state.businesses)[1]
    document = cli_several.run("whoami", "--business", second, "--json").json
    assert document["id"] == second
    assert len(document["businesses"]) == 3


def test_every_other_command_needs_one_business_named(cli_several: Cli, several: Sandbox) -> None:
    result = cli_several.run("integrations", "list", "--json")
    assert result.code == 2
    assert result.out == ""
    assert all(business in result.error["message"] for business in several.state.businesses)
    assert "--business" in result.error["hint"]
    assert not any(path.startswith("/api") for path in paths(several))
