"""However a login ends, the keyring holds no secret that nothing knows of."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.login_notes import LoginNotes
from tests.backends import BROKEN
from tests.crash_injection import crash_at_each_step
from tests.isolated_home import IsolatedHome, stored_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return home_at(tmp_path / "home", sandbox)


def home_at(path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(path, dict(sandbox.environment), [sandbox.state.client_secret])


def backend(name: str, **variables: str) -> dict[str, str]:
    return {"PYTHON_KEYRING_BACKEND": f"{BROKEN}.{name}", **variables}


def notes(machine: IsolatedHome) -> list[Path]:
    return list(machine.config.glob("login-*"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_keyring_stores_the_secret_leaves_nothing(
    machine: IsolatedHome, sent: signal.Signals
) -> None:
    result = machine.run("login", env=backend("InterruptingKeyring", TEST_KEYRING_SIGNAL=str(int(sent))))
    assert (result.code, result.out) == (128 + sent, "")
    assert [call.split()[0] for call in machine.calls][-2:] == ["get", "delete"]
    assert (machine.stored_secrets, notes(machine)) == ({}, [])
    assert not (machine.config / "config.toml").exists()


def test_a_signal_during_a_second_login_keeps_the_first(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.run("login").code == 0
    before = machine.stored_secrets, stored_profiles(machine)
    env = backend("InterruptingKeyring", TEST_KEYRING_SIGNAL=str(int(signal.SIGINT)))
    other = f"{sandbox.state.client_id}-readonly"
    assert machine.login(sandbox, "--yes", client_id=other, env=env).code == 130
    assert (machine.stored_secrets, stored_profiles(machine), notes(machine)) == (*before, [])


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> IsolatedHome:
    """A home whose first login was killed when its secret was in the keyring."""
    machine = home_at(tmp_path_factory.mktemp("killed"), sandbox)
    assert machine.run_process("login", "--profile", "a", env=backend("CrashingKeyring")).code == 9
    return machine


@pytest.mark.parametrize("command", ["logout -y", "logout -y --all", "login --profile b"])
def test_the_secret_of_a_killed_login_is_removed_by_the_next_login_or_logout(
    killed: IsolatedHome, tmp_path: Path, command: str
) -> None:
    machine = killed.copy(tmp_path)
    assert len(machine.stored_secrets) == len(notes(machine)) == 1
    result = machine.run(*command.split())
    assert result.code == 0
    noted = "Removed from the keyring what an interrupted login had left: a " in result.err
    assert noted == command.startswith("logout")
    assert notes(machine) == []
    left = [name.removeprefix("jebbitctl/")[0] for name in machine.stored_secrets]
    assert left == (["b"] if command.startswith("login") else [])


def test_doctor_finds_the_secret_of_a_killed_login(killed: IsolatedHome, tmp_path: Path) -> None:
    machine = killed.copy(tmp_path)
    check = machine.run("doctor", "-q", "checks[?name=='keyring'] | [0]").json
    assert check["ok"] is False
    assert check["detail"].startswith("an interrupted login has left a secret in the keyring: a ")
    assert len(machine.stored_secrets) == len(notes(machine)) == 1


def test_the_secret_of_a_killed_second_login_is_kept_as_its_profile_uses_it(machine: IsolatedHome) -> None:
    assert machine.run("login").code == 0
    before = machine.stored_secrets
    assert machine.run_process("login", env=backend("CrashingKeyring")).code == 9
    assert machine.run("login", "--profile", "b").code == 0
    assert notes(machine) == []
    assert before.items() < machine.stored_secrets.items()


def test_a_secret_that_cannot_be_removed_stays_noted_until_it_can(machine: IsolatedHome) -> None:
    (machine.config / "config.lock").mkdir(parents=True, mode=0o700)
    stuck = backend("StuckKeyring", TEST_KEYRING_STUCK="default")
    assert machine.run("login", env=stuck).code == 2
    assert len(machine.stored_secrets) == len(notes(machine)) == 1
    result = machine.run("logout", "-y", "--all", "--json", env=stuck)
    assert (result.code, result.out) == (4, "")
    assert result.error["message"].startswith("not removed: the secret of an interrupted login (could not")
    assert machine.run("logout", "-y", "--all", "--json").json == {"logged_out": []}
    assert (machine.stored_secrets, notes(machine)) == ({}, [])


def test_a_keyring_that_fails_to_store_leaves_a_note_as_it_may_store_later(machine: IsolatedHome) -> None:
    assert machine.run("login", env=backend("ForgetfulKeyring")).code == 4
    assert len(notes(machine)) == 1
    assert machine.run("logout", "-y").err.startswith("Not logged in.\n")
    assert notes(machine) == []


def test_a_note_of_a_running_login_is_left_alone(tmp_path: Path) -> None:
    here = LoginNotes(tmp_path / "config")
    with here.note(["a"]) as first, here.note(["b"]) as second:
        assert here.interrupted() == []
        assert here.in_use(besides=first) == {"b"}
        second.remove()
        assert here.in_use(besides=first) == set()
    (found,) = here.interrupted()
    assert found == first
    found.remove()
    found.remove()
    assert here.interrupted() == []


@pytest.mark.parametrize("content", ["{", "[1]", "1", "[" * 10000])
def test_a_file_that_is_no_note_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "login-x.pending").write_text(content)
    (tmp_path / "login-empty.pending").touch()
    os.mkfifo(tmp_path / "login-pipe.pending")
    assert LoginNotes(tmp_path).interrupted() == []


def test_the_notes_of_a_directory_that_others_can_write_to_are_ignored(tmp_path: Path) -> None:
    with LoginNotes(tmp_path).note(["a"]):
        pass
    assert len(LoginNotes(tmp_path).interrupted()) == 1
    tmp_path.chmod(0o777)
    assert LoginNotes(tmp_path).interrupted() == []


def test_a_note_that_another_user_may_have_made_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would make the next login remove secrets from the keyring."""
    with LoginNotes(tmp_path).note(["a"]) as note:
        pass
    tmp_path.chmod(0o1777)
    assert len(LoginNotes(tmp_path).interrupted()) == 1
    note.path.chmod(0o640)
    assert LoginNotes(tmp_path).interrupted() == []
    note.path.chmod(0o600)
    os.chown(note.path, 65534, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert LoginNotes(tmp_path).interrupted() == []


@pytest.mark.long
@pytest.mark.parametrize("client", ["same", "other"])
def test_a_crash_at_any_step_of_a_login_leaves_no_secret_after_logout_all(
    tmp_path: Path, sandbox: Sandbox, machine: IsolatedHome, client: str
) -> None:
    assert machine.run("login").code == 0
    if client == "other":
        machine.env["JEBBIT_CLIENT_ID"] += "-readonly"
    homes = crash_at_each_step(machine, tmp_path / "homes", "login", "--yes")
    left = 0
    for path in homes:
        home = home_at(path, sandbox)
        left += len(home.stored_secrets) > 1 or bool(notes(home))
        assert home.run("logout", "-y", "--all").code == 0
        assert home.stored_secrets == {}
        assert all(note.stat().st_size == 0 for note in notes(home)), "killed before it stored anything"
    assert left, "no crash happened between the two stores"
