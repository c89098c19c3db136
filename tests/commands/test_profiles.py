from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.isolated_home import IsolatedHome, paths, stored_profiles, token_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> IsolatedHome:
    """A home with the profiles default and staging."""
    machine = IsolatedHome(tmp_path_factory.mktemp("home"), secrets=[sandbox.state.client_secret])
    for name in ("default", "staging"):
        assert machine.login(sandbox, "--profile", name, "--environment", "staging").code == 0
    return machine


@pytest.fixture
def machine(logged_in: IsolatedHome, tmp_path: Path) -> IsolatedHome:
    return logged_in.copy(tmp_path)


def test_list_shows_each_profile_and_no_secret(machine: IsolatedHome, sandbox: Sandbox) -> None:
    rows = machine.run("profiles", "list", "--json").json
    assert rows == [
        {
            "name": name,
            "default": name == "default",
            "environment": "staging",
            "client_id": sandbox.state.client_id,
            "business": None,
            "api_url": sandbox.url,
            "secret_from": "keyring",
        }
        for name in ("default", "staging")
    ]


def test_list_uses_neither_the_keyring_nor_the_network(machine: IsolatedHome, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    calls = machine.calls
    result = machine.run("profiles", "list")
    assert [line.split("\t")[0] for line in result.out.splitlines()] == ["default", "staging"]
    assert machine.calls == calls
    assert paths(sandbox, before) == []


def test_use_changes_the_default_profile(machine: IsolatedHome) -> None:
    assert machine.run("profiles", "use", "staging", "--json").json == {"default": "staging"}
    assert machine.run("whoami", "-q", "profile").out == "staging\n"
    assert machine.run("whoami", "-q", "profile", env={"JEBBIT_PROFILE": "default"}).out == "default\n"
    for name in ("JEBBIT_PROFILE", "JEBBIT_CLIENT_ID"):
        result = machine.run("profiles", "use", "staging", env={name: "default"})
        warning = f"warning: {name} is set and overrides this profile unless you add --profile staging\n"
        assert result.err == f"The default profile is now staging.\n{warning}"


@pytest.mark.parametrize("verb", ["use", "remove"])
def test_an_unknown_profile_is_not_found_and_the_error_lists_the_others(
    machine: IsolatedHome, verb: str
) -> None:
    result = machine.run("profiles", verb, "nobody", "--json")
    assert (result.code, result.error["code"]) == (3, "not_found")
    assert machine.run("whoami", "--profile", "nobody").code == 2, "no answer about what was asked for"
    assert result.error["hint"] == "existing profiles: default, staging"


def test_remove_without_a_terminal_requires_yes(machine: IsolatedHome) -> None:
    result = machine.run("profiles", "remove", "staging", "--json")
    assert result.code == 2
    assert result.error["code"] == "input_required"
    assert "--yes" in result.error["hint"]
    assert len(machine.stored_secrets) == 2


def test_remove_removes_the_secret_the_token_and_the_profile(machine: IsolatedHome) -> None:
    assert machine.run("profiles", "remove", "default", "-y", "--json").json == {"removed": "default"}
    assert [account.removeprefix("jebbitctl/").split()[0] for account in machine.stored_secrets] == [
        "staging"
    ]
    assert len(machine.tokens) == 1
    assert machine.run("whoami", "--json").error["message"] == "no profile is active"


def test_the_profile_option_overrides_the_environment(machine: IsolatedHome, sandbox: Sandbox) -> None:
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


def test_the_environment_overrides_the_default_profile(machine: IsolatedHome, sandbox: Sandbox) -> None:
    document = machine.run("whoami", "--json", env=sandbox.environment).json
    assert document["credentials_source"] == "environment"
    calls = machine.calls
    assert machine.run("token", env=sandbox.environment).code == 0
    assert machine.calls == calls


def test_a_command_with_an_unknown_profile_is_a_usage_error(machine: IsolatedHome) -> None:
    for args, env in [(["--profile", "x"], {}), ([], {"JEBBIT_PROFILE": "x"})]:
        result = machine.run("whoami", *args, "--json", env=env)
        assert result.code == 2
        assert "'x'" in result.error["message"]


def test_a_secret_is_not_sent_to_another_issuer(machine: IsolatedHome) -> None:
    with Sandbox() as other:
        result = machine.run("whoami", "--json", env={"JEBBIT_AUTH_ISSUER": other.url})
        assert result.code == 4
        assert other.url in result.error["message"]
        assert paths(other) == []


def test_an_invalid_file_is_an_error_that_names_it(machine: IsolatedHome) -> None:
    path = machine.config / "config.toml"
    for content in (b"[profiles", b"profiles = 3\n", b"[profiles.default]\nclient_id = 3\n", b"\xff\xfe"):
        path.write_bytes(content)
        result = machine.run("whoami", "--json")
        assert result.code == 2
        assert str(path) in result.error["message"]


def test_remove_and_list_say_that_no_profile_is_active(machine: IsolatedHome) -> None:
    note = "No profile is active. Choose one with jebbitctl profiles use NAME: staging\n"
    assert machine.run("profiles", "remove", "default", "-y").err == f"Removed profile default.\n{note}"
    assert machine.run("profiles", "list").err == note


def test_set_changes_the_business_of_a_profile_to_one_that_its_credentials_cover(
    tmp_path: Path, three_businesses: Sandbox
) -> None:
    machine = IsolatedHome(tmp_path)
    machine.login(three_businesses, "--profile", "a")
    stored, requested = stored_profiles(machine)["a"], token_requests(three_businesses)
    first, second, _ = three_businesses.state.businesses.values()
    for named, business in ((first.id, first), (second.name, second), (first.name.upper(), first)):
        result = machine.run("profiles", "set", "a", "--business", named, "--json")
        assert (result.code, result.json) == (0, {"profile": "a", "business": business.id})
        assert stored_profiles(machine)["a"] == {**stored, "business": business.id}
        assert machine.run("whoami", "-q", "id").out == f"{business.id}\n"
    wrong = machine.run("profiles", "set", "a", "--business", second.name[:-1], "--json")
    assert (wrong.code, wrong.error["hint"]) == (2, f"did you mean {second.name}?")
    assert stored_profiles(machine)["a"]["business"] == first.id
    assert machine.run("profiles", "set", "a", "--business", "").err == (
        "Profile a now uses no business by default.\n"
    )
    assert stored_profiles(machine)["a"] == stored
    assert token_requests(three_businesses) - requested == 1, "for the one that is not covered"
