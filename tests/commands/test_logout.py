from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.completion_cache import CompletionCache
from tests.backends import BROKEN
from tests.isolated_home import IsolatedHome, paths, wait_for_exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Result


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> IsolatedHome:
    """A home with the profiles default, a and b."""
    machine = IsolatedHome(tmp_path_factory.mktemp("home"), secrets=[sandbox.state.client_secret])
    for name in ("default", "a", "b"):
        assert machine.login(sandbox, "--profile", name).code == 0
    return machine


@pytest.fixture
def machine(logged_in: IsolatedHome, tmp_path: Path) -> IsolatedHome:
    return logged_in.copy(tmp_path)


def profile_names(machine: IsolatedHome) -> list[str]:
    return [line.split("\t")[0] for line in machine.run("profiles", "list").out.splitlines()]


def logout_with_stuck_secret(machine: IsolatedHome, name: str, *args: str) -> Result:
    """Log out while the keyring cannot delete the secret of a profile."""
    env = {"PYTHON_KEYRING_BACKEND": f"{BROKEN}.StuckKeyring", "TEST_KEYRING_STUCK": name}
    return machine.run("logout", "-y", *args, "--json", env=env)


def test_logout_removes_the_secret_the_token_and_the_profile(machine: IsolatedHome, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    result = machine.run("logout", "-y", "--json")
    assert result.code == 0
    assert result.json == {"logged_out": ["default"]}
    assert [account.removeprefix("jebbitctl/").split()[0] for account in machine.stored_secrets] == ["a", "b"]
    assert len(machine.tokens) == 2
    assert "[profiles.default]" not in (machine.config / "config.toml").read_text()
    assert paths(sandbox, before) == []


@pytest.mark.parametrize("env", [{}, {"JEBBIT_PROFILE": "b"}], ids=["option", "variable"])
def test_an_option_or_a_variable_names_the_profile(machine: IsolatedHome, env: dict[str, str]) -> None:
    args = [] if env else ["--profile", "b"]
    assert machine.run("logout", "-y", *args, env=env).code == 0
    assert profile_names(machine) == ["default", "a"]


def test_logout_warns_that_the_environments_credentials_remain(machine: IsolatedHome) -> None:
    for profile, name in (("a", "JEBBIT_CLIENT_ID"), ("b", "JEBBIT_ACCESS_TOKEN")):
        result = machine.run("logout", "-y", "--profile", profile, env={name: "x"})
        warning = f"warning: {name} is set: commands still use the credentials of the environment\n"
        assert (result.code, warning in result.err) == (0, True), result


def test_an_unknown_profile_is_a_usage_error(machine: IsolatedHome) -> None:
    result = machine.run("logout", "-y", "--profile", "nobody")
    assert result.code == 2
    assert "nobody" in result.err
    assert len(machine.stored_secrets) == 3


def test_all_removes_every_secret_token_and_profile(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.run("token", env=sandbox.environment).code == 0
    assert len(machine.tokens) == 4
    result = machine.run("logout", "-y", "--all", "--json")
    assert result.json == {"logged_out": ["default", "a", "b"]}
    assert machine.stored_secrets == {}
    assert machine.tokens == []
    assert profile_names(machine) == []
    assert "not logged in" in machine.run("whoami").err


def test_all_and_profile_are_mutually_exclusive(machine: IsolatedHome) -> None:
    assert machine.run("logout", "-y", "--all", "--profile", "a").code == 2
    assert len(machine.stored_secrets) == 3


def test_a_partial_failure_names_what_remains_and_can_be_retried(machine: IsolatedHome) -> None:
    result = logout_with_stuck_secret(machine, "a", "--all")
    assert result.code == 4
    assert result.out == ""
    assert "not removed: a, b" in result.error["message"]
    assert "removed: default" in result.error["message"]
    assert profile_names(machine) == ["a", "b"]
    assert len(machine.stored_secrets) == 2
    assert machine.run("logout", "-y", "--all").code == 0
    assert machine.stored_secrets == {}


def test_a_token_that_cannot_be_removed_is_an_error(machine: IsolatedHome) -> None:
    machine.tokens[0].unlink()
    for path in machine.tokens:
        path.unlink()
        path.mkdir()
    result = machine.run("logout", "-y", "--all", "--json")
    assert result.code == 1
    assert "cannot be removed" in result.error["message"]


def test_logging_out_without_a_login_is_not_an_error(tmp_path: Path) -> None:
    machine = IsolatedHome(tmp_path)
    assert machine.run("logout", "-y").code == 0
    assert machine.run("logout", "-y", "--all", "--json").json == {"logged_out": []}
    assert machine.calls == []


def test_cached_completions_are_removed(machine: IsolatedHome) -> None:
    for args in (
        ["logout", "-y", "--profile", "a"],
        ["profiles", "remove", "b", "-y"],
        ["logout", "-y", "--all"],
    ):
        CompletionCache(machine.config).put("key", [("L5m24mjs", "https://example.com/jebbit")])
        assert machine.run(*args).code == 0
        assert list((machine.config / "completion").iterdir()) == []


def test_logout_leaves_no_profile_active_and_the_next_command_says_which_there_are(
    machine: IsolatedHome,
) -> None:
    assert machine.run("logout", "-y").err == (
        "Logged out of default.\nNo profile is active. Choose one with jebbitctl profiles use NAME: a, b\n"
    )
    error = machine.run("whoami", "--json").error
    assert (error["code"], error["message"]) == ("credentials", "no profile is active")
    assert error["hint"] == "choose one with jebbitctl profiles use NAME, or --profile NAME: a, b"
    assert machine.run("logout").err.startswith("Not logged in.\nNo profile is active.")
    assert machine.run("whoami", "--profile", "b").code == 0
    assert machine.run("profiles", "use", "a").code == 0
    assert machine.run("whoami", "-q", "profile").out == "a\n"
    assert machine.run("logout", "-y", "--profile", "b").err == "Logged out of b.\n"


@pytest.mark.parametrize(("args", "named"), [([], "profile default"), (["--all"], "profiles default")])
def test_logout_asks_and_without_a_terminal_requires_yes(
    machine: IsolatedHome, args: list[str], named: str
) -> None:
    result = machine.run("logout", *args, "--json")
    assert (result.code, result.error["code"]) == (2, "input_required")
    assert "--yes" in result.error["hint"]
    terminal = machine.terminal("logout", *args)
    terminal.expect_exact(f"Log out of {named} (client id ")
    terminal.sendline("n")
    code, shown = wait_for_exit(terminal)
    assert code == 1
    assert "cancelled, nothing was changed" in shown
    assert len(machine.stored_secrets) == 3
