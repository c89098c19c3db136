from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolated_home import IsolatedHome, paths, stored_profiles, wait_for_exit
from tests.support import JEBBITCTL, mode

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path, secrets=[sandbox.state.client_secret])


def assert_nothing_is_stored(machine: IsolatedHome) -> None:
    assert machine.stored_secrets == {}
    assert not (machine.config / "config.toml").exists()
    assert machine.tokens == []


def test_the_secret_goes_to_the_keyring_and_the_rest_to_private_files(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    result = machine.login(sandbox, "--json")
    assert result.code == 0
    assert paths(sandbox) == ["/oauth/token", "/api/v1/self"]
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]
    profile = stored_profiles(machine)["default"]
    assert profile["client_id"] == sandbox.state.client_id
    assert (profile["api_url"], profile["auth_url"]) == (sandbox.url, sandbox.url)
    assert profile["environment"] == "production"
    assert [mode(machine.config / name) for name in (".", "tokens", "config.toml")] == [0o700, 0o700, 0o600]
    assert [mode(path) for path in machine.tokens] == [0o600]
    files = [path for path in machine.config.rglob("*") if path.is_file()]
    assert not any(sandbox.state.client_secret.encode() in path.read_bytes() for path in files)


def test_login_prints_the_same_as_whoami(machine: IsolatedHome, sandbox: Sandbox) -> None:
    printed = machine.login(sandbox, "--json").json
    before = len(sandbox.requests)
    assert printed == machine.run("whoami", "--json").json
    assert printed["credentials_source"] == "keyring (profile default)"
    assert paths(sandbox, before) == ["/api/v1/self"]


def test_the_next_command_makes_one_request_and_no_keyring_call(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    assert machine.login(sandbox).code == 0
    assert machine.calls
    (machine.home / "keyring.calls").unlink()
    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self"]
    assert machine.calls == []


def test_a_wrong_secret_stores_nothing(machine: IsolatedHome, sandbox: Sandbox) -> None:
    result = machine.login(sandbox, "--json", stdin="wrong-secret")
    assert result.code == 4
    assert result.out == ""
    assert result.error["status"] == 401
    assert "wrong-secret" not in result.err
    assert_nothing_is_stored(machine)


@pytest.mark.parametrize("args", [[], ["--client-id", "abc"], ["--client-id", "abc", "--no-input"]])
def test_without_a_terminal_the_hint_names_the_options(machine: IsolatedHome, args: list[str]) -> None:
    result = machine.run("login", *args, "--json", timeout=15)
    assert result.code == 2
    assert result.error["code"] == "input_required"
    assert "--client-id" in result.error["hint"]
    assert "--client-secret-stdin" in result.error["hint"]
    assert machine.calls == []


@pytest.mark.parametrize(
    "invalid",
    [
        ["--api-url", "http://api.example.com"],
        ["--auth-url", "http://auth.example.com"],
        ["--api-url", "api.example.com"],
        ["--api-url", ""],
        ["--environment", "test"],
        ["--profile", "not/a/name"],
        ["--profile", ""],
        ["--business", ""],
    ],
    ids=" ".join,
)
def test_an_invalid_setting_is_refused_before_any_prompt_or_request(
    machine: IsolatedHome, sandbox: Sandbox, invalid: list[str]
) -> None:
    urls = {"JEBBIT_API_BASE_URL": sandbox.url, "JEBBIT_AUTH_ISSUER": sandbox.url}
    args = ["login", "--client-id", sandbox.state.client_id, "--client-secret-stdin"]
    result = machine.run(*args, *invalid, "--json", stdin=sandbox.state.client_secret, env=urls)
    assert result.code == 2
    assert result.error["message"]
    assert paths(sandbox) == []
    assert machine.calls == []
    assert_nothing_is_stored(machine)


def test_plain_http_in_the_environment_is_refused_too(machine: IsolatedHome, sandbox: Sandbox) -> None:
    result = machine.run("login", "--json", env={"JEBBIT_AUTH_ISSUER": "http://auth.example.com"})
    assert result.code == 2
    assert "JEBBIT_AUTH_ISSUER" in result.error["message"]
    assert paths(sandbox) == []


def test_without_a_keyring_the_hint_names_the_variables_and_nothing_is_sent(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    result = machine.login(sandbox, "--json", env=env)
    assert result.code == 4
    assert result.error["code"] == "keyring"
    assert "JEBBIT_CLIENT_ID" in result.error["hint"]
    assert "JEBBIT_CLIENT_SECRET" in result.error["hint"]
    assert paths(sandbox) == []
    assert_nothing_is_stored(machine)


def test_a_config_directory_that_cannot_be_written_is_refused_before_any_request(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.config.write_text("a file where the directory should be")
    result = machine.login(sandbox, "--json")
    assert result.code == 2
    assert "JEBBIT_CONFIG_DIR" in result.error["hint"]
    assert paths(sandbox) == []
    assert machine.stored_secrets == {}


@pytest.mark.parametrize("home", ["", "relative/home"])
def test_without_a_home_the_hint_names_the_variable_to_set(
    machine: IsolatedHome, sandbox: Sandbox, home: str
) -> None:
    result = machine.login(sandbox, "--json", env={"HOME": home, "JEBBIT_CONFIG_DIR": None})
    assert result.code == 2
    assert "JEBBIT_CONFIG_DIR" in result.error["hint"]
    assert paths(sandbox) == []
    assert machine.stored_secrets == {}


def test_several_businesses_are_listed_and_none_is_chosen(tmp_path: Path, three_businesses: Sandbox) -> None:
    machine = IsolatedHome(tmp_path)
    document = machine.login(three_businesses, "--json").json
    assert document["id"] is None
    assert [business["id"] for business in document["businesses"]] == list(three_businesses.state.businesses)
    assert "business" not in stored_profiles(machine)["default"]


def test_a_business_that_the_only_one_does_not_match_is_refused(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    result = machine.login(sandbox, "--business", "Nobody12", "--json")
    assert (result.code, result.out) == (2, "")
    (only,) = sandbox.state.businesses.values()
    assert result.error["message"] == (
        f"the credentials do not cover business Nobody12 (--business); they cover {only.id} {only.name}"
    )
    assert_nothing_is_stored(machine)


@pytest.mark.parametrize("from_stdin", [True, False])
def test_the_hint_on_a_wrong_secret_says_where_the_secret_is_from(
    machine: IsolatedHome, sandbox: Sandbox, *, from_stdin: bool
) -> None:
    if from_stdin:
        result = machine.login(sandbox, "--json", stdin="wrong-secret")
        assert result.error["hint"] == "correct --client-id, or the secret on standard input"
    else:
        env = sandbox.environment | {"JEBBIT_CLIENT_SECRET": "wrong-secret"}
        result = machine.run("login", "--json", env=env)
        assert "the secret is from JEBBIT_CLIENT_SECRET" in result.error["hint"]
    assert "jebbitctl login" not in result.err


@pytest.mark.parametrize("grant_allowed", [True, False])
def test_an_audience_or_a_grant_that_is_not_allowed_is_told_from_a_wrong_secret(
    machine: IsolatedHome, sandbox: Sandbox, *, grant_allowed: bool
) -> None:
    sandbox.state.behaviour.grant_allowed = grant_allowed
    result = machine.login(sandbox, "--json", env={"JEBBIT_API_AUDIENCE": "other-api"})
    assert (result.code, result.error["code"], result.error["status"]) == (4, "forbidden", 403)
    assert ("for audience other-api" if grant_allowed else "Grant type is not allowed") in result.error[
        "message"
    ]
    assert "the secret is not the cause" in result.error["hint"]
    assert_nothing_is_stored(machine)


@pytest.mark.parametrize("answers", [("4", "x", "2"), ("",)], ids=["a number", "nothing"])
def test_a_terminal_offers_the_choice_of_a_business(
    tmp_path: Path, three_businesses: Sandbox, answers: tuple[str, ...]
) -> None:
    machine = IsolatedHome(tmp_path)
    second = list(three_businesses.state.businesses.values())[1]
    terminal = machine.terminal("login", env=three_businesses.environment)
    terminal.expect_exact("These credentials cover 3 businesses:")
    terminal.expect_exact(f"  2  {second.id}  {second.name}")
    for answer in answers:
        terminal.expect_exact("Default business, by number (Enter: none): ")
        terminal.sendline(answer)
    code, _ = wait_for_exit(terminal)
    assert code == 0
    assert stored_profiles(machine)["default"].get("business") == (second.id if "2" in answers else None)


def test_a_login_over_another_account_requires_yes_before_any_request(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    assert machine.login(sandbox).code == 0
    assert machine.login(sandbox).code == 0, "the same account needs no confirmation"
    before, requests = stored_profiles(machine), len(sandbox.requests)
    options = {"--client-id": sandbox.state.client_id, "--api-url": sandbox.url, "--auth-url": sandbox.url}
    for option in options:
        words = [word for pair in (options | {option: "http://localhost:9"}).items() for word in pair]
        result = machine.run("login", "--client-secret-stdin", *words, "--json", stdin="x" * 32)
        assert (result.code, result.error["code"]) == (2, "input_required")
        assert f"profile default is client id {sandbox.state.client_id} at" in result.error["hint"]
        assert "--yes" in result.error["hint"]
    assert f"issuer {sandbox.url}" in result.error["hint"]
    assert (stored_profiles(machine), len(sandbox.requests)) == (before, requests)


def test_a_business_is_verified_and_stored(tmp_path: Path, three_businesses: Sandbox) -> None:
    machine = IsolatedHome(tmp_path)
    second = list(three_businesses.state.businesses)[1]
    assert machine.login(three_businesses, "--business", "Nobody12").code == 2
    assert_nothing_is_stored(machine)
    assert machine.login(three_businesses, "--business", second, "--json").json["id"] == second
    assert machine.run("integrations", "list", "--json").code == 0
    assert three_businesses.requests[-1].headers["x-jebbit-business"] == second


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_trailing_line_break_is_not_part_of_the_secret(
    machine: IsolatedHome, sandbox: Sandbox, end: str
) -> None:
    assert machine.login(sandbox, stdin=sandbox.state.client_secret + end).code == 0
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]


@pytest.mark.parametrize("secret", ["", "\n", "ab\ncd", "ab\rcd", "ab\x00cd", "ab\x1b[31mcd", "\udcff"])
def test_an_invalid_secret_is_refused(machine: IsolatedHome, sandbox: Sandbox, secret: str) -> None:
    args = ["login", "--client-id", "abc", "--client-secret-stdin"]
    result = machine.run(*args, stdin=secret.encode("utf-8", "surrogateescape"))
    assert result.code == 4
    assert "client secret" in result.err
    assert paths(sandbox) == []
    assert machine.calls == []


def test_login_takes_the_credentials_of_the_environment_and_warns_that_they_override_the_profile(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.env |= sandbox.environment
    result = machine.run("login", "--debug")
    assert result.code == 0
    assert "JEBBIT_CLIENT_ID is set and overrides this profile" in result.err
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]


def test_the_environments_secret_is_not_used_for_another_client(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    result = machine.run("login", "--client-id", "another", env=sandbox.environment)
    assert result.code == 2
    assert paths(sandbox) == []


@pytest.mark.parametrize("name", ["JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET"])
def test_an_empty_credential_in_the_environment_is_an_error(
    machine: IsolatedHome, sandbox: Sandbox, name: str
) -> None:
    result = machine.login(sandbox, env={name: ""})
    assert result.code == 4
    assert name in result.err
    assert_nothing_is_stored(machine)


def test_an_invalid_profile_is_an_error_that_a_login_can_fix(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.config.mkdir()
    machine.config.chmod(0o755)
    (machine.config / "config.toml").write_text('# mine\n[profiles.default]\nenvironment = "prod"\n')
    result = machine.login(sandbox)
    assert result.code == 2
    assert "prod" in result.err
    assert machine.login(sandbox, "--environment", "staging").code == 0
    assert (machine.config / "config.toml").read_text().startswith("# mine\n")
    assert mode(machine.config) == 0o755, "a directory that was there is left as it is"


def test_a_closed_standard_input_is_an_error(machine: IsolatedHome) -> None:
    command = f"exec '{JEBBITCTL}' login --client-id x --client-secret-stdin <&-"
    code, shown = wait_for_exit(machine.terminal("sh", "-c", command))
    assert code == 2
    assert "--client-secret-stdin: standard input is closed" in shown


def test_an_empty_secret_on_standard_input_is_an_error(machine: IsolatedHome) -> None:
    result = machine.run("login", "--client-id", "abc", "--client-secret-stdin", "--json")
    assert result.error["message"] == "the client secret on standard input is empty"
    assert result.error["hint"] is None


def test_a_byte_order_mark_is_not_part_of_the_secret(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.login(sandbox, stdin="\ufeff" + sandbox.state.client_secret + "\r\n").code == 0
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]
