from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.settings import Options, Settings, clean_credential, flag, timeout
from jebbitctl.storage.profiles import Profile, ProfileStore
from tests.machine import Machine, paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARIABLES = ("JEBBIT_PROFILE", "JEBBIT_BUSINESS_ID", "JEBBIT_API_BASE_URL", "JEBBIT_AUTH_ISSUER")


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileStore:
    for name in (*VARIABLES, "JEBBIT_API_AUDIENCE", "JEBBIT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    store = ProfileStore(tmp_path)
    store.save("default", Profile(client_id="one", api_url="https://one.example.com", business="Business1"))
    store.save("two", Profile(client_id="two", environment="staging"))
    return store


def test_a_value_comes_from_option_then_environment_then_profile_then_default(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(Options(), store)
    assert (settings.issuer.value, settings.issuer.source) == ("https://auth.jebbit.com", "default")
    assert settings.audience.value == "public-api"
    assert settings.business is not None
    assert (settings.business.value, settings.business.source) == ("Business1", "profile default")
    assert settings.api_url.source == "profile default"
    monkeypatch.setenv("JEBBIT_BUSINESS_ID", "Business2")
    monkeypatch.setenv("JEBBIT_API_BASE_URL", "https://env.example.com/")
    settings = Settings(Options(), store)
    assert settings.business is not None
    assert (settings.business.value, settings.business.source) == ("Business2", "JEBBIT_BUSINESS_ID")
    assert settings.api_url.value == "https://env.example.com"
    settings = Settings(Options(business="Business3"), store)
    assert settings.business is not None
    assert (settings.business.value, settings.business.source) == ("Business3", "--business")


def test_a_profile_that_is_named_outranks_the_environment(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEBBIT_API_BASE_URL", "https://env.example.com")
    monkeypatch.setenv("JEBBIT_PROFILE", "two")
    named = Settings(Options(profile="default"), store)
    assert named.profile_name.source == "--profile"
    assert named.api_url.value == "https://one.example.com"
    by_variable = Settings(Options(), store)
    assert by_variable.profile_name.value == "two"
    assert by_variable.api_url.value == "https://env.example.com"


def test_an_environment_decides_the_api(store: ProfileStore) -> None:
    assert Settings(Options(profile="two"), store).api_url.value == "https://api.jebbx.com"


def test_a_stored_setting_that_cannot_be_right_is_an_error(store: ProfileStore) -> None:
    store.save("bad", Profile(client_id="x", environment="prod", auth_url="http://auth.example.com"))
    settings = Settings(Options(profile="bad"), store)
    with pytest.raises(UsageError, match="prod"):
        _ = settings.environment
    with pytest.raises(UsageError, match="plain http"):
        _ = settings.issuer


@pytest.mark.parametrize("text", ["0", "-1", "abc", "nan", "inf", "1e9"])
def test_a_timeout_is_a_number_of_seconds_above_zero(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JEBBIT_TIMEOUT", text)
    with pytest.raises(UsageError, match="JEBBIT_TIMEOUT"):
        timeout()


def test_a_timeout_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEBBIT_TIMEOUT", "2.5")
    assert timeout() == 2.5
    monkeypatch.delenv("JEBBIT_TIMEOUT")
    assert timeout() == 60


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("yes", True), ("0", False), ("no", False), ("", False)]
)
def test_a_flag_is_on_unless_it_says_no(monkeypatch: pytest.MonkeyPatch, text: str, on: bool) -> None:
    monkeypatch.setenv("JEBBIT_DEBUG", text)
    assert flag("JEBBIT_DEBUG") is on


def test_a_credential_loses_the_line_break_at_its_end_and_no_other_character() -> None:
    assert clean_credential(" a b\r\n", what="it") == " a b"
    for wrong in ("", "\r\n", "a\nb", "a\x7f", "a\u202eb", "\ufeffa", "a\x00"):
        with pytest.raises(CredentialsError, match="it "):
            clean_credential(wrong, what="it")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("JEBBIT_CLIENT_ID", 4),
        ("JEBBIT_CLIENT_SECRET", 4),
        ("JEBBIT_ACCESS_TOKEN", 4),
        *((name, 2) for name in VARIABLES),
        ("JEBBIT_API_AUDIENCE", 2),
        ("JEBBIT_TIMEOUT", 2),
        ("JEBBIT_CONFIG_DIR", 2),
    ],
)
def test_a_variable_that_is_set_but_empty_is_never_taken_as_unset(
    tmp_path: Path, shared: Sandbox, name: str, code: int
) -> None:
    before = len(shared.requests)
    result = Machine(tmp_path, dict(shared.environment)).run("whoami", "--json", env={name: ""})
    assert result.code == code
    assert name in result.error["message"]
    assert paths(shared, before) == []


@pytest.mark.parametrize("missing", ["JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET"])
def test_half_of_the_credentials_are_none(tmp_path: Path, shared: Sandbox, missing: str) -> None:
    result = Machine(tmp_path, dict(shared.environment)).run("whoami", "--json", env={missing: None})
    assert result.code == 4
    assert missing in result.error["message"]


def test_a_line_break_at_the_end_of_a_credential_is_not_part_of_it(tmp_path: Path, shared: Sandbox) -> None:
    environment = {name: value + "\n" for name, value in shared.environment.items() if "CLIENT" in name}
    machine = Machine(tmp_path, dict(shared.environment))
    assert machine.run("whoami", env=environment).code == 0
    assert machine.run("whoami", env={"JEBBIT_CLIENT_SECRET": "a\nb"}).code == 4


def test_without_any_credentials_it_says_what_to_do(tmp_path: Path) -> None:
    result = Machine(tmp_path).run("whoami", "--json")
    assert result.code == 4
    assert "jebbitctl login" in result.error["hint"]
    assert "JEBBIT_CLIENT_ID" in result.error["hint"]
