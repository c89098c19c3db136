"""The real thing: gnome-keyring behind the Secret Service, as ``tests/with-secret-service`` gives it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import secretstorage

from tests.machine import Machine, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox

pytestmark = pytest.mark.keyring


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    machine = Machine(tmp_path, secrets=[sandbox.state.client_secret])
    del machine.env["PYTHON_KEYRING_BACKEND"]
    return machine


@pytest.fixture
def daemon() -> Iterator[int]:
    """The process id of the keyring's daemon, which runs again afterwards."""
    ask = ["dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"]
    method = "org.freedesktop.DBus.GetConnectionUnixProcessID"
    answer = subprocess.run(
        [*ask, method, "string:org.freedesktop.secrets"], capture_output=True, text=True, check=True
    )
    pid = int(answer.stdout.split()[-1])
    yield pid
    os.kill(pid, signal.SIGCONT)


def secrets_in_the_keyring() -> dict[str, str]:
    """What the keyring holds for jebbitctl, asked without any code of ours."""
    connection = secretstorage.dbus_init()
    try:
        items = secretstorage.search_items(connection, {"service": "jebbitctl"})
        return {item.get_attributes()["username"]: item.get_secret().decode() for item in items}
    finally:
        connection.close()


def test_from_login_to_logout(machine: Machine, sandbox: Sandbox) -> None:
    assert secrets_in_the_keyring() == {}, "an earlier test left something behind"
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

    assert machine.run("logout").code == 0
    assert secrets_in_the_keyring() == {}
    assert machine.run("whoami").code == 4


def test_two_profiles_have_a_secret_each(machine: Machine, sandbox: Sandbox) -> None:
    for name in ("one", "two"):
        assert machine.login(sandbox, "--profile", name).code == 0
    assert len(secrets_in_the_keyring()) == 2
    assert machine.run("profiles", "remove", "one", "--yes").code == 0
    assert [account.split()[0] for account in secrets_in_the_keyring()] == ["two"]
    assert machine.run("logout", "--all").code == 0
    assert secrets_in_the_keyring() == {}


def test_a_wrong_secret_is_not_kept(machine: Machine, sandbox: Sandbox) -> None:
    assert machine.login(sandbox, stdin="wrong-secret").code == 4
    assert secrets_in_the_keyring() == {}


def test_a_daemon_that_is_stopped_delays_for_three_seconds(
    machine: Machine, sandbox: Sandbox, daemon: int
) -> None:
    assert machine.login(sandbox).code == 0
    os.kill(daemon, signal.SIGSTOP)
    assert machine.run("whoami").code == 0, "the cached token needs no keyring"
    for path in machine.tokens:
        path.unlink()
    for args in (["whoami"], ["login", "--client-id", "x", "--client-secret-stdin"], ["logout"]):
        started = time.monotonic()
        result = machine.run(*args, "--json", stdin="abc")
        assert time.monotonic() - started < 5
        assert (result.code, result.error["code"]) == (4, "keyring")
    os.kill(daemon, signal.SIGCONT)
    assert machine.run("logout").code == 0
    assert secrets_in_the_keyring() == {}


def test_without_a_bus_it_says_so(machine: Machine, sandbox: Sandbox) -> None:
    forced = "keyring.backends.SecretService.Keyring"
    for env in ({}, {"PYTHON_KEYRING_BACKEND": forced}):
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={machine.home}/nowhere", **env}
        result = machine.login(sandbox, "--json", env=nowhere)
        assert (result.code, result.error["code"]) == (4, "keyring")
    assert paths(sandbox) == []
