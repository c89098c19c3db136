"""OAuth 2.0 client credentials at Jebbit's issuer, an Auth0 tenant.

Sources: Jebbit's overview article (the JSON body with exactly four members, the scopes), and Jebbit's MCP
server (errors, the ``permissions`` claim, and that a ``scope`` must not be sent).
"""

from __future__ import annotations

import base64
import json
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.documents import is_id
from jebbitctl.errors import CredentialsError, RefusedError, UnavailableError
from jebbitctl.redaction import scrub
from jebbitctl.text import parse_json

if TYPE_CHECKING:
    from jebbitctl.api.transport import ApiResponse, Transport

CAREFUL_LIFETIME = 300
"""Seconds that a token is used for when the issuer does not say how long it is valid."""

LONGEST_LIFETIME = 30 * 86400
REFRESH_AT = 0.9
"""The share of its lifetime after which a token is replaced."""

_BUSINESS = "read:business:"
_END_OF_TIME = 253402300799  # the last second that a calendar can show


class Token(NamedTuple):
    """An access token and what it is good for.

    Attributes:
        access_token: usually a JWT, but any opaque text will do.
        scopes: what was granted, such as ``read:integration``; ``read:business:<id>`` names a business.
        issued_at: unix seconds, by this machine's clock.
        expires_at: unix seconds, by this machine's clock.
    """

    access_token: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float

    def __repr__(self) -> str:
        """Return what may be shown: not the token."""
        return f"Token(scopes={self.scopes}, issued_at={self.issued_at}, expires_at={self.expires_at})"

    @property
    def businesses(self) -> list[str]:
        """The ids of the businesses that the token covers; empty when it names none."""
        named = (s.removeprefix(_BUSINESS) for s in self.scopes if s.startswith(_BUSINESS))
        return list(dict.fromkeys(filter(is_id, named)))

    def is_fresh(self, now: float) -> bool:
        """Whether it may be used at ``now`` without asking for a new one; False after the clock went back."""
        return self.issued_at <= now < self.issued_at + REFRESH_AT * (self.expires_at - self.issued_at)


class ClientCredentials(NamedTuple):
    """What a token is asked for with."""

    issuer: str
    audience: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Return what may be shown: not the secret."""
        return f"ClientCredentials(issuer={self.issuer!r}, client_id={self.client_id!r})"


def request_token(transport: Transport, credentials: ClientCredentials) -> Token:
    """Ask the issuer for a token.

    Raises:
        CredentialsError: the issuer refuses these credentials.
        RefusedError: the answer is not a token.
        UnavailableError: the issuer cannot be reached, or is busy.
    """
    members = {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "audience": credentials.audience,
        "grant_type": "client_credentials",
    }
    answer = transport.send(
        "POST",
        f"{credentials.issuer}/oauth/token",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps(members).encode(),
        secrets=(credentials.client_secret,),
    )
    if answer.status != HTTPStatus.OK:
        _refuse(answer, credentials)
    try:
        return _token(answer.json())
    except (ValueError, TypeError, KeyError):
        raise RefusedError(
            f"the issuer {credentials.issuer} answered 200, but not with a token",
            hint="look at JEBBIT_AUTH_ISSUER or the profile's auth_url",
            status=200,
        ) from None


def token_from_text(access_token: str) -> Token:
    """Return a token that somebody handed over whole; a JWT tells its scopes and its end, other text nothing.

    Raises:
        CredentialsError: it cannot stand in an HTTP header.
    """
    require_token_text(access_token)
    claims = _claims(access_token)
    end = claims.get("exp")
    expires_at = min(end, _END_OF_TIME) if isinstance(end, int | float) else math.inf
    return Token(access_token, _scopes(None, claims), time.time(), float(max(expires_at, 0)))


def require_token_text(access_token: str) -> None:
    """Refuse text that cannot stand in a header: requests would quote it, whole, in its error.

    Raises:
        CredentialsError: the text holds anything but visible ASCII, or nothing.
    """
    if not access_token or not all("!" <= c <= "~" for c in access_token):
        raise CredentialsError("the access token holds blanks, line breaks or characters that no token has")


def _token(document: dict[str, Any]) -> Token:
    text = document["access_token"]
    if not isinstance(text, str):
        raise TypeError
    require_token_text(text)
    now = time.time()
    return Token(text, _scopes(document.get("scope"), _claims(text)), now, now + _lifetime(document))


def _lifetime(document: dict[str, Any]) -> float:
    """Return the seconds a token lives: what the issuer says when that is a number, else a careful few."""
    told = document.get("expires_in")
    if not isinstance(told, int | float | str) or isinstance(told, bool):
        return CAREFUL_LIFETIME
    try:
        seconds = float(told)
    except (ValueError, OverflowError):
        return CAREFUL_LIFETIME
    return CAREFUL_LIFETIME if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_LIFETIME)


def _scopes(scope: Any, claims: dict[str, Any]) -> tuple[str, ...]:
    """Collect the answer's ``scope`` and the JWT's ``permissions``; either may be absent."""
    permissions = claims.get("permissions")
    named = scope.split() if isinstance(scope, str) else []
    claimed = [p for p in permissions if isinstance(p, str)] if isinstance(permissions, list) else []
    return tuple(dict.fromkeys(named + claimed))


def _claims(access_token: str) -> dict[str, Any]:
    """Return a JWT's claims, unverified: they only inform, the service decides. Empty for other text."""
    parts = access_token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = parse_json(payload)
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _refuse(answer: ApiResponse, credentials: ClientCredentials) -> None:
    issuer, status = credentials.issuer, answer.status
    if answer.is_transient:
        raise UnavailableError(
            f"the issuer {issuer} answered {status}", hint="try again in a minute", status=status
        )
    if status in {400, 401, 403}:
        said = _description(answer, credentials.client_secret)
        raise CredentialsError(
            f"the issuer {issuer} refused these credentials ({status}{said})",
            hint="run jebbitctl login to enter them again, or mend JEBBIT_CLIENT_ID and JEBBIT_CLIENT_SECRET",
            status=status,
        )
    leads = f" (a redirect to {answer.redirect_target}, not followed)" if status in range(300, 400) else ""
    raise RefusedError(
        f"the issuer {issuer} answered {status} instead of a token{leads}",
        hint="look at JEBBIT_AUTH_ISSUER or the profile's auth_url",
        status=status,
    )


def _description(answer: ApiResponse, secret: str) -> str:
    """Return the issuer's own words, short, and never with the secret it was sent."""
    try:
        document = answer.json()
        said = document.get("error_description") or document.get("error") or ""
    except (ValueError, AttributeError):
        return ""
    return f": {scrub(said, [secret])[:200]}" if isinstance(said, str) and said else ""
