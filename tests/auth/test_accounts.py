from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.isolated_home import IsolatedHome, stored_profiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path, secrets=[sandbox.state.client_secret])


def test_a_wrong_secret_leaves_an_earlier_login_unchanged(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    before = machine.stored_secrets, stored_profiles(machine), machine.tokens
    assert machine.login(sandbox, stdin="wrong-secret").code == 4
    assert (machine.stored_secrets, stored_profiles(machine), machine.tokens) == before
    assert machine.run("whoami").code == 0


def test_another_client_does_not_inherit_the_business_of_the_previous_one(tmp_path: Path) -> None:
    machine = IsolatedHome(tmp_path)
    with Sandbox(SandboxOptions(businesses=2)) as first, Sandbox() as second:
        machine.login(first, "--business", list(first.state.businesses)[1])
        assert machine.login(second, "--yes").code == 0
    assert "business" not in stored_profiles(machine)["default"]


def test_a_new_secret_replaces_the_old_one_and_its_token(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    before = machine.tokens
    new = sandbox.state.rotate_secret()
    assert machine.login(sandbox).code == 0
    assert list(machine.stored_secrets.values()) == [new]
    assert len(machine.tokens) == 1
    assert machine.tokens != before


def test_another_client_in_a_profile_removes_the_secret_of_the_previous_one(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.login(sandbox)
    other = f"{sandbox.state.client_id}-readonly"
    assert machine.login(sandbox, "--yes", client_id=other).code == 0
    assert [account.split()[1] for account in machine.stored_secrets] == [other]
    assert len(machine.tokens) == 1


def test_two_profiles_share_neither_secret_nor_token(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.login(sandbox)
    result = machine.login(sandbox, "--profile", "staging", "--environment", "staging")
    assert "profiles use staging" in result.err
    assert len(machine.stored_secrets) == 2
    assert len(machine.tokens) == 2
    assert stored_profiles(machine)["staging"]["environment"] == "staging"
    assert machine.run("whoami", "-q", "profile").out == "default\n"


@pytest.mark.long
def test_concurrent_logins_save_every_profile(machine: IsolatedHome, sandbox: Sandbox) -> None:
    machine.env |= sandbox.environment
    names = [f"p{number}" for number in range(4)]
    started = [machine.start("login", "--profile", name) for name in names]
    for process in started:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert sorted(stored_profiles(machine)) == names


def test_no_secret_remains_in_the_keyring_if_the_profile_cannot_be_written(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    (machine.config / "config.lock").mkdir(parents=True)
    result = machine.login(sandbox, "--json")
    assert result.code == 2
    assert "cannot be written" in result.error["message"]
    assert machine.stored_secrets == {}
    assert machine.tokens == []
