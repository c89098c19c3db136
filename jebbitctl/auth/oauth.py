"""OAuth 2.0 client credentials grant with Jebbit's issuer, an Auth0 tenant.

Sources: Jebbit's overview article (the JSON body with exactly four members, the scopes) and Jebbit's MCP
server (errors, the ``permissions`` claim, and that ``scope`` must not be sent).
"""

from __future__ import annotations

import json
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from jebbitctl.api.access_token import MAX_LIFETIME, AccessToken, require_token_text, token_scopes
from jebbitctl.errors import CredentialsError, RejectedError, UnavailableError
from jebbitctl.util.redaction import register_secret, scrub

if TYPE_CHECKING:
    from jebbitctl.api.transport import ApiResponse, Transport

DEFAULT_LIFETIME = 300
"""Seconds: the lifetime of a token if the issuer does not say how long it is valid."""


class ClientCredentials(NamedTuple):
    """The credentials of a token request."""

    issuer: str
    audience: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"ClientCredentials(issuer={self.issuer!r}, client_id={self.client_id!r})"


def request_token(transport: Transport, credentials: ClientCredentials) -> AccessToken:
    """Request a token from the issuer.

    Raises:
        CredentialsError: the issuer rejects the credentials.
        RejectedError: the response contains no usable token.
        UnavailableError: the issuer cannot be reached, or failed temporarily.
    """
    members = {
        "client_id": credentials.client_id,
        "client_secret": register_secret(credentials.client_secret),
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
    except (ValueError, TypeError, KeyError, CredentialsError):
        raise RejectedError(
            f"the issuer {credentials.issuer} returned 200, but no usable token",
            hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url",
            status=200,
        ) from None


def _token(document: dict[str, Any]) -> AccessToken:
    text = document["access_token"]
    if not isinstance(text, str):
        raise TypeError
    require_token_text(register_secret(text))
    now = time.time()
    scopes = token_scopes(document.get("scope"), text)
    return AccessToken(text, scopes, now, now + _lifetime(document))


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


def _raise_for_status(response: ApiResponse, credentials: ClientCredentials) -> NoReturn:
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
    redirect = f" (a redirect to {response.redirect_target}, not followed)" if response.is_redirect else ""
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
