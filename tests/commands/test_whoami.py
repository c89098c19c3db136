from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ("integrations list --business", False),
        ("integrations list", True),
        ("integrations diff jebbit.toml --business", False),
        ("api feeds --business", False),
        ("integrations create --endpoint https://a.example --business", False),
    ],
)
def test_a_business_can_be_named_by_its_name_wherever_an_id_is_taken(
    cli_several: Cli, three_businesses: Sandbox, monkeypatch: pytest.MonkeyPatch, line: str, *, variable: bool
) -> None:
    monkeypatch.chdir(cli_several.home)
    second = list(three_businesses.state.businesses.values())[1]
    section = '[businesses.{0}.integrations.x{0}]\nendpoint = "https://hooks.example.com/{0}"\n'
    (cli_several.home / "jebbit.toml").write_text(
        "version = 1\n" + "".join(map(section.format, three_businesses.state.businesses))
    )
    args = line.split() if variable else [*line.split(), second.name]
    result = cli_several.run(*args, env={"JEBBIT_BUSINESS_ID": second.name} if variable else {})
    assert "error" not in result.err or result.code == 6, result.err
    used = [seen for seen in three_businesses.requests if seen.path not in {"/oauth/token", "/api/v1/self"}]
    assert {seen.headers.get("x-jebbit-business") for seen in used} == {second.id}


def test_whoami_and_doctor_take_the_name_of_a_business(cli_several: Cli, three_businesses: Sandbox) -> None:
    second = list(three_businesses.state.businesses.values())[1]
    assert cli_several.run("whoami", "--business", second.name, "-q", "id").out == f"{second.id}\n"
    checks = cli_several.run("doctor", "--json", env={"JEBBIT_BUSINESS_ID": second.name}).json["checks"]
    (token,) = (check for check in checks if check["name"] == "token")
    assert f"business {second.id} {second.name}" in token["detail"]


def test_an_unknown_business_is_an_error_after_the_businesses_are_shown(cli_several: Cli) -> None:
    result = cli_several.run("whoami", "--business", "Boreal Beauty", "--json")
    assert (result.code, len(result.json["businesses"])) == (2, 3)
    assert result.error["hint"] == "did you mean Borealis Beauty?"
