from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.isolated_home import IsolatedHome, paths, rejecting_every_token, token_requests

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path, dict(sandbox.environment), [sandbox.state.client_secret])


def edit_cached_token(machine: IsolatedHome, **changes: Any) -> None:
    """Change members of the only cached token's entry."""
    (path,) = machine.tokens
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_rejected_token_is_replaced_once_and_the_command_succeeds(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.run("token")
    sandbox.state.revoke_tokens()
    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self", "/oauth/token", "/api/v1/self"]
    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self"]


def test_a_command_fails_if_the_new_token_is_rejected_too(tmp_path: Path) -> None:
    with Sandbox(wrap=rejecting_every_token) as strict:
        machine = IsolatedHome(tmp_path, dict(strict.environment))
        assert machine.run("token").code == 0
        assert machine.run("whoami").code == 4
        assert paths(strict) == ["/oauth/token", "/api/v1/self", "/oauth/token", "/api/v1/self"]


def test_a_token_that_the_command_requested_itself_is_not_replaced(tmp_path: Path) -> None:
    with Sandbox(wrap=rejecting_every_token) as strict:
        machine = IsolatedHome(tmp_path, dict(strict.environment))
        assert machine.run("whoami").code == 4
        assert paths(strict) == ["/oauth/token", "/api/v1/self"]


def test_a_rejected_token_is_removed_even_if_there_is_no_new_one(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.run("token")
    sandbox.state.revoke_tokens()
    sandbox.state.rotate_secret()
    assert machine.run("whoami").code == 4
    assert machine.tokens == []


def test_a_new_token_is_requested_after_the_clock_was_set_back(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.run("token")
    edit_cached_token(machine, issued_at=time.time() + 3600, expires_at=time.time() + 90000)
    assert machine.run("token").code == 0
    assert token_requests(sandbox) == 2
    machine.run("token")
    assert token_requests(sandbox) == 2


def test_a_token_that_expires_soon_is_replaced(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.run("token")
    edit_cached_token(machine, issued_at=time.time() - 95, expires_at=time.time() + 5)
    machine.run("token")
    assert token_requests(sandbox) == 2


def test_a_truncated_cache_file_is_ignored_and_replaced(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.run("token")
    (path,) = machine.tokens
    path.write_bytes(path.read_bytes()[:40])
    assert machine.run("token").code == 0
    machine.run("token")
    assert token_requests(sandbox) == 2


def test_a_rotated_secret_has_a_token_of_its_own(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.run("token")
    new = sandbox.state.rotate_secret()
    assert machine.run("token", env={"JEBBIT_CLIENT_SECRET": new}).code == 0
    assert token_requests(sandbox) == 2
    assert len(machine.tokens) == 2


def test_two_issuers_never_share_a_token(machine: IsolatedHome) -> None:
    with Sandbox() as other:
        other.state.client_id, other.state.client_secret = (
            machine.env["JEBBIT_CLIENT_ID"],
            machine.env["JEBBIT_CLIENT_SECRET"],
        )
        first = machine.run("token").out
        second = machine.run("token", env={"JEBBIT_AUTH_ISSUER": other.url}).out
        assert token_requests(other) == 1
    assert first != second


@pytest.mark.parametrize("missing", ["JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET"])
def test_a_client_id_without_its_secret_is_an_error_and_so_is_the_reverse(
    machine: IsolatedHome, missing: str
) -> None:
    result = machine.run("whoami", "--json", env={missing: None})
    assert result.code == 4
    assert missing in result.error["message"]


def test_a_trailing_line_break_is_not_part_of_a_credential(machine: IsolatedHome) -> None:
    credentials = {name: value + "\n" for name, value in machine.env.items() if "CLIENT" in name}
    assert machine.run("whoami", env=credentials).code == 0
    assert machine.run("whoami", env={"JEBBIT_CLIENT_SECRET": "a\nb"}).code == 4


def test_the_secret_may_be_in_a_file_and_whoami_says_so(
    machine: IsolatedHome, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "keyring.json"
    path.write_text(f"{sandbox.state.client_secret}\n")
    env = {"JEBBIT_CLIENT_SECRET": None, "JEBBIT_CLIENT_SECRET_FILE": str(path)}
    source = "environment (JEBBIT_CLIENT_SECRET_FILE)"
    assert machine.run("whoami", "-q", "credentials_source", env=env).out == f"{source}\n"
    assert source in machine.run("doctor", env=env).out
    missing = machine.run("doctor", "--json", env={**env, "JEBBIT_CLIENT_ID": None})
    (check,) = [check for check in missing.json["checks"] if check["name"] == "environment"]
    assert check["detail"] == "JEBBIT_CLIENT_SECRET_FILE is set, but JEBBIT_CLIENT_ID is not"
    both = machine.run("whoami", "--json", env={"JEBBIT_CLIENT_SECRET_FILE": str(path)})
    assert (both.code, both.error["hint"]) == (2, "unset one of them")


def test_the_hint_on_rejected_credentials_names_quotes_and_spaces_around_them(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    for value, problem in (
        (f'"{sandbox.state.client_secret}"', "begins and ends with a quotation mark"),
        ("x ", "ends with a space"),
    ):
        hint = machine.run("whoami", "--json", env={"JEBBIT_CLIENT_SECRET": value}).error["hint"]
        assert hint.startswith(f"the client secret {problem}: remove ")
        assert hint.endswith("or unset both to use a profile")
    sandbox.state.client_secret = '"quoted"'
    assert machine.run("whoami", env={"JEBBIT_CLIENT_SECRET": '"quoted"'}).code == 0, "nothing is refused"
    hint = machine.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": '"token"'}).error["hint"]
    assert hint.startswith("JEBBIT_ACCESS_TOKEN begins and ends with a quotation mark")


def test_without_credentials_the_hint_names_login_and_the_variables(tmp_path: Path) -> None:
    result = IsolatedHome(tmp_path).run("whoami", "--json")
    assert result.code == 4
    assert "jebbitctl login" in result.error["hint"]
    assert "JEBBIT_CLIENT_ID" in result.error["hint"]
