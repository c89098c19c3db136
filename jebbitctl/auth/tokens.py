"""Sources of access tokens: a fixed token, or the cache and the issuer."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from jebbitctl.api.access_token import AccessToken
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.api.transport import Transport
    from jebbitctl.auth.credentials import Credentials
    from jebbitctl.storage.token_cache import TokenCache


class StaticTokenSource:
    """A fixed token, such as JEBBIT_ACCESS_TOKEN.

    Args:
        token: the token.
        renewal_hint: how the user gets a new one, None if another token would not help.
    """

    def __init__(self, token: AccessToken, renewal_hint: str | None = None) -> None:
        self._token = token
        self.renewal_hint = renewal_hint

    def get(self) -> AccessToken:
        return self._token

    def refresh(self, rejected: AccessToken) -> None:
        """Return None: there are no credentials to request another with."""


class CachedTokenSource:
    """Tokens from the cache, or from the issuer if the cached one is stale.

    All threads and processes that need a new token at the same time share a single request.

    Args:
        credentials: to request tokens with.
        cache: shared with other processes.
        transport: returns the connections to the issuer.
    """

    renewal_hint = None

    def __init__(
        self, credentials: Credentials, cache: TokenCache, transport: Callable[[], Transport]
    ) -> None:
        self._credentials = credentials
        self._cache = cache
        self._transport = transport
        self._lock = Lock()
        self._token: AccessToken | None = None
        self._requested = False

    def get(self) -> AccessToken:
        """Return a fresh token.

        Raises:
            CredentialsError: the issuer rejects the credentials, or their secret is not available.
            UnavailableError: the issuer cannot be reached.
        """
        with self._lock:
            return self._get()

    def refresh(self, rejected: AccessToken) -> AccessToken | None:
        """Return a token to use instead of a rejected one, None if this process requested that one itself."""
        with self._lock:
            current = self._get()
            if current.access_token != rejected.access_token:
                return current  # another thread has refreshed it
            if self._requested:
                return None
            self._token = self._request_once(rejected=rejected.access_token)
            return self._token

    def cached(self, rejected: str | None = None) -> AccessToken | None:
        """Return the cached token; None if there is none, or it is stale or the rejected one."""
        token = AccessToken.from_entry(self._cache.get(self._credentials.cache_key))
        if token is None or not token.is_fresh(time.time()) or token.access_token == rejected:
            return None
        return token

    def _get(self) -> AccessToken:
        token = self._token
        if token is None or not (token.is_fresh(time.time()) or self._always_stale(token)):
            token = self._token = self.cached() or self._request_once(rejected=None)
        return token

    def _always_stale(self, token: AccessToken) -> bool:
        """Whether the issuer's tokens are never fresh, so that another request would not help."""
        return self._requested and not token.is_fresh(token.issued_at)

    def _request_once(self, rejected: str | None) -> AccessToken:
        """Request a token and cache it, unless another process does so while this one waits for the lock."""
        self._transport()  # imported before the lock is taken: other processes need not wait for that
        key = self._credentials.cache_key
        with self._cache.lock(key):
            token = self.cached(rejected)
            if token is None:
                if rejected is not None:
                    with suppress(JebbitctlError):  # the new token replaces it anyway
                        self._cache.remove(key)
                token = self._request()
                if token.is_fresh(token.issued_at):
                    self._cache.put(key, token.to_entry())
        return token

    def _request(self) -> AccessToken:
        from jebbitctl.auth.oauth import ClientCredentials, request_token

        credentials = self._credentials
        self._requested = True
        return request_token(
            self._transport(),
            ClientCredentials(
                credentials.issuer,
                credentials.audience,
                credentials.client_id,
                credentials.secret(),
                credentials.fix,
            ),
        )
