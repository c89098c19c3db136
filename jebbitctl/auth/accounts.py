"""Accounts on this machine: ``login`` authenticates and saves one, ``logout`` removes it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.auth.credentials import keyring_account, profile_cache_key, profile_identity
from jebbitctl.auth.tokens import StaticTokenSource
from jebbitctl.errors import JebbitctlError
from jebbitctl.settings import profile_api_url
from jebbitctl.util.signals import deferred_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.transport import Transport
    from jebbitctl.storage.completion_cache import CompletionCache
    from jebbitctl.storage.keyring_store import KeyringStore
    from jebbitctl.storage.login_notes import LoginNote, LoginNotes
    from jebbitctl.storage.profiles import Profile, ProfileStore
    from jebbitctl.storage.token_cache import TokenCache


@dataclass(frozen=True, slots=True)
class Account:
    """A profile, its name, and the secret of its client id.

    Attributes:
        name: of the profile.
        profile: with a client id.
        client_secret: of the client id; it is stored unless the profile's command prints it.
        fix: what the user does if the issuer rejects the id or the secret.
    """

    name: str
    profile: Profile
    client_secret: str = field(repr=False)
    fix: str


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


@dataclass(frozen=True, slots=True)
class AccountStorage:
    """Where accounts are stored on this machine.

    Attributes:
        profiles: everything but secrets.
        keyring: the secrets.
        notes: the keyring entries of logins that were interrupted.
        tokens: cached tokens.
        completions: cached completions.
    """

    profiles: ProfileStore
    keyring: KeyringStore
    notes: LoginNotes
    tokens: TokenCache
    completions: CompletionCache


class Accounts:
    """The accounts on this machine: profiles, secrets in the keyring, cached tokens and completions."""

    def __init__(self, storage: AccountStorage, transport: Callable[[], Transport]) -> None:
        self._profiles = storage.profiles
        self._keyring = storage.keyring
        self._notes = storage.notes
        self._tokens = storage.tokens
        self._completions = storage.completions
        self._transport = transport

    def require_storage(self, name: str, *, by_command: bool) -> None:
        """Check that an account can be saved here, before the user is asked for anything.

        Args:
            name: of the profile.
            by_command: whether a command prints the secret, which needs no keyring. The keyring may hold that
                of an earlier login, which is removed.

        Raises:
            UsageError: the profile cannot be written.
            KeyringError: there is no keyring for the secret.
        """
        self._profiles.require_writable()
        if not by_command or self._entries(name, self._profiles.get(name)):
            self._keyring.check()

    def authenticate(self, account: Account) -> LoginResult:
        """Request a token, then ask Jebbit which businesses it covers.

        Raises:
            CredentialsError: the credentials or the token are rejected.
            UsageError: they do not cover the profile's business.
        """
        from jebbitctl.api.businesses import find_business, identify
        from jebbitctl.api.client import Client
        from jebbitctl.api.coverage import require_named
        from jebbitctl.auth.oauth import ClientCredentials, request_token

        profile = account.profile
        credentials = ClientCredentials(*profile_identity(profile), account.client_secret, account.fix)
        token = request_token(self._transport(), credentials)
        api_url = profile_api_url(profile) or ""
        client = Client(self._transport(), api_url, StaticTokenSource(token))
        if profile.business is not None:
            client = client.for_business(find_business(client, profile.business, source="--business"))
        business, businesses = identify(client, token.businesses)
        in_use, covered = business["id"] if business else None, [str(found["id"]) for found in businesses]
        require_named(client.business, in_use, covered)
        return LoginResult(token, business, businesses)

    def save(self, account: Account, token: AccessToken) -> None:
        """Store the secret, then the profile, then the token; remove those of an earlier login.

        A secret that a command prints is not stored.

        The keyring entries are noted first: if the login is interrupted, a secret without a profile is
        removed again, or at the latest by the next login or logout.

        Raises:
            KeyringError: the keyring fails or does not respond; the profile is not saved.
            UsageError: the profile cannot be written; a new secret is removed again.
        """
        name, profile = account.name, account.profile
        previous = self._profiles.get(name)
        new_entries = self._entries(name, profile)
        with suppress(JebbitctlError):
            self.remove_interrupted()
        with self._notes.note(sorted(new_entries | self._entries(name, previous))) as note:
            stored = False
            try:
                with deferred_signals():  # the keyring may store a secret even if nobody waits for it
                    for entry in new_entries:
                        self._keyring.set(entry, account.client_secret)
                    stored = True
                self._profiles.save(name, profile)
            except BaseException:
                with deferred_signals(), suppress(JebbitctlError):
                    self._settle(note, certain=stored)
                raise
            if previous is not None:
                self._tokens.remove(profile_cache_key(name, previous))
            self._settle(note)
        self._tokens.put(profile_cache_key(name, profile), token.to_entry())

    def remove(self, names: Sequence[str]) -> None:
        """Remove each profile's token, its secret, and then the profile, so that a failure can be retried.

        All cached completions are removed, too, and the secrets that interrupted logins have left.

        Raises:
            JebbitctlError: names the profiles that remain.
        """
        for done, name in enumerate(names):
            try:
                self._remove(name)
            except JebbitctlError as error:
                removed = f"; removed: {', '.join(names[:done])}" if done else ""
                raise error.with_context(f"not removed: {', '.join(names[done:])} (", f"){removed}") from None
        self.remove_interrupted()

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

    def interrupted_secrets(self) -> list[str]:
        """Return the keyring entries that interrupted logins have left and no profile uses.

        Raises:
            KeyringError: there are notes of interrupted logins, but the keyring cannot be read.
        """
        noted = {account for note in self._notes.interrupted() for account in note.accounts}
        return [account for account in sorted(self._unused(noted)) if self._keyring.get(account) is not None]

    def remove_interrupted(self) -> None:
        """Remove the secrets that interrupted logins have left in the keyring and no profile uses.

        Raises:
            JebbitctlError: one cannot be removed.
        """
        for note in self._notes.interrupted():
            try:
                self._settle(note)
            except JebbitctlError as error:
                raise error.with_context("not removed: the secret of an interrupted login (", ")") from None

    def _settle(self, note: LoginNote, *, certain: bool = True) -> None:
        """Remove the noted secrets that no profile uses, and then the note.

        Args:
            note: of an interrupted login, or of this one.
            certain: whether the keyring stores nothing any more; else the note stays for the next run.
        """
        unused = self._unused(note.accounts)
        for account in sorted(unused - self._notes.in_use(besides=note) if unused else unused):
            self._keyring.delete(account)
        if certain:
            note.remove()

    def _unused(self, accounts: Collection[str]) -> set[str]:
        """Return those of the keyring entries that no profile uses."""
        if not accounts:
            return set()
        self._profiles.reread()
        used = (self._entries(name, self._profiles.get(name)) for name in self._profiles.names())
        return set(accounts).difference(*used)

    def _remove(self, name: str) -> None:
        self._completions.clear()
        profile = self._profiles.get(name)
        if profile is not None and profile.client_id:
            self._tokens.remove(profile_cache_key(name, profile))
            for entry in self._entries(name, profile):
                self._keyring.delete(entry)
        self._profiles.remove(name)

    @staticmethod
    def _entries(name: str, profile: Profile | None) -> set[str]:
        """Return the keyring's entry for a profile; none if a command prints its secret."""
        if profile is None or profile.client_secret_command is not None:
            return set()
        return {keyring_account(name, profile)}
