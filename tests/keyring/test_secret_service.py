"""Tests with a real keyring: gnome-keyring, which ``tests/with-secret-service`` starts."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import secretstorage

from tests.isolated_home import IsolatedHomeWithProcesses, paths
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.server import Sandbox
    from tests.isolated_home import IsolatedHome

pytestmark = pytest.mark.keyring

WITH_SECRET_SERVICE = Path(__file__).parents[1] / "with-secret-service"


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    machine = IsolatedHomeWithProcesses(tmp_path, secrets=[sandbox.state.client_secret])
    del machine.env["PYTHON_KEYRING_BACKEND"]
    return machine


@pytest.fixture
def daemon() -> Iterator[int]:
    """The process id of the keyring's daemon, which is resumed afterwards."""
    command = ["dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"]
    method = "org.freedesktop.DBus.GetConnectionUnixProcessID"
    reply = subprocess.run(
        [*command, method, "string:org.freedesktop.secrets"], capture_output=True, text=True, check=True
    )
    pid = int(reply.stdout.split()[-1])
    yield pid
    os.kill(pid, signal.SIGCONT)


def secrets_in_the_keyring() -> dict[str, str]:
    """Return jebbitctl's secrets by account, read with another library."""
    connection = secretstorage.dbus_init()
    try:
        items = secretstorage.search_items(connection, {"service": "jebbitctl"})
        return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}
    finally:
        connection.close()


def test_login_stores_the_secret_and_logout_removes_it(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert secrets_in_the_keyring() == {}, "an earlier test left a secret behind"
    assert machine.login(sandbox).code == 0
    ((account, secret),) = secrets_in_the_keyring().items()
    assert account.split() == ["default", sandbox.state.client_id, "public-api", sandbox.url]
    assert secret == sandbox.state.client_secret

    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self"]

    (token,) = machine.tokens
    token.unlink()
    before = len(sandbox.requests)
    assert machine.run("token").code == 0
    assert paths(sandbox, before) == ["/oauth/token"]

    new = sandbox.state.rotate_secret()
    assert machine.login(sandbox).code == 0
    assert list(secrets_in_the_keyring().values()) == [new]

    assert machine.run("logout", "-y").code == 0
    assert secrets_in_the_keyring() == {}
    assert machine.run("whoami").code == 4


def test_each_profile_has_its_own_secret(machine: IsolatedHome, sandbox: Sandbox) -> None:
    for name in ("one", "two"):
        assert machine.login(sandbox, "--profile", name).code == 0
    assert len(secrets_in_the_keyring()) == 2
    assert machine.run("profiles", "remove", "one", "--yes").code == 0
    assert [account.split()[0] for account in secrets_in_the_keyring()] == ["two"]
    assert machine.run("logout", "-y", "--all").code == 0
    assert secrets_in_the_keyring() == {}


def test_a_login_that_is_killed_at_any_moment_leaves_nothing_after_logout_all(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    machine.env |= sandbox.environment
    started = time.monotonic()
    assert machine.run("login").code == 0
    whole = time.monotonic() - started
    for attempt in range(20):
        assert machine.run("logout", "-y", "--all").code == 0
        assert secrets_in_the_keyring() == {}
        with machine.start("login") as process:
            time.sleep(whole * (0.4 + attempt * 0.03))  # it works with the keyring towards the end
            process.kill()
            process.communicate()
    assert machine.run("logout", "-y", "--all").code == 0
    assert secrets_in_the_keyring() == {}
    assert not [note for note in machine.config.glob("login-*") if note.stat().st_size]


def test_a_wrong_secret_is_not_stored(machine: IsolatedHome, sandbox: Sandbox) -> None:
    assert machine.login(sandbox, stdin="wrong-secret").code == 4
    assert secrets_in_the_keyring() == {}


def test_a_stopped_daemon_delays_a_command_by_three_seconds(
    machine: IsolatedHome, sandbox: Sandbox, daemon: int
) -> None:
    assert machine.login(sandbox).code == 0
    os.kill(daemon, signal.SIGSTOP)
    assert machine.run("whoami").code == 0, "the cached token needs no keyring"
    for path in machine.tokens:
        path.unlink()
    for args in (["whoami"], ["login", "--client-id", "x", "--client-secret-stdin"], ["logout", "-y"]):
        started = time.monotonic()
        result = machine.run(*args, "--json", stdin="abc")
        assert time.monotonic() - started < 10
        assert (result.code, result.error["code"]) == (4, "keyring")
    os.kill(daemon, signal.SIGCONT)
    assert machine.run("logout", "-y").code == 0
    assert secrets_in_the_keyring() == {}


def test_without_a_session_bus_it_is_a_keyring_error(machine: IsolatedHome, sandbox: Sandbox) -> None:
    forced = "keyring.backends.SecretService.Keyring"
    for env in ({}, {"PYTHON_KEYRING_BACKEND": forced}):
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={machine.home}/nowhere", **env}
        result = machine.login(sandbox, "--json", env=nowhere)
        assert (result.code, result.error["code"]) == (4, "keyring")
    assert paths(sandbox) == []


def login_command(sandbox: Sandbox) -> list[str]:
    """Return the command line of a login that reads the secret from standard input."""
    account = ["--client-id", sandbox.state.client_id, "--client-secret-stdin"]
    return [JEBBITCTL, "login", *account, "--api-url", sandbox.url, "--auth-url", sandbox.url]


def assert_refused(machine: IsolatedHome, sandbox: Sandbox, command: list[str], message: str) -> None:
    done = subprocess.run(
        command,
        env={**machine.environment(), "PATH": os.environ["PATH"]},
        input=sandbox.state.client_secret,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, "")
    error, hint = (line for line in done.stderr.splitlines() if line.startswith(("error: ", "hint: ")))
    assert message in error
    assert "JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET" in hint
    assert "Traceback" not in done.stderr
    assert sandbox.state.client_secret not in done.stderr
    assert paths(sandbox) == []
    assert not (machine.config / "config.toml").exists()


def test_a_locked_keyring_is_an_error(machine: IsolatedHome, sandbox: Sandbox) -> None:
    """On a bus of its own, as a locked keyring cannot be unlocked without a display."""
    lock = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"
    script = (
        f"{shlex.quote(sys.executable)} -c {shlex.quote(lock)} && exec {shlex.join(login_command(sandbox))}"
    )
    assert_refused(machine, sandbox, [str(WITH_SECRET_SERVICE), "sh", "-c", script], "(KeyringLocked)")


def test_a_home_without_a_keyring_is_an_error(machine: IsolatedHome, sandbox: Sandbox) -> None:
    """The bus starts a daemon without a collection, and cannot create one without a prompt."""
    call = "dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus"
    daemon = f"{call}.GetConnectionUnixProcessID string:org.freedesktop.secrets"
    script = f"{shlex.join(login_command(sandbox))}; code=$?; set -- $({daemon}); kill $2; exit $code"
    machine.env |= {"XDG_RUNTIME_DIR": str(machine.home), "XDG_DATA_HOME": str(machine.home / "data")}
    assert_refused(
        machine, sandbox, ["dbus-run-session", "--", "sh", "-c", script], "could not read the keyring"
    )


def test_the_plaintext_keyring_in_a_chain_is_not_used(machine: IsolatedHome, sandbox: Sandbox) -> None:
    """keyrings.alt is installed, so the keyring library chains both."""
    assert machine.login(sandbox).code == 0
    assert list(secrets_in_the_keyring().values()) == [sandbox.state.client_secret]
    assert not list(machine.home.rglob("keyring_pass.cfg"))
    forced = {"PYTHON_KEYRING_BACKEND": "keyring.backends.chainer.ChainerBackend"}
    (token,) = machine.tokens
    token.unlink()
    assert machine.run("token", env=forced).code == 0
    assert machine.run("logout", "-y", env=forced).code == 0
    assert secrets_in_the_keyring() == {}
