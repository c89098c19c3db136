"""The settings of one invocation: options override the environment, which overrides the profile.

With ``--profile``, the profile's values override the environment as well.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from jebbitctl import environment as env
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.profiles import DEFAULT_PROFILE, Profile, require_profile_name
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.environment import Environment
    from jebbitctl.storage.profiles import ProfileStore

DEFAULT_ISSUER = "https://auth.jebbit.com"
DEFAULT_AUDIENCE = "public-api"
DEFAULT_TIMEOUT = 60.0
"""Seconds for a whole API call, retries included."""
MAX_TIMEOUT = 86400.0
JebbitEnvironment: TypeAlias = Literal["production", "staging"]
"""Jebbit's environments; the keys of API_URLS."""
API_URLS = {"production": "https://api2.jebbit.com", "staging": "https://api.jebbx.com"}
"""The API's base URL in each of Jebbit's environments."""


class Setting(NamedTuple):
    """A value and its source, such as ``JEBBIT_API_BASE_URL`` or ``profile staging``."""

    value: str
    source: str


class Settings:
    """The settings of one invocation, each resolved when it is first used.

    Args:
        profile: the value of ``--profile``.
        business: the value of ``--business``.
        environment: the variables of this invocation.
        store: the stored profiles.
        warn: called at most once, with one line, if the profiles are not needed and cannot be used.
    """

    def __init__(
        self,
        profile: str | None,
        business: str | None,
        environment: Environment,
        store: ProfileStore,
        warn: Callable[[str], None],
    ) -> None:
        self._profile_option = profile
        self._business_option = business
        self._environment = environment
        self._store = store
        self._warn = warn

    @property
    def profile_is_option(self) -> bool:
        """Whether ``--profile`` was given."""
        return self._profile_option is not None

    @cached_property
    def profile_name(self) -> Setting:
        """The name of the profile in use, or of the one that a login would create."""
        if self._profile_option is not None:
            return Setting(require_profile_name(self._profile_option), "--profile")
        name = self._environment.setting(env.PROFILE)
        if name is not None:
            return Setting(require_profile_name(name), env.PROFILE)
        return Setting(self._active or DEFAULT_PROFILE, "default")

    @cached_property
    def _active(self) -> str | None:
        """The default profile, None if there is none or the profiles are ignored."""
        return None if self._ignores_profiles else self._store.active()

    @cached_property
    def profile(self) -> Profile:
        """The profile in use; an empty one if none exists and none was named.

        Raises:
            UsageError: the named profile does not exist, or the file is invalid.
            CredentialsError: another user could have written the file.
        """
        name, source = self.profile_name
        if source != "default":
            self._store.require(name, source=source)
        elif self._active is None:
            return Profile()
        return self._store.get(name) or Profile()

    @property
    def unused_profiles(self) -> list[str]:
        """The profiles to choose from if none is active; empty if one is in use."""
        return [] if self.profile_name.source != "default" or self._active else self._store.names()

    @cached_property
    def _ignores_profiles(self) -> bool:
        """Whether the stored profiles cannot be used, and need not be.

        They need not if the environment has the credentials and says where to send them.
        """
        variables = self._environment
        complete = env.API_BASE_URL in variables and (
            env.ACCESS_TOKEN in variables
            or all(name in variables for name in (env.CLIENT_ID, env.CLIENT_SECRET, env.AUTH_ISSUER))
        )
        if not complete or self.profile_is_option or env.PROFILE in variables:
            return False
        try:
            if active := self._store.active():
                self._store.get(active)
        except JebbitctlError as error:
            self._warn(f"{error.message}; the environment is used alone")
            return True
        return False

    @property
    def jebbit_environment(self) -> str:
        """``production`` or ``staging``."""
        return require_jebbit_environment(
            self.profile.environment or "production", source=self._profile_source
        )

    @property
    def api_url(self) -> Setting:
        """The API's base URL, without a trailing slash."""
        found = self._resolve(env.API_BASE_URL, lambda profile: profile.api_url)
        if found is None:
            found = Setting(API_URLS[self.jebbit_environment], f"default for {self.jebbit_environment}")
        return _require_https(found)

    @property
    def issuer(self) -> Setting:
        """The token issuer's base URL, without a trailing slash."""
        return _require_https(
            self._resolve(env.AUTH_ISSUER, lambda profile: profile.auth_url)
            or Setting(DEFAULT_ISSUER, "default")
        )

    @property
    def audience(self) -> Setting:
        """The audience to request tokens for."""
        return self._resolve(env.API_AUDIENCE, lambda profile: profile.audience) or Setting(
            DEFAULT_AUDIENCE, "default"
        )

    @property
    def business(self) -> Setting | None:
        """The id or the name of the business to send with each request, None to send none."""
        if self._business_option is not None:
            found: Setting | None = Setting(self._business_option, "--business")
        else:
            found = self._resolve(env.BUSINESS_ID, lambda profile: profile.business)
        if found:
            require_business(found.value, source=found.source)
        return found

    @property
    def timeout(self) -> float:
        """The seconds that an API call may take.

        Raises:
            UsageError: JEBBIT_TIMEOUT is not a positive number, or more than MAX_TIMEOUT.
        """
        text = self._environment.setting(env.TIMEOUT)
        if text is None:
            return DEFAULT_TIMEOUT
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= MAX_TIMEOUT:
            raise UsageError(
                f"{env.TIMEOUT}={text!r} is not a number of seconds between 0 and {MAX_TIMEOUT:g}"
            )
        return seconds

    def _resolve(self, variable: str, field: Callable[[Profile], str | None]) -> Setting | None:
        """Return the first value that is set: environment, then profile; with --profile, the reverse.

        The profile is not read if it is not needed.
        """
        value = self._environment.setting(variable)
        if value is not None and not self.profile_is_option and env.PROFILE not in self._environment:
            return Setting(value, variable)
        stored = field(self.profile)
        if stored is not None:
            return Setting(stored, self._profile_source)
        return None if value is None else Setting(value, variable)

    @property
    def _profile_source(self) -> str:
        return f"profile {self.profile_name.value}"


def require_jebbit_environment(name: str, *, source: str) -> str:
    """Return the name of one of Jebbit's environments.

    Raises:
        UsageError: Jebbit has no environment of this name.
    """
    if name not in API_URLS:
        raise UsageError(
            f"{source}: {name!r} is not one of Jebbit's environments", hint=f"use {' or '.join(API_URLS)}"
        )
    return name


def require_business(named: str, *, source: str) -> str:
    """Return an id or a name of a business if it can be one.

    Raises:
        UsageError: it is empty, or contains control characters.
    """
    if not named.strip() or not named.isprintable():
        raise UsageError(f"{named!r} is neither the id nor the name of a business ({source})")
    return named


def profile_api_url(profile: Profile) -> str | None:
    """Return the API's base URL for a profile, None if its environment is unknown."""
    return profile.api_url or API_URLS.get(profile.environment or "production")


def _require_https(setting: Setting) -> Setting:
    return Setting(require_https(setting.value, what=setting.source).rstrip("/"), setting.source)
