"""Accounts on this machine: ``login`` authenticates and saves one, ``logout`` removes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.auth.credentials import keyring_account, profile_cache_key, profile_identity
from jebbitctl.auth.tokens import StaticTokenSource
from jebbitctl.errors import JebbitctlError
from jebbitctl.settings import profile_api_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.transport import Transport
    from jebbitctl.storage.completion_cache import CompletionCache
    from jebbitctl.storage.keyring_store import KeyringStore
    from jebbitctl.storage.profiles import Profile, ProfileStore
    from jebbitctl.storage.token_cache import TokenCache


@dataclass(frozen=True, slots=True)
class Account:
    """A profile, its name, and the secret of its client id."""

    name: str
    profile: Profile
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginResult:
    """What Jebbit says about an account.

    Attributes:
        token: an access token for these credentials.
        business: ``{"id", "name"}`` of the business in use, None if the user must choose one.
        businesses: every business that the credentials cover.
    """

    token: AccessToken
    business: dict[str, Any] | None
    businesses: list[dict[str, Any]]


class Accounts:
    """The accounts on this machine: profiles, secrets in the keyring, cached tokens and completions."""

    def __init__(
        self,
        profiles: ProfileStore,
        keyring: KeyringStore,
        tokens: TokenCache,
        completions: CompletionCache,
        transport: Callable[[], Transport],
    ) -> None:
        self._profiles = profiles
        self._keyring = keyring
        self._tokens = tokens
        self._completions = completions
        self._transport = transport

    def require_storage(self) -> None:
        """Check that an account can be saved here, before the user is asked for anything.

        Raises:
            UsageError: the profile cannot be written.
            KeyringError: there is no keyring for the secret.
        """
        self._profiles.require_writable()
        self._keyring.check()

    def authenticate(self, account: Account) -> LoginResult:
        """Request a token, then ask Jebbit which businesses it covers.

        Raises:
            CredentialsError: the credentials or the token are rejected.
        """
        from jebbitctl.api.businesses import identify
        from jebbitctl.api.client import Client
        from jebbitctl.auth.oauth import ClientCredentials, request_token

        identity = profile_identity(account.profile)
        token = request_token(self._transport(), ClientCredentials(*identity, account.client_secret))
        api_url = profile_api_url(account.profile) or ""
        client = Client(self._transport(), api_url, StaticTokenSource(token), account.profile.business)
        return LoginResult(token, *identify(client, token.businesses))

    def save(self, account: Account, token: AccessToken) -> None:
        """Store the secret, then the profile, then the token; remove those of an earlier login.

        Raises:
            KeyringError: the keyring fails or does not respond; the secret may be saved, the profile is not.
            UsageError: the profile cannot be written; a new secret is removed again.
        """
        name, profile = account.name, account.profile
        previous = self._profiles.get(name)
        previous_entry = None if previous is None else keyring_account(name, previous)
        entry = keyring_account(name, profile)
        self._keyring.set(entry, account.client_secret)
        try:
            self._profiles.save(name, profile)
        except JebbitctlError:
            if previous_entry != entry:
                self._keyring.delete(entry)
            raise
        if previous is not None:
            self._tokens.remove(profile_cache_key(name, previous))
        if previous_entry is not None and previous_entry != entry:
            self._keyring.delete(previous_entry)
        self._tokens.put(profile_cache_key(name, profile), token.to_entry())

    def remove(self, names: Sequence[str]) -> None:
        """Remove each profile's token, its secret, and then the profile, so that a failure can be retried.

        All cached completions are removed, too.

        Raises:
            JebbitctlError: names the profiles that remain.
        """
        for done, name in enumerate(names):
            try:
                self._remove(name)
            except JebbitctlError as error:
                removed = f"; removed: {', '.join(names[:done])}" if done else ""
                raise error.with_context(f"not removed: {', '.join(names[done:])} (", f"){removed}") from None

    def remove_all(self) -> list[str]:
        """Remove every profile and everything that is cached; return the profiles' names.

        Raises:
            JebbitctlError: names the profiles that remain.
        """
        names = self._profiles.names()
        self.remove(names)
        self._tokens.clear()
        self._completions.clear()
        return names

    def _remove(self, name: str) -> None:
        self._completions.clear()
        profile = self._profiles.get(name)
        if profile is not None and profile.client_id:
            self._tokens.remove(profile_cache_key(name, profile))
            self._keyring.delete(keyring_account(name, profile))
        self._profiles.remove(name)
