"""Where a value comes from: option, then environment, then profile, then default.

A profile named by ``--profile`` counts as an option: what it says outranks the environment.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.storage.profiles import Profile, require_profile_name
from jebbitctl.urls import require_https

if TYPE_CHECKING:
    from jebbitctl.storage.profiles import ProfileStore

ENVIRONMENTS = {"production": "https://api2.jebbit.com", "staging": "https://api.jebbx.com"}
DEFAULT_ENVIRONMENT = "production"
ISSUER = "https://auth.jebbit.com"
AUDIENCE = "public-api"
TIMEOUT = 60.0
"""Seconds for a whole call, retries included."""


class Setting(NamedTuple):
    """A value and where it came from, such as ``JEBBIT_API_BASE_URL`` or ``profile staging``."""

    value: str
    source: str


class Options(NamedTuple):
    """What was typed on the command line."""

    profile: str | None = None
    business: str | None = None


def variable(name: str) -> str | None:
    """Return an environment variable's value, None when it is not set.

    Raises:
        UsageError: it is set, but empty, which is a mistake in a script and never the same as unset; or it
            holds control characters.
    """
    value = os.environ.get(name)
    if value == "":
        raise UsageError(f"{name} is set, but empty", hint=f"unset {name}, or give it a value")
    if value is not None and not value.isprintable():
        raise UsageError(f"{name} holds a line break or another control character")
    return value


def credential_variable(name: str) -> str | None:
    """Return a credential from the environment, None when it is not set.

    Raises:
        CredentialsError: it is set, but empty, or holds line breaks or control characters.
    """
    value = os.environ.get(name)
    if value == "":
        raise CredentialsError(f"{name} is empty", hint=f"give {name} a value, or unset it")
    return None if value is None else clean_credential(value, what=name)


def clean_credential(value: str, *, what: str) -> str:
    """Return a credential without the line breaks that ``echo`` or an editor put at its end.

    Raises:
        CredentialsError: nothing is left, or a line break or control character stands inside.
    """
    value = value.rstrip("\r\n")
    if not value:
        raise CredentialsError(f"{what} is empty")
    if not value.isprintable():
        raise CredentialsError(f"{what} holds a line break or another control character inside")
    return value


class Settings:
    """The settings of one invocation; each is looked up when it is first asked for."""

    def __init__(self, options: Options, store: ProfileStore) -> None:
        self._options = options
        self._store = store
        self._profile: Profile | None = None

    @property
    def profile_name(self) -> Setting:
        """The profile in use, whether it exists or not."""
        if self._options.profile is not None:
            return Setting(require_profile_name(self._options.profile), "--profile")
        named = variable("JEBBIT_PROFILE")
        if named is not None:
            return Setting(require_profile_name(named), "JEBBIT_PROFILE")
        return Setting(self._store.default(), "default")

    @property
    def profile(self) -> Profile:
        """The profile in use; an empty one when there is none and nobody named it.

        Raises:
            UsageError: a profile was named that does not exist.
        """
        if self._profile is None:
            name = self.profile_name
            found = self._store.get(name.value)
            if found is None and name.source != "default":
                known = ", ".join(self._store.names())
                raise UsageError(
                    f"there is no profile {name.value!r} ({name.source})",
                    hint=f"profiles: {known}"
                    if known
                    else f"create it: jebbitctl login --profile {name.value}",
                )
            self._profile = found or Profile()
        return self._profile

    @property
    def profile_is_option(self) -> bool:
        """Whether ``--profile`` was typed."""
        return self._options.profile is not None

    @property
    def environment(self) -> str:
        """``production`` or ``staging``."""
        environment = self.profile.environment or DEFAULT_ENVIRONMENT
        return require_environment(environment, what=self._profile_source())

    @property
    def api_url(self) -> Setting:
        """The API's base URL, without a trailing slash."""
        default = Setting(profile_api_url(self.profile), f"default for {self.environment}")
        return _url(self._pick(None, "JEBBIT_API_BASE_URL", self.profile.api_url) or default)

    @property
    def issuer(self) -> Setting:
        """The token issuer's base URL, without a trailing slash."""
        return _url(
            self._pick(None, "JEBBIT_AUTH_ISSUER", self.profile.auth_url) or Setting(ISSUER, "default")
        )

    @property
    def audience(self) -> Setting:
        """The audience that tokens are asked for."""
        return self._pick(None, "JEBBIT_API_AUDIENCE", self.profile.audience) or Setting(AUDIENCE, "default")

    @property
    def business(self) -> Setting | None:
        """The business to name in each request, None to name none."""
        from jebbitctl.ids import require_id

        picked = self._pick(self._options.business, "JEBBIT_BUSINESS_ID", self.profile.business, "--business")
        if picked:
            require_id(picked.value, what=f"the business ({picked.source})")
        return picked

    def _pick(
        self, option: str | None, name: str, stored: str | None, option_name: str = ""
    ) -> Setting | None:
        if option is not None:
            return Setting(option, option_name)
        from_environment = variable(name)
        in_order = [(from_environment, name), (stored, self._profile_source())]
        if self.profile_is_option:
            in_order.reverse()
        return next((Setting(value, source) for value, source in in_order if value is not None), None)

    def _profile_source(self) -> str:
        return f"profile {self.profile_name.value}"


def profile_api_url(profile: Profile) -> str:
    """Return a profile's API base URL: its own, else its environment's; empty for an unknown environment."""
    return profile.api_url or ENVIRONMENTS.get(profile.environment or DEFAULT_ENVIRONMENT, "")


def require_environment(name: str, *, what: str) -> str:
    """Return ``name`` when it is one of Jebbit's environments.

    Raises:
        UsageError: it is not.
    """
    if name not in ENVIRONMENTS:
        raise UsageError(f"{what}: {name!r} is not an environment", hint=f"use {' or '.join(ENVIRONMENTS)}")
    return name


def timeout() -> float:
    """Return the seconds a call may take (JEBBIT_TIMEOUT).

    Raises:
        UsageError: it is not a positive number.
    """
    text = variable("JEBBIT_TIMEOUT")
    if text is None:
        return TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 86400:  # noqa: PLR2004 - a day
        raise UsageError(f"JEBBIT_TIMEOUT={text!r} is not a number of seconds above 0")
    return seconds


def flag(name: str) -> bool:
    """Whether a variable such as JEBBIT_DEBUG is on: set, and neither empty, ``0``, ``false`` nor ``no``."""
    return os.environ.get(name, "").lower() not in {"", "0", "false", "no"}


def _url(setting: Setting) -> Setting:
    return Setting(require_https(setting.value, what=setting.source).rstrip("/"), setting.source)
