"""The wiring of one invocation: settings, credentials, client and output, each built when first used."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl import environment as env
from jebbitctl.output.formats import Format
from jebbitctl.output.output import Output
from jebbitctl.output.streams import TerminalSettings
from jebbitctl.prompts import Prompts
from jebbitctl.settings import Settings
from jebbitctl.storage.files import config_dir
from jebbitctl.storage.profiles import ProfileStore
from jebbitctl.util.inputs import padding
from jebbitctl.util.redaction import register_secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.api.access_token import TokenSource
    from jebbitctl.api.client import Client
    from jebbitctl.api.transport import Transport
    from jebbitctl.auth.accounts import Accounts
    from jebbitctl.auth.credentials import Credentials
    from jebbitctl.environment import Environment
    from jebbitctl.storage.completion_cache import CompletionCache
    from jebbitctl.storage.keyring_store import KeyringStore
    from jebbitctl.storage.token_cache import TokenCache


IMPATIENT_TIMEOUT = 3.0
"""Seconds for a request whose answer a command can do without."""


class CommonOptions(NamedTuple):
    """The values of the options that commands share."""

    profile: str | None = None
    business: str | None = None
    json: bool = False
    plain: bool = False
    csv: bool = False
    columns: str | None = None
    query: str | None = None
    no_input: bool = False
    debug: bool = False


class Context:
    """What a command works with.

    Args:
        options: from the command line.
        environment: the variables of this invocation.
    """

    def __init__(self, options: CommonOptions, environment: Environment) -> None:
        self.options = options
        self.environment = environment
        for secret in environment.secrets():
            register_secret(secret)
        self.output = Output(
            Format(options.json, options.plain, options.csv, options.columns, options.query),
            debug=options.debug or environment.switch(env.DEBUG),
            terminal=TerminalSettings.from_variables(environment.values),
        )
        self.prompts = Prompts(allowed=not (options.no_input or environment.switch(env.NO_INPUT)))

    @cached_property
    def config_dir(self) -> Path | None:
        """The directory of profiles and tokens; None without a home directory, where nothing is stored."""
        return config_dir(self.environment)

    @cached_property
    def profiles(self) -> ProfileStore:
        return ProfileStore(self.config_dir)

    @cached_property
    def settings(self) -> Settings:
        """The service and the account to use."""
        return Settings(
            self.options.profile, self.options.business, self.environment, self.profiles, self.output.warn
        )

    @cached_property
    def keyring(self) -> KeyringStore:
        from jebbitctl.storage.keyring_store import KeyringStore

        return KeyringStore()

    @cached_property
    def token_cache(self) -> TokenCache:
        """The cache of tokens that processes share."""
        from jebbitctl.storage.token_cache import TokenCache

        return TokenCache(self.config_dir, self.output.warn)

    @cached_property
    def completions(self) -> CompletionCache:
        """The cache of what TAB offers."""
        from jebbitctl.storage.completion_cache import CompletionCache

        return CompletionCache(self.config_dir)

    def forget_completions(self) -> None:
        """Have TAB ask Jebbit again, as something may have been changed."""
        self.completions.invalidate()

    @cached_property
    def accounts(self) -> Accounts:
        from jebbitctl.auth.accounts import Accounts, AccountStorage
        from jebbitctl.storage.login_notes import LoginNotes

        storage = AccountStorage(
            self.profiles,
            self.keyring,
            LoginNotes(self.config_dir),
            self.token_cache,
            self.completions,
        )
        return Accounts(storage, lambda: self.transport)

    @cached_property
    def transport(self) -> Transport:
        """The one connection pool of this process."""
        return self._new_transport()

    @cached_property
    def credentials(self) -> Credentials | None:
        """The credentials in use, None if JEBBIT_ACCESS_TOKEN replaces them."""
        from jebbitctl.auth.credentials import find_credentials

        if self._static_token is not None:
            return None
        return find_credentials(self.settings, self.environment, self.keyring)

    @cached_property
    def tokens(self) -> TokenSource:
        """The source of access tokens."""
        from jebbitctl.auth.tokens import CachedTokenSource, StaticTokenSource

        # Report an invalid setting before a token is requested.
        _ = self.settings.api_url, self.settings.business
        if (credentials := self.credentials) is None:
            from jebbitctl.api.access_token import AccessToken

            token = self._static_token or ""
            found = padding(token, source=env.ACCESS_TOKEN)
            hint = f"{found.problem}: {found.fix}" if found else f"set {env.ACCESS_TOKEN} to a new token"
            return StaticTokenSource(AccessToken.from_text(token), hint)
        return CachedTokenSource(credentials, self.token_cache, lambda: self.transport)

    @cached_property
    def client(self) -> Client:
        """Jebbit's API, for the business in use."""
        return self._new_client(self.transport, self.business)

    @cached_property
    def unbound_client(self) -> Client:
        """Jebbit's API, without a choice of the business."""
        return self._new_client(self.transport, None)

    @cached_property
    def business(self) -> str | None:
        """The id of the business in use, looked up if a name was given; None to let Jebbit infer it.

        Raises:
            UsageError: the credentials cover no such business, or several of this name.
        """
        from jebbitctl.api.businesses import find_business

        named = self.settings.business
        return find_business(self.unbound_client, named.value, source=named.source) if named else None

    def clients(self) -> Callable[[], Client]:
        """Return a function that makes a client for a thread: with its own connections and shared tokens."""
        _ = self.client  # resolve settings and tokens in this thread
        return lambda: self._new_client(self._new_transport(), self.business)

    def impatient(self, client: Client) -> Client:
        """Return a client for the same business that gives up soon and does not retry.

        It has a connection of its own: a request that is given up still occupies it.
        """
        from jebbitctl.api.transport import Transport

        timeout = min(self.settings.timeout, IMPATIENT_TIMEOUT)
        certificates = self.environment.trusted_certificates()
        return client.with_transport(Transport(timeout, self._log, certificates, max_retries=0))

    def _new_transport(self) -> Transport:
        from jebbitctl.api.transport import Transport

        return Transport(self.settings.timeout, self._log, self.environment.trusted_certificates())

    @property
    def _log(self) -> Callable[[str], None] | None:
        return self.output.debug if self.output.debugging else None

    def _new_client(self, transport: Transport, business: str | None) -> Client:
        from jebbitctl.api.client import Client

        client = Client(transport, self.settings.api_url.value, self.tokens, business)
        client.warn = cache(self.output.warn)  # each text once
        client.after_write = self.forget_completions
        return client

    @cached_property
    def _static_token(self) -> str | None:
        if self.settings.profile_is_option:
            return None
        return self.environment.credential(env.ACCESS_TOKEN)
