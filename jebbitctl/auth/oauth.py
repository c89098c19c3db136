"""OAuth 2.0 client credentials grant with Jebbit's issuer, an Auth0 tenant.

Sources: Jebbit's overview article (the JSON body with exactly four members, the scopes) and Jebbit's MCP
server (errors, the ``permissions`` claim, and that ``scope`` must not be sent).
"""

from __future__ import annotations

import json
import math
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.access_token import MAX_LIFETIME, AccessToken, require_token_text, token_scopes
from jebbitctl.api.error_text import error_code, error_text
from jebbitctl.api.request_ids import request_id
from jebbitctl.errors import (
    CredentialsError,
    ForbiddenError,
    RejectedError,
    UnavailableError,
)
from jebbitctl.util.inputs import padding
from jebbitctl.util.redaction import register_secret

if TYPE_CHECKING:
    from jebbitctl.api.transport import ApiResponse, Transport
    from jebbitctl.errors import JebbitctlError

DEFAULT_LIFETIME = 300
"""Seconds: the lifetime of a token if the issuer does not say how long it is valid."""
GRANT_TYPE = "client_credentials"

_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_GRANT_REFUSALS = frozenset({"unauthorized_client", "unsupported_grant_type", "invalid_grant"})
_AUDIENCE_REFUSALS = frozenset({"access_denied", "invalid_target", "invalid_scope"})
"""Errors of RFC 6749 and RFC 8707, as Auth0 uses them."""


class ClientCredentials(NamedTuple):
    """The credentials of a token request.

    Attributes:
        issuer: the token issuer's base URL.
        audience: what the token is for.
        client_id: of the OAuth client.
        client_secret: of the OAuth client.
        fix: what the user does if the id or the secret is wrong.
    """

    issuer: str
    audience: str
    client_id: str
    client_secret: str
    fix: str = "correct the client id and its secret"

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"ClientCredentials(issuer={self.issuer!r}, client_id={self.client_id!r})"


def request_token(transport: Transport, credentials: ClientCredentials) -> AccessToken:
    """Request a token from the issuer.

    Raises:
        CredentialsError: the issuer rejects the credentials.
        ForbiddenError: the issuer does not allow this client the grant or the audience.
        RejectedError: the response contains no usable token.
        UnavailableError: the issuer cannot be reached, or failed temporarily.
    """
    members = {
        "client_id": credentials.client_id,
        "client_secret": register_secret(credentials.client_secret),
        "audience": credentials.audience,
        "grant_type": GRANT_TYPE,
    }
    response = transport.send(
        "POST",
        f"{credentials.issuer}/oauth/token",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps(members).encode(),
        secrets=(credentials.client_secret,),
    )
    if response.status != HTTPStatus.OK:
        raise _status_error(response, credentials).with_request_id(request_id(response.headers))
    try:
        return _token(response.json())
    except (ValueError, TypeError, KeyError, CredentialsError):
        raise RejectedError(
            f"the issuer {credentials.issuer} returned 200, but no usable token",
            hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url",
            status=200,
            request_id=request_id(response.headers),
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


def _status_error(response: ApiResponse, credentials: ClientCredentials) -> JebbitctlError:
    """Return the error that fits a status other than 200."""
    issuer, status = credentials.issuer, response.status
    text = error_text(response, [credentials.client_secret])
    detail = f": {text}" if text else ""
    if response.is_transient:
        return UnavailableError(
            f"the issuer {issuer} returned {status}{detail}", hint="try again in a minute", status=status
        )
    if status in _REFUSALS:
        return _refusal(response, credentials, f"({status}{detail})")
    redirect = (
        f" (a redirect to {response.redirect_target}, not followed)" if response.is_redirect else detail
    )
    return RejectedError(
        f"the issuer {issuer} returned {status} instead of a token{redirect}",
        hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url",
        status=status,
    )


def _refusal(response: ApiResponse, credentials: ClientCredentials, reason: str) -> CredentialsError:
    """Return the error for 400, 401 and 403.

    By Jebbit's MCP server, 401 is a wrong id or secret; 403 or 400, a grant or audience that is not allowed.
    """
    issuer, audience, status = credentials.issuer, credentials.audience, response.status
    code = error_code(response)
    if code in _GRANT_REFUSALS:
        return ForbiddenError(
            f"the issuer {issuer} does not allow client {credentials.client_id} to request tokens {reason}",
            hint="the secret is not the cause: ask your Jebbit representative to allow the client the "
            f"{GRANT_TYPE} grant",
            status=status,
        )
    if status == HTTPStatus.UNAUTHORIZED or code == "invalid_client":
        return CredentialsError(
            f"the issuer {issuer} rejected the client id or secret {reason}",
            hint=_fix(credentials),
            status=status,
        )
    if code in _AUDIENCE_REFUSALS:
        return ForbiddenError(
            f"the issuer {issuer} does not give client {credentials.client_id} a token for audience "
            f"{audience} {reason}",
            hint="the secret is not the cause: check the audience (JEBBIT_API_AUDIENCE or the profile) and "
            "the issuer; if they are right, ask your Jebbit representative",
            status=status,
        )
    return CredentialsError(
        f"the issuer {issuer} rejected the token request {reason}",
        hint=f"{_fix(credentials)}; or check JEBBIT_AUTH_ISSUER, JEBBIT_API_AUDIENCE and the profile",
        status=status,
    )


def _fix(credentials: ClientCredentials) -> str:
    """Return what the user does about rejected credentials: first about quotes and spaces around them."""
    found = padding(credentials.client_id, source="the client id") or padding(
        credentials.client_secret, source="the client secret"
    )
    return f"{found.problem}: {found.fix}; or else {credentials.fix}" if found else credentials.fix
