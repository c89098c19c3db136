"""``login --client-secret-command``: a profile whose secret is in a password manager."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.commands.completion.tab import GET, offers_nothing
from tests.isolated_home import IsolatedHome, paths, stored_profiles, token_requests

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


class Vault:
    """A password manager: a program that prints a file, and notes each call."""

    def __init__(self, machine: IsolatedHome, sandbox: Sandbox) -> None:
        self._machine, self._sandbox = machine, sandbox
        directory = machine.home / "my tools" / "vault"
        directory.mkdir(parents=True)
        self._program, self._secret, self._log = (directory / name for name in ("op", "secret", "log"))
        self._program.write_text(f"#!/bin/sh\ncd '{directory}'\necho \"$@\" >> log\ncat secret\n")
        self._program.chmod(0o700)
        self.lock(sandbox.state.client_secret)
        self.command = shlex.join([str(self._program), "read", "op://jebbit"])

    def lock(self, secret: str) -> None:
        self._secret.write_text(f"{secret}\n")

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    def login(self, *args: str, env: dict[str, str | None] | None = None) -> Result:
        sandbox = self._sandbox
        return self._machine.run(
            *("login", "--client-id", sandbox.state.client_id, "--client-secret-command", self.command),
            *("--api-url", sandbox.url, "--auth-url", sandbox.url, *args),
            env=env,
        )


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path, dict(NO_KEYRING), [sandbox.state.client_secret])


@pytest.fixture
def vault(machine: IsolatedHome, sandbox: Sandbox) -> Vault:
    return Vault(machine, sandbox)


pytestmark = pytest.mark.keeps("client", "vault/secret")


def test_a_command_gives_the_secret_whenever_a_token_is_needed_and_no_keyring_is(
    machine: IsolatedHome, sandbox: Sandbox, vault: Vault
) -> None:
    account = vault.login("--json")
    assert account.json["credentials_source"] == "command op (profile default)"
    assert stored_profiles(machine)["default"]["client_secret_command"] == vault.command
    assert machine.run("whoami", "-q", "credentials_source").out == "command op (profile default)\n"
    assert machine.run("profiles", "list", "-q", "[].secret_from").json == ["command op"]
    assert vault.calls == ["read op://jebbit"], "the token is cached"
    vault.lock(sandbox.state.rotate_secret())
    sandbox.state.revoke_tokens()
    assert machine.run("whoami").code == 0
    assert len(vault.calls) == 2
    found = {check["name"]: check for check in machine.run("doctor", "--json").json["checks"]}
    assert found["keyring"]["detail"] == "a command prints the secret"
    assert found["token"]["ok"]
    assert machine.run("logout", "-y").code == 0
    assert "client_secret_command" not in (machine.config / "config.toml").read_text()


def test_tab_and_help_never_run_the_command(machine: IsolatedHome, vault: Vault) -> None:
    assert vault.login().code == 0
    for token in machine.tokens:
        token.unlink()
    assert offers_nothing(machine, GET)
    for words in (("help", "environment"), ("login", "--help"), ("profiles", "list")):
        assert machine.run(*words).code == 0
    assert len(vault.calls) == 1


def test_the_command_replaces_a_secret_in_the_keyring_and_is_replaced_by_one(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    machine = IsolatedHome(tmp_path, secrets=[sandbox.state.client_secret])
    vault = Vault(machine, sandbox)
    assert machine.login(sandbox).code == 0
    assert vault.login(env=dict(NO_KEYRING)).code == 4, "the keyring's secret could not be removed"
    assert vault.login().code == 0
    assert machine.stored_secrets == {}
    assert machine.login(sandbox).code == 0
    assert "client_secret_command" not in stored_profiles(machine)["default"]
    assert list(machine.stored_secrets.values()) == [sandbox.state.client_secret]


def test_another_issuer_never_gets_the_secret_that_the_command_prints(
    machine: IsolatedHome, sandbox: Sandbox, vault: Vault
) -> None:
    assert vault.login().code == 0
    before = len(sandbox.requests)
    result = machine.run("token", "--json", env={"JEBBIT_AUTH_ISSUER": "https://issuer.invalid"})
    assert (result.code, len(vault.calls)) == (4, 1)
    assert "is not for issuer https://issuer.invalid" in result.error["message"]
    assert paths(sandbox, before) == []


def test_a_command_that_fails_or_is_contradicted_saves_nothing_and_sends_nothing(
    machine: IsolatedHome, sandbox: Sandbox, vault: Vault
) -> None:
    assert (vault.login("--client-secret-stdin").code, len(vault.calls)) == (2, 0)
    for command, code in (("", 2), ("op 'read", 2), ("/no/such/op", 4), ("false", 4), ("printf 'a b'", 2)):
        vault.command = command
        assert vault.login().code == code
    assert token_requests(sandbox) == 0
    assert not machine.config.exists()


def test_the_hint_on_a_wrong_secret_of_a_command_names_the_command(
    machine: IsolatedHome, sandbox: Sandbox, vault: Vault
) -> None:
    vault.lock("wrong-secret")
    hint = "correct --client-id, or the command that prints the secret"
    assert vault.login("--json").error["hint"] == hint
    vault.lock(sandbox.state.client_secret)
    assert vault.login().code == 0
    sandbox.state.revoke_tokens()
    vault.lock("' wrong-secret'")
    result = machine.run("whoami", "--json")
    assert result.code == 4
    assert result.error["hint"] == (
        "the client secret begins and ends with a quotation mark: remove both, as docker --env-file keeps "
        "quotation marks; or else correct the command that prints the secret: "
        "jebbitctl login --profile default"
    )
