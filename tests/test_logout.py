from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.ids_cache import IdsCache
from tests.backends import BROKEN
from tests.machine import Machine, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Result


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Machine:
    """A computer with the profiles default, a and b."""
    machine = Machine(tmp_path_factory.mktemp("home"), secrets=[sandbox.state.client_secret])
    for name in ("default", "a", "b"):
        assert machine.login(sandbox, "--profile", name).code == 0
    return machine


@pytest.fixture
def machine(logged_in: Machine, tmp_path: Path) -> Machine:
    return logged_in.copy(tmp_path)


def profiles(machine: Machine) -> list[str]:
    return machine.run("profiles", "list").out.splitlines()


def stuck(machine: Machine, name: str, *args: str) -> Result:
    env = {"PYTHON_KEYRING_BACKEND": f"{BROKEN}.StuckKeyring", "TEST_KEYRING_STUCK": name}
    return machine.run("logout", *args, "--json", env=env)


def test_it_forgets_the_secret_the_token_and_the_profile(machine: Machine, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    result = machine.run("logout", "--json")
    assert result.code == 0
    assert result.json == {"logged_out": ["default"]}
    assert [account.removeprefix("jebbitctl/").split()[0] for account in machine.kept] == ["a", "b"]
    assert len(machine.tokens) == 2
    assert "[profiles.default]" not in (machine.config / "config.toml").read_text()
    assert paths(sandbox, before) == []


@pytest.mark.parametrize("env", [{}, {"JEBBIT_PROFILE": "b"}], ids=["option", "variable"])
def test_a_profile_can_be_named(machine: Machine, env: dict[str, str]) -> None:
    args = [] if env else ["--profile", "b"]
    assert machine.run("logout", *args, env=env).code == 0
    assert [line.split("\t")[0] for line in profiles(machine)] == ["default", "a"]


def test_an_unknown_profile_is_wrong_usage(machine: Machine) -> None:
    result = machine.run("logout", "--profile", "nobody")
    assert result.code == 2
    assert "nobody" in result.err
    assert len(machine.kept) == 3


def test_all_leaves_no_secret_no_token_and_no_profile(machine: Machine, sandbox: Sandbox) -> None:
    assert machine.run("token", env=sandbox.environment).code == 0
    assert len(machine.tokens) == 4
    result = machine.run("logout", "--all", "--json")
    assert result.json == {"logged_out": ["default", "a", "b"]}
    assert machine.kept == {}
    assert machine.tokens == []
    assert profiles(machine) == []
    assert "not logged in" in machine.run("whoami").err


def test_all_and_a_profile_exclude_each_other(machine: Machine) -> None:
    assert machine.run("logout", "--all", "--profile", "a").code == 2
    assert len(machine.kept) == 3


def test_one_that_fails_halfway_says_what_remains_and_can_be_repeated(machine: Machine) -> None:
    result = stuck(machine, "a", "--all")
    assert result.code == 4
    assert result.out == ""
    assert "not removed: a, b" in result.error["message"]
    assert "removed: default" in result.error["message"]
    assert [line.split("\t")[0] for line in profiles(machine)] == ["a", "b"]
    assert len(machine.kept) == 2
    assert machine.run("logout", "--all").code == 0
    assert machine.kept == {}


def test_a_token_that_cannot_be_removed_is_an_error(machine: Machine) -> None:
    machine.tokens[0].unlink()
    for path in machine.tokens:
        path.unlink()
        path.mkdir()
    result = machine.run("logout", "--all", "--json")
    assert result.code == 1
    assert "cannot be removed" in result.error["message"]


def test_nobody_logged_in_is_no_error(bare_machine: Machine) -> None:
    assert bare_machine.run("logout").code == 0
    assert bare_machine.run("logout", "--all", "--json").json == {"logged_out": []}
    assert bare_machine.calls == []


@pytest.fixture
def bare_machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_tab_offered_is_forgotten_too(machine: Machine) -> None:
    for args in (["logout", "--profile", "a"], ["profiles", "remove", "b", "-y"], ["logout", "--all"]):
        IdsCache(machine.config).put("key", [("L5m24mjs", "https://example.com/jebbit")])
        assert machine.run(*args).code == 0
        assert list((machine.config / "completion").iterdir()) == []


def test_it_says_which_profile_is_the_default_now(machine: Machine) -> None:
    assert "The default profile is a now." in machine.run("logout").err
    assert "default" not in machine.run("logout", "--profile", "b").err
    assert machine.run("logout").err == "Logged out: a.\n"
