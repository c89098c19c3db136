from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from tests.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    return Machine(tmp_path, secrets=[sandbox.state.client_secret])


def profiles(machine: Machine) -> Any:
    return tomllib.loads((machine.config / "config.toml").read_text())["profiles"]


def test_a_wrong_secret_leaves_an_earlier_login_as_it_was(machine: Machine, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    kept, profile, tokens = machine.kept, profiles(machine), machine.tokens
    assert machine.login(sandbox, stdin="wrong-secret").code == 4
    assert (machine.kept, profiles(machine), machine.tokens) == (kept, profile, tokens)
    assert machine.run("whoami").code == 0


def test_another_client_does_not_inherit_the_business_of_the_last_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with Sandbox(Options(businesses=2)) as first, Sandbox() as second:
        machine.login(first, "--business", list(first.state.businesses)[1])
        assert machine.login(second).code == 0
    assert "business" not in profiles(machine)["default"]


def test_a_new_secret_replaces_the_old_one_and_its_token(machine: Machine, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    before = machine.tokens
    new = sandbox.state.rotate_secret()
    assert machine.login(sandbox).code == 0
    assert list(machine.kept.values()) == [new]
    assert len(machine.tokens) == 1
    assert machine.tokens != before


def test_another_client_in_a_profile_removes_the_secret_of_the_last_one(
    machine: Machine, sandbox: Sandbox
) -> None:
    machine.login(sandbox)
    other = f"{sandbox.state.client_id}-readonly"
    assert machine.login(sandbox, client_id=other).code == 0
    assert [account.split()[1] for account in machine.kept] == [other]
    assert len(machine.tokens) == 1


def test_two_profiles_share_neither_secret_nor_token(machine: Machine, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    result = machine.login(sandbox, "--profile", "staging", "--environment", "staging")
    assert "profiles use staging" in result.err
    assert len(machine.kept) == 2
    assert len(machine.tokens) == 2
    assert profiles(machine)["staging"]["environment"] == "staging"
    assert machine.run("whoami", "-q", "profile").out == "default\n"


def test_two_logins_at_once_keep_both_profiles(machine: Machine, sandbox: Sandbox) -> None:
    machine.env |= sandbox.environment
    names = [f"p{number}" for number in range(4)]
    started = [machine.start("login", "--profile", name) for name in names]
    for process in started:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert sorted(profiles(machine)) == names


def test_a_secret_is_not_left_in_the_keyring_when_the_profile_cannot_be_written(
    machine: Machine, sandbox: Sandbox
) -> None:
    (machine.config / "config.lock").mkdir(parents=True)
    result = machine.login(sandbox, "--json")
    assert result.code == 2
    assert "cannot be written" in result.error["message"]
    assert machine.kept == {}
    assert machine.tokens == []
