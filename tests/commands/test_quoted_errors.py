"""Errors quote the words of Jebbit in every format of its error responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.isolated_home import paths, token_requests
from tests.scripted_server import active, attributes_of, resource, scripted, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.behaviour import ErrorStyle
    from tests.support import Cli

BODY = ("api", "POST", "integrations", "-f", "data[type]=integrations", "-f", "data[attributes][region]=mars")
STYLES: list[tuple[ErrorStyle, str]] = [
    ("openapi", "Bad Request: "),
    ("jsonapi", "Bad Request: "),
    ("message", ""),
    ("rails", ""),
    ("text", ""),
]


@pytest.mark.parametrize(("style", "begin"), STYLES)
def test_jebbits_words_and_the_request_id_are_in_the_error(
    cli: Cli, sandbox: Sandbox, style: ErrorStyle, begin: str
) -> None:
    sandbox.state.behaviour.error_style = style
    error = cli.run(*BODY, "--json").error
    assert error["message"].startswith(f"Jebbit rejected POST /integrations (400: {begin}")
    assert "region must be us or eu" in error["message"]
    assert re.fullmatch("[0-9a-f-]{36}", error["request_id"])
    line = cli.run(*BODY, "--debug").err
    assert re.search(r"\) \(request id [0-9a-f-]{36}\)\n", line)
    assert re.search(r"← 400 .*, x-request-id [0-9a-f-]{36}, x-runtime [0-9.]+", line)


def test_an_error_that_names_another_resource_keeps_the_request_id(cli: Cli) -> None:
    create = ("mappings", "create", "--jebbit-var", "a", "--client-var", "b", "--integration", "nowhere1")
    error = cli.run(*create, "--json").error
    assert error["message"] == "integration nowhere1 not found"
    assert re.fullmatch("[0-9a-f-]{36}", error["request_id"])


def test_markup_of_a_proxy_is_not_shown(tmp_path: Path) -> None:
    with Sandbox(wrap=scripted(lambda *_: (502, "<html>Bad Gateway</html>"))) as sandbox:
        env = {**sandbox.environment, "JEBBIT_ACCESS_TOKEN": "opaque-token", "JEBBIT_CLIENT_ID": None}
        result = cli_for(tmp_path, sandbox).run("integrations", "delete", "L5m24mjs", "--yes", env=env)
    assert result.code == 5
    assert "html" not in result.err.lower()


def test_a_token_with_the_scope_in_another_claim_is_known_to_have_it(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.behaviour.scope_claim = "scope"
    token = cli.run("token").out.strip()
    account = cli.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": token}).json
    assert {"read:integration", "write:integration"} <= set(account["scopes"])


def test_a_missing_scope_is_named(cli: Cli, sandbox: Sandbox) -> None:
    write_only = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-writeonly"}
    error = cli.run("integrations", "list", "--json", env=write_only).error
    assert "; it requires read:integration; the token has write:" in error["message"]
    assert error["hint"] == (
        "ask your Jebbit representative for read:integration; then run the command again"
    )


def test_a_delete_scope_that_may_be_missing_is_named(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.behaviour.dialect = DIALECTS["openapi"]
    error = cli.run("integrations", "delete", active(sandbox), "--yes", "--json").error
    assert "; it may require delete:integration; the token has write:integration" in error["message"]


def test_a_scope_that_was_granted_since_takes_one_new_token(cli: Cli, sandbox: Sandbox) -> None:
    everything = list(sandbox.state.permissions)
    sandbox.state.permissions = [scope for scope in everything if not scope.startswith("write:")]
    delete = ("integrations", "delete", active(sandbox), "--yes")
    assert cli.run("whoami").code == 0
    assert cli.run(*delete).code == 4
    sandbox.state.permissions = everything
    assert cli.run(*delete).code == 0
    assert token_requests(sandbox) == 3


WRONG = "zzzzzzzz"
COMMANDS = [
    ("integrations", "list"),
    ("integrations", "create", "--endpoint", "https://hooks.example.com/new"),
    ("api", "POST", "integrations", "-f", "data[type]=integrations"),
    ("integrations", "export"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_business_that_the_credentials_do_not_cover_is_refused_before_any_other_request(
    cli: Cli, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    result = cli.run(*command, "--business", WRONG, "--json")
    (only,) = sandbox.state.businesses.values()
    assert (result.code, result.out) == (2, "")
    assert result.error["message"] == (
        f"the credentials do not cover business {WRONG} (--business); they cover {only.id} {only.name}"
    )
    assert paths(sandbox) == ["/oauth/token", "/api/v1/self"], "it is not a name, either"


def test_a_business_of_the_environment_or_of_a_manifest_is_refused_likewise(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert cli.run("integrations", "list", env={"JEBBIT_BUSINESS_ID": WRONG}).code == 2
    manifest = tmp_path / "jebbit.toml"
    section = '[businesses.{0}.integrations.{0}]\nendpoint = "https://hooks.example.com/a"\n'
    sections = [section.format(business) for business in (*sandbox.state.businesses, WRONG)]
    manifest.write_text("version = 1\n" + "".join(sections))
    result = cli.run("integrations", "apply", str(manifest), "--yes")
    assert result.code == 2
    assert f"do not cover business {WRONG}" in result.err
    assert set(paths(sandbox)) == {"/oauth/token", "/api/v1/self"}
    assert cli.run("integrations", "diff", str(manifest)).code == 2
    assert writes(sandbox) == []


def test_a_business_that_was_granted_since_takes_one_new_token(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("whoami").code == 0
    new = sandbox.state.add_business("New").id
    assert cli.run("integrations", "list", "--business", new).code == 0
    assert token_requests(sandbox) == 2
    assert sandbox.requests[-1].headers["x-jebbit-business"] == new


def opaque(answers: dict[str, Any]) -> Sandbox:
    """Return a sandbox that says nothing about its token, and answers these paths."""
    return Sandbox(SandboxOptions(), wrap=scripted(lambda _, path: answers.get(path)))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_business_that_does_not_answer_is_refused_if_the_token_does_not_tell(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    with opaque({"self": (200, resource("businesses", "bTUIhsye", name="Acme"))}) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        env = {"JEBBIT_ACCESS_TOKEN": "opaque-token"}
        result = cli.run(*command, "--business", WRONG, env=env)
        assert result.code == 2
        assert f"do not cover business {WRONG}; they cover bTUIhsye" in result.err
        assert (writes(sandbox), attributes_of(sandbox, "integrations")) == ([], {})
        shown = cli.run("whoami", "--business", WRONG, "--json", env=env)
        assert (shown.code, shown.json["id"]) == (2, "bTUIhsye")
        assert f"{WRONG} (--business)" in shown.error["message"]


def test_whoami_shows_the_business_that_answers_instead_of_the_named_one(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run("whoami", "--json", env={"JEBBIT_BUSINESS_ID": WRONG})
    (only,) = sandbox.state.businesses.values()
    assert (result.code, result.json["id"]) == (2, only.id)
    assert result.error["message"] == (
        f"the credentials do not cover business {WRONG} (JEBBIT_BUSINESS_ID); "
        f"they cover {only.id} {only.name}"
    )


def test_doctor_finds_the_business_that_is_not_covered(cli: Cli) -> None:
    checks = cli.run("doctor", "--json", env={"JEBBIT_BUSINESS_ID": WRONG}).json["checks"]
    (token,) = (check for check in checks if check["name"] == "token")
    assert not token["ok"]
    assert f"do not cover business {WRONG}" in token["detail"]


@pytest.mark.parametrize("name", ["JEBBIT_CLIENT_SECRET", "JEBBIT_ACCESS_TOKEN"])
def test_a_wrong_credential_of_the_environment_is_named(cli: Cli, name: str) -> None:
    error = cli.run("integrations", "list", "--json", env={name: "wrong-credential"}).error
    assert name in error["hint"]
    assert "jebbitctl login" not in error["hint"]
