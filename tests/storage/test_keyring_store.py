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
from tests.isolated_home import IsolatedHomeWithProcesses, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.isolated_home import IsolatedHome


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    # without a session bus, so that no test finds the developer's own keyring
    env: dict[str, str] = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    return IsolatedHomeWithProcesses(tmp_path, env, [sandbox.state.client_secret])


def install_plugin(machine: IsolatedHome, name: str, module: str) -> None:
    info = machine.modules / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[keyring.backends]\nx = {module}\n")


def assert_refused(machine: IsolatedHome, sandbox: Sandbox, backend: str | None, message: str) -> None:
    """Nothing is sent or stored, and stderr is an error with a hint."""
    before = len(sandbox.requests)
    result = machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": backend})
    assert result.code == 4
    assert result.out == ""
    error, hint = result.err.splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert "JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET" in hint
    assert paths(sandbox, before) == []
    assert not (machine.config / "config.toml").exists()
    assert_no_file_holds_the_secret(machine, sandbox)


def assert_no_file_holds_the_secret(machine: IsolatedHome, sandbox: Sandbox) -> None:
    """Neither in plain text nor in Base64, as keyrings.alt writes it; except for the test's own keyring."""
    secret = sandbox.state.client_secret.encode()
    for path in machine.home.rglob("*"):
        if path.is_file() and path.name != "keyring.json":
            content = b"".join(path.read_bytes().split())
            assert secret not in content
            assert base64.b64encode(secret) not in content


@pytest.mark.keeps("client", "keyring_pass.cfg")
def test_the_plaintext_keyring_writes_the_secret_to_a_file(machine: IsolatedHome, sandbox: Sandbox) -> None:
    """The reason why it is refused, and proof that the search above works."""
    script = "import sys, keyrings.alt.file as f; f.PlaintextKeyring().set_password('a', 'b', sys.argv[1])"
    command = [sys.executable, "-c", script, sandbox.state.client_secret]
    subprocess.run(command, env=machine.environment(), check=True)
    with pytest.raises(AssertionError):
        assert_no_file_holds_the_secret(machine, sandbox)


@pytest.mark.default_cases(3)
@pytest.mark.parametrize(
    ("backend", "message"),
    [
        ("keyring.backends.fail.Keyring", "no secure keyring found"),
        ("keyring.backends.null.Keyring", "no secure keyring found"),
        ("keyrings.alt.file.PlaintextKeyring", "no secure keyring found (keyrings.alt.file.Plain"),
        ("keyring.backends.chainer.ChainerBackend", "no secure keyring found"),
        (None, "no secure keyring found (keyrings.alt.file.PlaintextKeyring)"),
        ("no.such.module", "ModuleNotFoundError"),
        ("keyring.backends.null.NoSuchClass", "AttributeError"),
        ("", "ValueError"),
        (f"{BROKEN}.LockedKeyring", "KeyringLocked"),
        (f"{BROKEN}.FreshHomeKeyring", "InitError"),
        (f"{BROKEN}.DeadSocketKeyring", "FileNotFoundError"),
        (f"{BROKEN}.MissingDaemonKeyring", "RuntimeError"),
    ],
)
def test_an_insecure_or_unavailable_keyring_is_refused(
    machine: IsolatedHome, sandbox: Sandbox, backend: str | None, message: str
) -> None:
    assert_refused(machine, sandbox, backend, message)


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("address", "message"),
    [
        (None, "RuntimeError"),
        ("unix:path=home/missing", "FileNotFoundError"),
        ("unix:path=home/dead", "RuntimeError"),  # a socket that nobody listens on
    ],
)
def test_a_forced_secret_service_without_a_bus_is_refused(
    machine: IsolatedHome,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    address: str | None,
    message: str,
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    machine.env.pop("DBUS_SESSION_BUS_ADDRESS")
    if address:
        machine.env["DBUS_SESSION_BUS_ADDRESS"] = address.replace("home", str(machine.home))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(machine.home / "dead"))
    assert_refused(machine, sandbox, "keyring.backends.SecretService.Keyring", message)


def test_the_null_keyring_of_a_configuration_file_is_refused(machine: IsolatedHome, sandbox: Sandbox) -> None:
    config = machine.home / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    assert_refused(machine, sandbox, None, "no secure keyring found (keyring.backends.null.Keyring)")


@pytest.mark.long
def test_a_secure_keyring_in_a_chain_with_insecure_ones_is_used(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    install_plugin(machine, "ours", WORKING)
    assert machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": None}).code == 0
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]
    assert_no_file_holds_the_secret(machine, sandbox)


def test_a_broken_plugin_of_the_keyring_library_is_not_reported(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    install_plugin(machine, "broken", "no_such_module")
    install_plugin(machine, "ours", WORKING)
    result = machine.login(sandbox, env={"PYTHON_KEYRING_BACKEND": None})
    assert result.code == 0
    assert "no_such_module" not in result.err


@pytest.mark.long
def test_a_keyring_that_hangs_times_out_after_three_seconds(machine: IsolatedHome, sandbox: Sandbox) -> None:
    started = time.monotonic()
    assert_refused(machine, sandbox, f"{BROKEN}.HangingKeyring", "did not respond within 3 s")
    assert time.monotonic() - started < 20


def test_a_keyring_that_does_not_return_the_secret_is_an_error(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    result = machine.login(sandbox, "--json", env={"PYTHON_KEYRING_BACKEND": f"{BROKEN}.ForgetfulKeyring"})
    assert result.code == 4
    assert "does not return it" in result.error["message"]
    assert not (machine.config / "config.toml").exists()


def test_a_missing_or_unreadable_secret_is_an_error(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.login(sandbox).code == 0
    (token,) = machine.tokens
    token.unlink()
    locked = machine.run("whoami", "--json", env={"PYTHON_KEYRING_BACKEND": f"{BROKEN}.LockedKeyring"})
    assert (locked.code, locked.error["code"]) == (4, "keyring")
    (machine.home / "keyring.json").unlink()
    missing = machine.run("whoami", "--json")
    assert missing.code == 4
    assert "jebbitctl login --profile default" in missing.error["hint"]
