from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.machine import Machine, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Machine:
    """A computer with the profiles default and staging."""
    machine = Machine(tmp_path_factory.mktemp("home"), secrets=[sandbox.state.client_secret])
    for name in ("default", "staging"):
        assert machine.login(sandbox, "--profile", name, "--environment", "staging").code == 0
    return machine


@pytest.fixture
def machine(logged_in: Machine, tmp_path: Path) -> Machine:
    return logged_in.copy(tmp_path)


def test_list_names_each_profile_and_no_secret(machine: Machine, sandbox: Sandbox) -> None:
    rows = machine.run("profiles", "list", "--json").json
    assert rows == [
        {
            "name": name,
            "default": name == "default",
            "environment": "staging",
            "client_id": sandbox.state.client_id,
            "business": None,
            "api_url": sandbox.url,
        }
        for name in ("default", "staging")
    ]


def test_list_asks_neither_the_keyring_nor_jebbit(machine: Machine, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    calls = machine.calls
    result = machine.run("profiles", "list")
    assert [line.split("\t")[0] for line in result.out.splitlines()] == ["default", "staging"]
    assert machine.calls == calls
    assert paths(sandbox, before) == []


def test_use_changes_the_profile_of_the_next_command(machine: Machine) -> None:
    assert machine.run("profiles", "use", "staging", "--json").json == {"default": "staging"}
    assert machine.run("whoami", "-q", "profile").out == "staging\n"
    assert machine.run("whoami", "-q", "profile", env={"JEBBIT_PROFILE": "default"}).out == "default\n"


@pytest.mark.parametrize("verb", ["use", "remove"])
def test_an_unknown_profile_is_wrong_usage_and_the_known_ones_are_named(machine: Machine, verb: str) -> None:
    result = machine.run("profiles", verb, "nobody", "--json")
    assert result.code == 2
    assert result.error["hint"] == "profiles: default, staging"


def test_remove_without_a_terminal_needs_yes(machine: Machine) -> None:
    result = machine.run("profiles", "remove", "staging", "--json")
    assert result.code == 2
    assert result.error["code"] == "input_required"
    assert "--yes" in result.error["hint"]
    assert len(machine.kept) == 2


def test_remove_forgets_the_secret_the_token_and_the_profile(machine: Machine) -> None:
    assert machine.run("profiles", "remove", "default", "-y", "--json").json == {"removed": "default"}
    assert [account.removeprefix("jebbitctl/").split()[0] for account in machine.kept] == ["staging"]
    assert len(machine.tokens) == 1
    assert machine.run("whoami", "-q", "profile").out == "staging\n", "the other one is the default now"


def test_a_profile_that_is_named_outranks_the_environment(machine: Machine, sandbox: Sandbox) -> None:
    other = {
        "JEBBIT_CLIENT_ID": "another",
        "JEBBIT_CLIENT_SECRET": "another-secret",
        "JEBBIT_ACCESS_TOKEN": "another-token",
        "JEBBIT_API_BASE_URL": "http://127.0.0.1:9",
        "JEBBIT_AUTH_ISSUER": "http://127.0.0.1:9",
        "JEBBIT_PROFILE": "default",
    }
    result = machine.run("whoami", "--profile", "staging", "--json", env=other)
    assert result.code == 0
    assert result.json["client_id"] == sandbox.state.client_id
    assert result.json["credentials_source"] == "keyring (profile staging)"


def test_the_environment_outranks_a_profile_that_is_not_named(machine: Machine, sandbox: Sandbox) -> None:
    document = machine.run("whoami", "--json", env=sandbox.environment).json
    assert document["credentials_source"] == "environment"
    calls = machine.calls
    assert machine.run("token", env=sandbox.environment).code == 0
    assert machine.calls == calls


def test_a_profile_that_is_named_and_unknown_is_wrong_usage(machine: Machine) -> None:
    for args, env in [(["--profile", "x"], {}), ([], {"JEBBIT_PROFILE": "x"})]:
        result = machine.run("whoami", *args, "--json", env=env)
        assert result.code == 2
        assert "'x'" in result.error["message"]


def test_a_secret_is_not_sent_to_an_issuer_that_it_was_not_proven_to(machine: Machine) -> None:
    with Sandbox() as other:
        result = machine.run("whoami", "--json", env={"JEBBIT_AUTH_ISSUER": other.url})
        assert result.code == 4
        assert other.url in result.error["message"]
        assert paths(other) == []


def test_a_broken_file_is_a_message_that_names_it(machine: Machine) -> None:
    path = machine.config / "config.toml"
    for content in (b"[profiles", b"profiles = 3\n", b"[profiles.default]\nclient_id = 3\n", b"\xff\xfe"):
        path.write_bytes(content)
        result = machine.run("whoami", "--json")
        assert result.code == 2
        assert str(path) in result.error["message"]


def test_remove_says_which_profile_is_the_default_now(machine: Machine) -> None:
    assert "The default profile is staging now." in machine.run("profiles", "remove", "default", "-y").err
