from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from jebbitctl.environment import Environment
from jebbitctl.errors import UsageError
from jebbitctl.settings import API_URLS, JebbitEnvironment, Settings
from jebbitctl.storage.profiles import Profile, ProfileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    store = ProfileStore(tmp_path)
    store.save("default", Profile(client_id="one", api_url="https://one.example.com", business="Business1"))
    store.save("two", Profile(client_id="two", environment="staging"))
    return store


def settings(
    store: ProfileStore,
    variables: Mapping[str, str] | None = None,
    *,
    profile: str | None = None,
    business: str | None = None,
    warn: Callable[[str], None] = pytest.fail,
) -> Settings:
    return Settings(profile, business, Environment(variables or {}), store, warn)


def test_defaults_are_overridden_by_profile_then_environment_then_option(store: ProfileStore) -> None:
    by_profile = settings(store)
    assert by_profile.issuer == ("https://auth.jebbit.com", "default")
    assert by_profile.audience == ("public-api", "default")
    assert by_profile.business == ("Business1", "profile default")
    assert by_profile.api_url == ("https://one.example.com", "profile default")
    variables = {"JEBBIT_BUSINESS_ID": "Business2", "JEBBIT_API_BASE_URL": "https://env.example.com/"}
    by_environment = settings(store, variables)
    assert by_environment.business == ("Business2", "JEBBIT_BUSINESS_ID")
    assert by_environment.api_url == ("https://env.example.com", "JEBBIT_API_BASE_URL")
    by_option = settings(store, variables, business="Business3")
    assert by_option.business == ("Business3", "--business")


def test_a_profile_option_overrides_the_environment_but_a_profile_variable_does_not(
    store: ProfileStore,
) -> None:
    variables = {"JEBBIT_API_BASE_URL": "https://env.example.com", "JEBBIT_PROFILE": "two"}
    by_option = settings(store, variables, profile="default")
    assert by_option.profile_name == ("default", "--profile")
    assert by_option.api_url.value == "https://one.example.com"
    by_variable = settings(store, variables)
    assert by_variable.profile_name == ("two", "JEBBIT_PROFILE")
    assert by_variable.api_url.value == "https://env.example.com"


def test_the_profiles_environment_selects_the_api(store: ProfileStore) -> None:
    assert settings(store, profile="two").api_url == ("https://api.jebbx.com", "default for staging")


def test_an_invalid_value_in_a_profile_is_a_usage_error(store: ProfileStore) -> None:
    store.save("bad", Profile(client_id="x", environment="prod", auth_url="http://auth.example.com"))
    bad = settings(store, profile="bad")
    with pytest.raises(UsageError, match="prod"):
        _ = bad.jebbit_environment
    with pytest.raises(UsageError, match="plain http"):
        _ = bad.issuer


@pytest.mark.parametrize("text", ["0", "-1", "abc", "nan", "inf", "1e9"])
def test_a_timeout_is_a_positive_number_of_seconds(store: ProfileStore, text: str) -> None:
    with pytest.raises(UsageError, match="JEBBIT_TIMEOUT"):
        _ = settings(store, {"JEBBIT_TIMEOUT": text}).timeout


def test_a_timeout_may_be_a_day_and_no_more(store: ProfileStore) -> None:
    assert settings(store, {"JEBBIT_TIMEOUT": "86400"}).timeout == 86400
    with pytest.raises(UsageError) as caught:
        _ = settings(store, {"JEBBIT_TIMEOUT": "100000"}).timeout
    assert caught.value.message == "JEBBIT_TIMEOUT='100000' is not a number of seconds between 0 and 86400"


def test_each_of_jebbits_environments_has_an_api() -> None:
    assert get_args(JebbitEnvironment) == tuple(API_URLS)


def test_a_timeout_has_a_default(store: ProfileStore) -> None:
    assert settings(store, {"JEBBIT_TIMEOUT": "2.5"}).timeout == 2.5
    assert settings(store).timeout == 60
