from __future__ import annotations

from typing import TYPE_CHECKING

from tests.isolated_home import paths, token_requests

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def test_json_has_exactly_the_documented_keys(cli: Cli, sandbox: Sandbox) -> None:
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


def test_with_a_cached_token_it_sends_exactly_one_request(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("whoami").code == 0
    before = len(sandbox.requests)
    assert cli.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self"]


def test_twenty_commands_request_one_token(cli: Cli, sandbox: Sandbox) -> None:
    for _ in range(10):
        assert cli.run("whoami").code == 0
        assert cli.run("integrations", "list").code == 0
    assert token_requests(sandbox) == 1


def test_several_businesses_are_listed_and_none_is_chosen(cli_several: Cli) -> None:
    result = cli_several.run("whoami", "--json")
    assert result.code == 0
    assert result.json["id"] is None
    assert len(result.json["businesses"]) == 3
    assert all(business["name"] for business in result.json["businesses"])


def test_the_business_option_selects_a_business(cli_several: Cli, three_businesses: Sandbox) -> None:
    second = list(three_businesses.state.businesses)[1]
    document = cli_several.run("whoami", "--business", second, "--json").json
    assert document["id"] == second
    assert len(document["businesses"]) == 3


def test_every_other_command_requires_one_business(cli_several: Cli, three_businesses: Sandbox) -> None:
    result = cli_several.run("integrations", "list", "--json")
    assert result.code == 2
    assert result.out == ""
    assert all(business in result.error["message"] for business in three_businesses.state.businesses)
    assert "--business" in result.error["hint"]
    assert not any(path.startswith("/api") for path in paths(three_businesses))
