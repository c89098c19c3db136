"""OAuth 2.0 client credentials at Jebbit's issuer, an Auth0 tenant.

Sources: Jebbit's overview article (the JSON body with exactly four members, the scopes) and Jebbit's MCP
server (errors, the ``permissions`` claim, and that ``scope`` must not be sent).
"""

from __future__ import annotations

import base64
import json
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.errors import CredentialsError, RejectedError, UnavailableError
from jebbitctl.ids import is_id
from jebbitctl.redaction import scrub
from jebbitctl.text import parse_json

if TYPE_CHECKING:
    from jebbitctl.api.transport import ApiResponse, Transport

DEFAULT_LIFETIME = 300
"""Seconds that a token is used for when the issuer does not say how long it is valid."""

MAX_LIFETIME = 30 * 86400
REFRESH_AT = 0.9
"""The share of its lifetime after which a token is replaced."""

_BUSINESS_SCOPE = "read:business:"
_MAX_TIMESTAMP = 253402300799  # 9999-12-31T23:59:59Z


class Token(NamedTuple):
    """An access token.

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
        return f"Token(scopes={self.scopes}, issued_at={self.issued_at}, expires_at={self.expires_at})"

    @property
    def businesses(self) -> list[str]:
        """The ids of the businesses that the token covers; empty when it lists none."""
        named = (s.removeprefix(_BUSINESS_SCOPE) for s in self.scopes if s.startswith(_BUSINESS_SCOPE))
        return list(dict.fromkeys(filter(is_id, named)))

    def is_fresh(self, now: float) -> bool:
        """Whether the token is to be used at ``now``; False after the clock was set back."""
        return self.issued_at <= now < self.issued_at + REFRESH_AT * (self.expires_at - self.issued_at)


class ClientCredentials(NamedTuple):
    """The credentials of a token request."""

    issuer: str
    audience: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"ClientCredentials(issuer={self.issuer!r}, client_id={self.client_id!r})"


def request_token(transport: Transport, credentials: ClientCredentials) -> Token:
    """Request a token from the issuer.

    Raises:
        CredentialsError: the issuer rejects the credentials.
        RejectedError: the response is not a token.
        UnavailableError: the issuer cannot be reached, or failed temporarily.
    """
    members = {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "audience": credentials.audience,
        "grant_type": "client_credentials",
    }
    response = transport.send(
        "POST",
        f"{credentials.issuer}/oauth/token",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps(members).encode(),
        secrets=(credentials.client_secret,),
    )
    if response.status != HTTPStatus.OK:
        _raise_for_status(response, credentials)
    try:
        return _token(response.json())
    except (ValueError, TypeError, KeyError):
        raise RejectedError(
            f"the issuer {credentials.issuer} returned 200, but no token",
            hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url",
            status=200,
        ) from None


def token_from_text(access_token: str) -> Token:
    """Return the token for a given text; its scopes and expiry are known only if it is a JWT.

    Raises:
        CredentialsError: the text is not valid in an HTTP header.
    """
    require_token_text(access_token)
    claims = _claims(access_token)
    expiry = claims.get("exp")
    expires_at = min(expiry, _MAX_TIMESTAMP) if isinstance(expiry, int | float) else math.inf
    return Token(access_token, _scopes(None, claims), time.time(), float(max(expires_at, 0)))


def require_token_text(access_token: str) -> None:
    """Reject text that is not valid in an HTTP header: the error that requests raises would quote it.

    Raises:
        CredentialsError: the text is empty, or contains anything but visible ASCII.
    """
    if not access_token or not all("!" <= c <= "~" for c in access_token):
        raise CredentialsError(
            "the access token is empty or contains spaces, line breaks or other invalid characters"
        )


def _token(document: dict[str, Any]) -> Token:
    text = document["access_token"]
    if not isinstance(text, str):
        raise TypeError
    require_token_text(text)
    now = time.time()
    return Token(text, _scopes(document.get("scope"), _claims(text)), now, now + _lifetime(document))


def _lifetime(document: dict[str, Any]) -> float:
    """Return the token's lifetime in seconds: ``expires_in`` if it is a number, else the default."""
    expires_in = document.get("expires_in")
    if not isinstance(expires_in, int | float | str) or isinstance(expires_in, bool):
        return DEFAULT_LIFETIME
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return DEFAULT_LIFETIME
    return DEFAULT_LIFETIME if math.isnan(seconds) else min(max(seconds, 0.0), MAX_LIFETIME)


def _scopes(scope: Any, claims: dict[str, Any]) -> tuple[str, ...]:
    """Return the scopes from the response's ``scope`` and the JWT's ``permissions``; either may be absent."""
    permissions = claims.get("permissions")
    scopes = scope.split() if isinstance(scope, str) else []
    claimed = [p for p in permissions if isinstance(p, str)] if isinstance(permissions, list) else []
    return tuple(dict.fromkeys(scopes + claimed))


def _claims(access_token: str) -> dict[str, Any]:
    """Return the claims of a JWT, unverified, as they are only shown; empty for other text."""
    parts = access_token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = parse_json(payload)
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _raise_for_status(response: ApiResponse, credentials: ClientCredentials) -> None:
    issuer, status = credentials.issuer, response.status
    if response.is_transient:
        raise UnavailableError(
            f"the issuer {issuer} returned {status}", hint="try again in a minute", status=status
        )
    if status in {400, 401, 403}:
        detail = _error_detail(response, credentials.client_secret)
        raise CredentialsError(
            f"the issuer {issuer} rejected the credentials ({status}{detail})",
            hint="run jebbitctl login to enter them again, or fix JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET",
            status=status,
        )
    redirect = (
        f" (a redirect to {response.redirect_target}, not followed)" if status in range(300, 400) else ""
    )
    raise RejectedError(
        f"the issuer {issuer} returned {status} instead of a token{redirect}",
        hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url",
        status=status,
    )


def _error_detail(response: ApiResponse, secret: str) -> str:
    """Return the issuer's error description, shortened, with the secret masked."""
    try:
        document = response.json()
        detail = document.get("error_description") or document.get("error") or ""
    except (ValueError, AttributeError):
        return ""
    return f": {scrub(detail, [secret])[:200]}" if isinstance(detail, str) and detail else ""
