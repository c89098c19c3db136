"""Which credentials are in use, and how they become an access token that lives as long as it may."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.errors import CredentialsError, JebbitctlError
from jebbitctl.settings import AUDIENCE, ISSUER, credential_variable
from jebbitctl.storage.token_cache import cache_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.api.oauth import Token
    from jebbitctl.api.transport import Transport
    from jebbitctl.settings import Settings
    from jebbitctl.storage.profiles import Profile
    from jebbitctl.storage.secret_store import SecretStore
    from jebbitctl.storage.token_cache import TokenCache

_LATEST = 2**40
NO_CREDENTIALS_HINT = "run jebbitctl login, or set JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET"


class Credentials(NamedTuple):
    """A client id, where it came from, and how to get at its secret when one is needed.

    Attributes:
        key: names the token cache's entry; changes whenever the token would.
        secret: asks the environment or the keyring; called only when a token must be asked for.
    """

    client_id: str
    source: str
    issuer: str
    audience: str
    key: str
    secret: Callable[[], str]


def find_credentials(settings: Settings, secrets: SecretStore) -> Credentials:
    """Return the credentials in use: the environment's, else the profile's with its secret in the keyring.

    Raises:
        CredentialsError: there are none, or only half of them.
    """
    if not settings.profile_is_option and (found := _from_environment(settings)):
        return found
    profile, name = settings.profile, settings.profile_name.value
    if not profile.client_id:
        raise CredentialsError("not logged in", hint=NO_CREDENTIALS_HINT)
    # What is asked for is what the settings say; a secret is only found for the issuer that it was proven to.
    issuer, audience = settings.issuer.value, settings.audience.value
    asked = profile._replace(auth_url=issuer, audience=audience)

    def secret() -> str:
        kept = secrets.get(keyring_account(name, asked))
        if kept is None:
            raise CredentialsError(
                f"the keyring holds no secret of profile {name} for the issuer {issuer}",
                hint=f"run jebbitctl login --profile {name}",
            )
        return kept

    return Credentials(
        profile.client_id, f"keyring (profile {name})", issuer, audience, profile_key(name, asked), secret
    )


def identity_of(profile: Profile) -> tuple[str, str, str]:
    """Return a profile's issuer, audience and client id: what its secret and its tokens belong to."""
    return (
        (profile.auth_url or ISSUER).rstrip("/"),
        profile.audience or AUDIENCE,
        profile.client_id or "",
    )


def keyring_account(name: str, profile: Profile) -> str:
    """Return the account name in the keyring; no two profiles, issuers or audiences share one."""
    issuer, audience, client_id = identity_of(profile)
    return f"{name} {client_id} {audience} {issuer}"


def profile_key(name: str, profile: Profile) -> str:
    """Return the token cache's key for a profile; each login makes a new one."""
    return cache_key("keyring", name, *identity_of(profile), profile.login_id or "")


def _from_environment(settings: Settings) -> Credentials | None:
    client_id = credential_variable("JEBBIT_CLIENT_ID")
    secret = credential_variable("JEBBIT_CLIENT_SECRET")
    if client_id is None and secret is None:
        return None
    if client_id is None or secret is None:
        missing, present = "JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET"
        if client_id is not None:
            missing, present = present, missing
        raise CredentialsError(f"{present} is set, but {missing} is not", hint="set both, or neither")
    issuer, audience = settings.issuer.value, settings.audience.value
    key = cache_key("environment", issuer, audience, client_id, secret)
    return Credentials(client_id, "environment", issuer, audience, key, lambda: secret)


class GivenToken:
    """The token in JEBBIT_ACCESS_TOKEN: used as it is, never replaced."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def current(self) -> Token:
        """Return the token."""
        return self._token

    def renewed(self, rejected: Token) -> Token | None:  # noqa: ARG002 - the protocol's
        """Return None: there is nothing to ask for another with."""
        return None


class CachedTokens:
    """Tokens from the cache while they are fresh, else from the issuer, once for all processes."""

    def __init__(
        self, credentials: Credentials, cache: TokenCache, transport: Callable[[], Transport]
    ) -> None:
        self._credentials = credentials
        self._cache = cache
        self._transport = transport
        self._token: Token | None = None
        self._asked = False

    def current(self) -> Token:
        """Return a fresh token.

        Raises:
            CredentialsError: the issuer refuses the credentials, or their secret cannot be had.
            UnavailableError: the issuer cannot be reached.
        """
        token = self._token
        if token is None or not (token.is_fresh(time.time()) or self._is_stillborn(token)):
            token = self._token = self._cached() or self._ask_once(rejected=None)
        return token

    def renewed(self, rejected: Token) -> Token | None:
        """Return another token than the rejected one, None when that was asked for by this very process."""
        if self._asked:
            return None
        self._token = self._ask_once(rejected=rejected.access_token)
        return self._token

    def _is_stillborn(self, token: Token) -> bool:
        """Whether the issuer gave a token that is never fresh; asking again would give another of these."""
        return self._asked and not token.is_fresh(token.issued_at)

    def _cached(self, rejected: str | None = None) -> Token | None:
        token = token_from_entry(self._cache.get(self._credentials.key))
        if token is None or not token.is_fresh(time.time()) or token.access_token == rejected:
            return None
        return token

    def _ask_once(self, rejected: str | None) -> Token:
        """Take the lock, look again (another process may have asked meanwhile), and only then ask."""
        self._transport()  # built before: nobody waits for what this process still has to import
        key = self._credentials.key
        with self._cache.lock(key):
            token = self._cached(rejected)
            if token is None:
                if rejected is not None:
                    with suppress(JebbitctlError):  # the new one replaces it, or the next command asks too
                        self._cache.drop(key)
                token = self._ask()
                if token.is_fresh(token.issued_at):
                    self._cache.put(key, token._asdict())
        return token

    def _ask(self) -> Token:
        from jebbitctl.api.oauth import ClientCredentials, request_token

        given = self._credentials
        self._asked = True
        return request_token(
            self._transport(),
            ClientCredentials(given.issuer, given.audience, given.client_id, given.secret()),
        )


def token_from_entry(entry: dict[str, Any] | None) -> Token | None:
    """Rebuild a token from a cache entry; None for anything that is not exactly one."""
    from jebbitctl.api.oauth import MAX_LIFETIME, Token, require_token_text

    if entry is None:
        return None
    text, scopes = entry.get("access_token"), entry.get("scopes")
    issued, expires = _seconds(entry.get("issued_at")), _seconds(entry.get("expires_at"))
    if not isinstance(text, str) or not isinstance(scopes, list) or issued is None or expires is None:
        return None
    if not all(isinstance(scope, str) for scope in scopes) or expires - issued > MAX_LIFETIME:
        return None
    try:
        require_token_text(text)
    except CredentialsError:
        return None
    return Token(text, tuple(scopes), issued, expires)


def _seconds(value: Any) -> float | None:
    """Return a time of the cache; None for what ``time.time()`` cannot have said."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < _LATEST else None
