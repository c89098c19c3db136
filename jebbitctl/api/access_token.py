"""Access tokens and their sources."""

from __future__ import annotations

import base64
import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jebbitctl.errors import CredentialsError
from jebbitctl.util.ids import is_id
from jebbitctl.util.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LIFETIME = 30 * 86400
REFRESH_AT = 0.9
"""The share of its lifetime after which a token is replaced."""

_BUSINESS_SCOPE = "read:business:"
_MAX_TIMESTAMP = 253402300799  # 9999-12-31T23:59:59Z
_MAX_TIME = 2**40
"""Unix seconds that ``time.time()`` never returns."""


class AccessToken(NamedTuple):
    """An access token with its scopes and lifetime.

    Attributes:
        access_token: usually a JWT, but it may be any text.
        scopes: the granted scopes, such as ``read:integration``; ``read:business:<id>`` names a business.
        issued_at: unix seconds, by this machine's clock.
        expires_at: likewise.
    """

    access_token: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float

    def __repr__(self) -> str:
        """Leave out the token."""
        return f"AccessToken(scopes={self.scopes}, issued_at={self.issued_at}, expires_at={self.expires_at})"

    @classmethod
    def from_text(cls, access_token: str) -> AccessToken:
        """Return the token with this text; its scopes and expiry are known only if it is a JWT.

        Raises:
            CredentialsError: the text is not valid in an HTTP header.
        """
        require_token_text(access_token)
        expiry = claims(access_token).get("exp")
        expires_at = min(expiry, _MAX_TIMESTAMP) if isinstance(expiry, int | float) else math.inf
        return cls(access_token, token_scopes(None, access_token), time.time(), float(max(expires_at, 0)))

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any] | None) -> AccessToken | None:
        """Return the token of a cache entry, None if the entry is not exactly what :meth:`to_entry` makes."""
        if entry is None:
            return None
        text, scopes = entry.get("access_token"), entry.get("scopes")
        issued_at, expires_at = _cached_time(entry.get("issued_at")), _cached_time(entry.get("expires_at"))
        if (
            not isinstance(text, str)
            or not isinstance(scopes, list)
            or issued_at is None
            or expires_at is None
        ):
            return None
        if not all(isinstance(scope, str) for scope in scopes) or expires_at - issued_at > MAX_LIFETIME:
            return None
        try:
            require_token_text(text)
        except CredentialsError:
            return None
        return cls(text, tuple(scopes), issued_at, expires_at)

    def to_entry(self) -> dict[str, Any]:
        """Return the cache entry of this token."""
        return self._asdict()

    @property
    def businesses(self) -> list[str]:
        """The ids of the businesses that the token covers; empty if it lists none."""
        named = (s.removeprefix(_BUSINESS_SCOPE) for s in self.scopes if s.startswith(_BUSINESS_SCOPE))
        return list(dict.fromkeys(filter(is_id, named)))

    @property
    def resource_scopes(self) -> list[str]:
        """The scopes that do not name a business."""
        return [scope for scope in self.scopes if not scope.startswith(_BUSINESS_SCOPE)]

    def is_fresh(self, now: float) -> bool:
        """Whether to use the token at ``now`` (unix seconds); False if the clock was set back."""
        return self.issued_at <= now < self.issued_at + REFRESH_AT * (self.expires_at - self.issued_at)


class TokenSource(Protocol):
    """A source of access tokens."""

    @property
    def renewal_hint(self) -> str | None:
        """How the user gets a new token, None if commands get one themselves."""

    def get(self) -> AccessToken:
        """Return a token that should work."""

    def refresh(self, rejected: AccessToken) -> AccessToken | None:
        """Return a token to use instead of a rejected one, None if there is no other."""


def require_token_text(access_token: str) -> None:
    """Check that a token is valid in an HTTP header: the error that requests raises would quote it.

    Raises:
        CredentialsError: it is empty, or contains anything but visible ASCII characters.
    """
    if not access_token or not all("!" <= c <= "~" for c in access_token):
        raise CredentialsError("the access token is empty or contains invalid characters")


def token_scopes(scope: Any, access_token: str) -> tuple[str, ...]:
    """Return the scopes of a response's ``scope`` and of the JWT's claims; each may be missing.

    The claims are ``permissions``, a list, and ``scope``, a text or a list.
    """
    claimed = claims(access_token)
    sources = (scope, claimed.get("permissions"), claimed.get("scope"))
    return tuple(dict.fromkeys(name for source in sources for name in _names(source)))


def _names(scope: Any) -> list[str]:
    """Return the scopes in a text or a list; none in anything else."""
    if isinstance(scope, str):
        return scope.split()
    return [name for name in scope if isinstance(name, str)] if isinstance(scope, list) else []


def claims(access_token: str) -> dict[str, Any]:
    """Return a JWT's claims without verifying them: the service decides. Empty if the text is no JWT."""
    parts = access_token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        found = parse_json(payload)
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _cached_time(value: Any) -> float | None:
    """Return a cached time, None if ``time.time()`` cannot have returned it."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value < _MAX_TIME else None
