"""What ``login`` and ``logout`` do: prove an account, keep it, forget it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.authentication import GivenToken, identity_of, keyring_account, profile_key
from jebbitctl.errors import JebbitctlError
from jebbitctl.settings import profile_api_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.api.oauth import Token
    from jebbitctl.api.transport import Transport
    from jebbitctl.storage.ids_cache import IdsCache
    from jebbitctl.storage.profiles import Profile, ProfileStore
    from jebbitctl.storage.secret_store import SecretStore
    from jebbitctl.storage.token_cache import TokenCache


@dataclass(frozen=True, slots=True)
class Account:
    """What is to be proven and kept: a profile under its name, and the secret of its client id."""

    name: str
    profile: Profile
    client_secret: str = field(repr=False)

    @property
    def api_url(self) -> str:
        """The API's base URL."""
        return profile_api_url(self.profile)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the service said about an account.

    Attributes:
        token: what the issuer gave for the credentials.
        business: ``{"id", "name"}`` of the business in use, None where one must still be named.
        businesses: all that the credentials cover.
    """

    token: Token
    business: dict[str, Any] | None
    businesses: list[dict[str, Any]]


class Accounts:
    """The accounts on this machine: a profile, its secret in the keyring, and what is cached of it."""

    def __init__(
        self,
        profiles: ProfileStore,
        secrets: SecretStore,
        cache: TokenCache,
        ids: IdsCache,
        transport: Callable[[], Transport],
    ) -> None:
        self._profiles = profiles
        self._secrets = secrets
        self._cache = cache
        self._ids = ids
        self._transport = transport

    def require_storage(self) -> None:
        """Refuse a machine that no account can be kept on, before anything is asked or sent.

        Raises:
            UsageError: there is no place for the profile.
            KeyringError: there is no keyring for the secret.
        """
        self._profiles.require_writable()
        self._secrets.check()

    def prove(self, account: Account) -> Proof:
        """Ask for a token, and then whose it is.

        Raises:
            CredentialsError: either is refused.
        """
        from jebbitctl.api.businesses import identify
        from jebbitctl.api.client import Client
        from jebbitctl.api.oauth import ClientCredentials, request_token

        identity = identity_of(account.profile)
        token = request_token(self._transport(), ClientCredentials(*identity, account.client_secret))
        client = Client(self._transport(), account.api_url, GivenToken(token), account.profile.business)
        return Proof(token, *identify(client, token.businesses))

    def keep(self, account: Account, token: Token) -> None:
        """Store the secret, then the profile, then the token; what an earlier login left is removed.

        Raises:
            KeyringError: the keyring does not keep the secret; nothing is stored.
            UsageError: the profile cannot be written; a secret that is new is removed again.
        """
        name, profile = account.name, account.profile
        before = self._profiles.get(name)
        had = None if before is None else keyring_account(name, before)
        place = keyring_account(name, profile)
        self._secrets.set(place, account.client_secret)
        try:
            self._profiles.save(name, profile)
        except JebbitctlError:
            if had != place:
                self._secrets.delete(place)
            raise
        if before is not None:
            self._cache.drop(profile_key(name, before))
        if had is not None and had != place:
            self._secrets.delete(had)
        self._cache.put(profile_key(name, profile), token._asdict())

    def forget(self, names: Sequence[str]) -> None:
        """Remove each profile's token, its secret, and then the profile: what fails can be tried again.

        What TAB offered goes with the first one, whoever's it was.

        Raises:
            JebbitctlError: names what is still there.
        """
        for done, name in enumerate(names):
            try:
                self._forget(name)
            except JebbitctlError as error:
                removed = f"; removed: {', '.join(names[:done])}" if done else ""
                raise error.with_context(
                    prefix=f"not removed: {', '.join(names[done:])} (", suffix=f"){removed}"
                ) from None

    def forget_all(self) -> list[str]:
        """Forget every profile, and all that is cached; return the profiles' names.

        Raises:
            JebbitctlError: names what is still there.
        """
        names = self._profiles.names()
        self.forget(names)
        self._cache.clear()
        self._ids.clear()
        return names

    def _forget(self, name: str) -> None:
        self._ids.clear()
        profile = self._profiles.get(name)
        if profile is not None and profile.client_id:
            self._cache.drop(profile_key(name, profile))
            self._secrets.delete(keyring_account(name, profile))
        self._profiles.remove(name)
