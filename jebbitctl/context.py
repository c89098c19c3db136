"""What a command works with: settings, credentials, client and streams, each built when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.accounts import Accounts
    from jebbitctl.api.client import Client, TokenSource
    from jebbitctl.api.transport import Transport
    from jebbitctl.authentication import Credentials
    from jebbitctl.settings import Settings
    from jebbitctl.storage.profiles import ProfileStore
    from jebbitctl.storage.secret_store import SecretStore
    from jebbitctl.storage.token_cache import TokenCache


class CommonOptions(NamedTuple):
    """The options that commands share."""

    profile: str | None = None
    business: str | None = None
    json: bool = False
    plain: bool = False
    query: str | None = None
    no_input: bool = False
    debug: bool = False


class Context:
    """The wiring of one invocation."""

    def __init__(self, options: CommonOptions) -> None:
        from jebbitctl.output import Output
        from jebbitctl.prompts import Prompts
        from jebbitctl.settings import flag

        self.options = options
        self.output = Output(
            json=options.json,
            plain=options.plain,
            query=options.query,
            debug=options.debug or flag("JEBBIT_DEBUG"),
        )
        self.prompts = Prompts(allowed=not (options.no_input or flag("JEBBIT_NO_INPUT")))

    @cached_property
    def config_dir(self) -> Path | None:
        """Where profiles and tokens are, None where there is no home: then nothing is kept."""
        from jebbitctl.storage.files import config_dir

        return config_dir()

    @cached_property
    def profiles(self) -> ProfileStore:
        """The profiles of this user."""
        from jebbitctl.storage.profiles import ProfileStore

        return ProfileStore(self.config_dir)

    @cached_property
    def settings(self) -> Settings:
        """Where to talk to, and as whom."""
        from jebbitctl.settings import Options, Settings

        return Settings(Options(self.options.profile, self.options.business), self.profiles)

    @cached_property
    def secrets(self) -> SecretStore:
        """The operating system's keyring."""
        from jebbitctl.storage.secret_store import SecretStore

        return SecretStore()

    @cached_property
    def token_cache(self) -> TokenCache:
        """Tokens between processes."""
        from jebbitctl.storage.token_cache import TokenCache

        return TokenCache(self.config_dir, self.output.warn)

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts on this machine, to prove, to keep and to forget."""
        from jebbitctl.accounts import Accounts
        from jebbitctl.storage.ids_cache import IdsCache

        ids = IdsCache(self.config_dir)
        return Accounts(self.profiles, self.secrets, self.token_cache, ids, lambda: self.transport)

    @cached_property
    def transport(self) -> Transport:
        """The one connection pool of this process."""
        from jebbitctl.api.transport import Transport
        from jebbitctl.settings import timeout

        return Transport(timeout(), self.output.debug if self.output.debugging else None)

    @cached_property
    def credentials(self) -> Credentials | None:
        """The credentials in use, None when JEBBIT_ACCESS_TOKEN stands in for them."""
        from jebbitctl.authentication import find_credentials

        return None if self._given_token else find_credentials(self.settings, self.secrets)

    @cached_property
    def tokens(self) -> TokenSource:
        """Where access tokens come from; a setting that cannot be right is found before one is asked for."""
        from jebbitctl.authentication import CachedTokens, GivenToken

        _ = self.settings.api_url, self.settings.business
        if (credentials := self.credentials) is None:
            from jebbitctl.api.oauth import token_from_text

            return GivenToken(token_from_text(self._given_token or ""))
        return CachedTokens(credentials, self.token_cache, lambda: self.transport)

    @cached_property
    def client(self) -> Client:
        """Jebbit's API, for the business that is named, if one is."""
        from jebbitctl.api.client import Client

        business = self.settings.business
        return Client(
            self.transport, self.settings.api_url.value, self.tokens, business.value if business else None
        )

    def clients(self) -> Callable[[], Client]:
        """Return what makes a client for each of several threads: connections of its own, shared tokens."""
        from jebbitctl.api.client import Client
        from jebbitctl.api.concurrency import SharedTokens
        from jebbitctl.api.transport import Transport

        first, tokens, log = self.client, SharedTokens(self.tokens), self.transport.log
        return lambda: Client(Transport(self.transport.timeout, log), first.base_url, tokens, first.business)

    @cached_property
    def _given_token(self) -> str | None:
        from jebbitctl.settings import credential_variable

        return None if self.settings.profile_is_option else credential_variable("JEBBIT_ACCESS_TOKEN")


def context_of(ctx: Any) -> Context:
    """Return the context that a command's class has put into Typer's."""
    return cast("Context", ctx.obj)
