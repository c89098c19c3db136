"""Turns HTTP statuses of Jebbit's API into errors with a hint."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from jebbitctl.api import documents
from jebbitctl.api.ambiguous_writes import list_command, noun, recovery_hint
from jebbitctl.api.error_text import error_text
from jebbitctl.api.request_ids import request_id
from jebbitctl.api.scopes import missing_scopes, required_scopes, scope_advice
from jebbitctl.errors import (
    AmbiguousWriteError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.transport import ApiResponse
    from jebbitctl.errors import JebbitctlError

_ASK = "ask your Jebbit representative"


class SentRequest(NamedTuple):
    """A request, for the error about its response.

    Attributes:
        method: in capitals.
        path: below the API's root.
        token: that it was sent with, None if there was none.
        business: that it named, if any.
        renewal_hint: how the user gets a new token, None if commands get one themselves.
    """

    method: str
    path: str
    token: AccessToken | None = None
    business: str | None = None
    renewal_hint: str | None = None


def status_error(response: ApiResponse, request: SentRequest) -> JebbitctlError:
    """Return the error that fits a status other than 2xx, with Jebbit's own words and the request id.

    It is a NotFoundError for 404, a CredentialsError for 401, a ForbiddenError for 403, and an
    UnavailableError for 408, 429, 5xx, or 1xx, which is not final: for a write, an AmbiguousWriteError,
    except after 429. It is a RejectedError for everything else, including redirects, which are never
    followed.
    """
    return _status_error(response, request).with_request_id(request_id(response.headers))


def _status_error(response: ApiResponse, request: SentRequest) -> JebbitctlError:
    status, call = response.status, f"{request.method} {request.path}"
    text = error_text(response, [request.token.access_token] if request.token else [])
    detail = f": {text}" if text else ""
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(request, detail)
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(request, text)
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(request, detail)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return UnavailableError(
            f"Jebbit's rate limit is exceeded ({status}{detail})", hint="try again in a minute", status=status
        )
    if response.is_transient:
        message = f"Jebbit returned {status} for {call}{detail}"
        if hint := recovery_hint(request.method, f"{documents.API_ROOT}{request.path}"):
            return AmbiguousWriteError(f"{message}; it may have been carried out", hint=hint, status=status)
        return UnavailableError(message, hint="try again in a minute", status=status)
    if response.is_redirect:
        return RejectedError(
            f"Jebbit redirects {call} to {response.redirect_target} ({status}, not followed)",
            hint="check JEBBIT_API_BASE_URL or the profile's api_url",
            status=status,
        )
    return RejectedError(f"Jebbit rejected {call} ({status}{detail})", status=status)


def _not_found(request: SentRequest, detail: str) -> NotFoundError:
    """Return an error that names the resource, such as ``integration L5m24mjs``."""
    collection, _, rest = urlsplit(request.path).path.strip("/").partition("/")
    if id_ := rest.partition("/")[0]:
        what, command = f"{noun(collection)} {id_}", list_command(collection, request.business)
        hint = command and f"list them: {command}"
    else:
        what, hint = f"/{collection}", "check the path, JEBBIT_API_BASE_URL and the profile's api_url"
    if detail.casefold() in {": not found", ": record not found"}:
        detail = ""
    return NotFoundError(f"{what} not found{detail}", hint=hint, status=HTTPStatus.NOT_FOUND)


def _unauthorized(request: SentRequest, text: str) -> CredentialsError:
    reason = f" ({text})" if text else ""
    if request.renewal_hint and request.token and request.token.expires_at <= time.time():
        expired = rfc3339(request.token.expires_at)
        return CredentialsError(
            f"Jebbit rejected the token{reason}, which expired at {expired}",
            hint=request.renewal_hint,
            status=HTTPStatus.UNAUTHORIZED,
        )
    covered = request.token.businesses if request.token else []
    if request.business and covered:
        return CredentialsError(
            f"Jebbit rejected the token for business {request.business}, although the token lists it{reason}",
            hint=f"the business may have been removed: {_ASK}",
            status=HTTPStatus.UNAUTHORIZED,
        )
    hint = request.renewal_hint or (
        "the issuer accepts these credentials, but the API does not: check that the API URL and the issuer "
        "belong together: jebbitctl doctor"
    )
    if request.business:
        hint += (
            f"; or the credentials do not cover business {request.business}: correct it, or do not name it"
        )
    elif not covered:
        hint = f"{hint}; if the credentials cover several businesses, add --business ID|NAME"
    return CredentialsError(f"Jebbit rejected the token{reason}", hint=hint, status=HTTPStatus.UNAUTHORIZED)


def _forbidden(request: SentRequest, detail: str) -> ForbiddenError:
    message = f"Jebbit does not allow {request.method} {request.path}{detail}"
    granted = request.token.scopes if request.token else ()
    required = required_scopes(request.method, request.path)
    missing = missing_scopes(request.method, request.path, granted)
    present = [scope for scope in required if scope in granted]
    if not missing:
        return ForbiddenError(
            f"{message}, although the token has {' and '.join(present)}",
            hint=f"the token's scopes are not the cause: {_ASK}",
            status=HTTPStatus.FORBIDDEN,
        )
    if present:
        scopes = f"it may require {' or '.join(missing)}; the token has {', '.join(present)}"
    else:
        scopes = f"it requires {' or '.join(required)}; {_listed(request.token)}"
    return ForbiddenError(
        f"{message}; {scopes}",
        hint=scope_advice(" or ".join(missing), request.renewal_hint),
        status=HTTPStatus.FORBIDDEN,
    )


def _listed(token: AccessToken | None) -> str:
    granted = token.resource_scopes if token else []
    return f"the token has {', '.join(granted)}" if granted else "the token does not list its scopes"
