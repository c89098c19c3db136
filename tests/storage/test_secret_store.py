from __future__ import annotations

import base64
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.backends import BROKEN, WORKING
from tests.machine import MachineOfProcesses, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    # without a session bus, so that no test finds the keyring of whoever runs it
    env: dict[str, str] = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    return MachineOfProcesses(tmp_path, env, [sandbox.state.client_secret])


def install_plugin(machine: Machine, name: str, module: str) -> None:
    info = machine.modules / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[keyring.backends]\nx = {module}\n")


def assert_refused(machine: Machine, sandbox: Sandbox, backend: str | None, said: str) -> None:
    """Nothing is sent, nothing is kept, and the error is one line of ours and a hint."""
    before = len(sandbox.requests)
    result = machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": backend})
    assert result.code == 4
    assert result.out == ""
    error, hint = result.err.splitlines()
    assert error.startswith("error: ")
    assert said in error
    assert "JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET" in hint
    assert paths(sandbox, before) == []
    assert not (machine.config / "config.toml").exists()
    assert_no_file_holds_the_secret(machine, sandbox)


def assert_no_file_holds_the_secret(machine: Machine, sandbox: Sandbox) -> None:
    """Neither as it is nor in Base64, as keyrings.alt writes it; the test's own keyring aside."""
    secret = sandbox.state.client_secret.encode()
    for path in machine.home.rglob("*"):
        if path.is_file() and path.name != "keyring.json":
            content = b"".join(path.read_bytes().split())
            assert secret not in content
            assert base64.b64encode(secret) not in content


@pytest.mark.keeps("client", "keyring_pass.cfg")
def test_the_plaintext_keyring_would_have_written_the_secret_to_a_file(
    machine: Machine, sandbox: Sandbox
) -> None:
    """Why it is refused; and that the search above would find it."""
    script = "import sys, keyrings.alt.file as f; f.PlaintextKeyring().set_password('a', 'b', sys.argv[1])"
    command = [sys.executable, "-c", script, sandbox.state.client_secret]
    subprocess.run(command, env=machine.environment(), check=True)
    with pytest.raises(AssertionError):
        assert_no_file_holds_the_secret(machine, sandbox)


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.fail.Keyring", "no keyring that keeps secrets"),
        ("keyring.backends.null.Keyring", "no keyring that keeps secrets"),
        ("keyrings.alt.file.PlaintextKeyring", "no keyring that keeps secrets (keyrings.alt.file.Plain"),
        ("keyring.backends.chainer.ChainerBackend", "no keyring that keeps secrets"),
        (None, "no keyring that keeps secrets (keyrings.alt.file.PlaintextKeyring)"),
        ("no.such.module", "ModuleNotFoundError"),
        ("keyring.backends.null.NoSuchClass", "AttributeError"),
        ("", "ValueError"),
        (f"{BROKEN}.LockedKeyring", "KeyringLocked"),
        (f"{BROKEN}.FreshHomeKeyring", "InitError"),
        (f"{BROKEN}.DeadSocketKeyring", "FileNotFoundError"),
        (f"{BROKEN}.NotHereKeyring", "RuntimeError"),
    ],
)
def test_a_keyring_that_is_unsafe_or_out_of_reach_is_refused(
    machine: Machine, sandbox: Sandbox, backend: str | None, said: str
) -> None:
    assert_refused(machine, sandbox, backend, said)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (None, "RuntimeError"),
        ("unix:path=/nonexistent", "FileNotFoundError"),
        ("unix:path=dead", "RuntimeError"),  # where a bus was, and nobody listens any more
    ],
)
def test_a_forced_secret_service_without_a_bus_is_refused(
    machine: Machine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, address: str | None, said: str
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    machine.env.pop("DBUS_SESSION_BUS_ADDRESS")
    if address:
        machine.env["DBUS_SESSION_BUS_ADDRESS"] = address.replace("dead", f"{machine.home}/dead")
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(machine.home / "dead"))
    assert_refused(machine, sandbox, "keyring.backends.SecretService.Keyring", said)


def test_the_null_keyring_of_a_configuration_file_is_refused(machine: Machine, sandbox: Sandbox) -> None:
    config = machine.home / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    assert_refused(machine, sandbox, None, "no keyring that keeps secrets (keyring.backends.null.Keyring)")


def test_a_safe_keyring_in_a_chain_with_unsafe_ones_is_used(machine: Machine, sandbox: Sandbox) -> None:
    install_plugin(machine, "ours", WORKING)
    assert machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": None}).code == 0
    assert list(machine.kept.values()) == [sandbox.state.client_secret]
    assert_no_file_holds_the_secret(machine, sandbox)


def test_a_broken_plugin_of_the_keyring_library_is_not_told_about(machine: Machine, sandbox: Sandbox) -> None:
    install_plugin(machine, "broken", "no_such_module")
    install_plugin(machine, "ours", WORKING)
    result = machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": None})
    assert result.code == 0
    assert "no_such_module" not in result.err


def test_a_keyring_that_hangs_is_given_three_seconds(machine: Machine, sandbox: Sandbox) -> None:
    started = time.monotonic()
    assert_refused(machine, sandbox, f"{BROKEN}.HangingKeyring", "did not answer within 3 s")
    assert time.monotonic() - started < 20


def test_a_keyring_that_does_not_give_back_what_it_took_is_found_out(
    machine: Machine, sandbox: Sandbox
) -> None:
    result = machine.login(sandbox, "--json", env={"PYTHON_KEYRING_BACKEND": f"{BROKEN}.ForgetfulKeyring"})
    assert result.code == 4
    assert "does not give it back" in result.error["message"]
    assert not (machine.config / "config.toml").exists()


def test_a_secret_that_is_gone_or_out_of_reach_is_one_clean_error(machine: Machine, sandbox: Sandbox) -> None:
    assert machine.login(sandbox).code == 0
    (token,) = machine.tokens
    token.unlink()
    locked = machine.run("whoami", "--json", env={"PYTHON_KEYRING_BACKEND": f"{BROKEN}.LockedKeyring"})
    assert (locked.code, locked.error["code"]) == (4, "keyring")
    (machine.home / "keyring.json").unlink()
    gone = machine.run("whoami", "--json")
    assert gone.code == 4
    assert "jebbitctl login --profile default" in gone.error["hint"]
