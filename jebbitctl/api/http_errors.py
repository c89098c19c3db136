"""Turns HTTP statuses of Jebbit's API into errors with a hint."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from jebbitctl.api import documents
from jebbitctl.api.ambiguous_writes import list_command, noun, recovery_hint
from jebbitctl.errors import (
    AmbiguousWriteError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from jebbitctl.util.redaction import scrub
from jebbitctl.util.text import singular

if TYPE_CHECKING:
    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.transport import ApiResponse

_SCOPE_RESOURCES = {"self": "business", "test": "integration"}


def raise_for_status(
    response: ApiResponse, method: str, path: str, token: AccessToken | None, business: str | None
) -> NoReturn:
    """Raise the error that fits a status other than 2xx.

    Raises:
        NotFoundError: 404.
        CredentialsError: 401.
        ForbiddenError: 403.
        UnavailableError: 408, 429, 5xx, or 1xx, which is not final.
        AmbiguousWriteError: likewise for a write, except after 429.
        RejectedError: everything else, including redirects, which are never followed.
    """
    status = response.status
    text = error_detail(response, token)
    detail = f": {text}" if text else ""
    if status == HTTPStatus.NOT_FOUND:
        _not_found(path, detail)
    if status == HTTPStatus.UNAUTHORIZED:
        _unauthorized(token, business)
    if status == HTTPStatus.FORBIDDEN:
        _forbidden(method, path, token, detail)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UnavailableError(
            f"Jebbit's rate limit is exceeded ({status}{detail})", hint="try again in a minute", status=status
        )
    if response.is_transient:
        message = f"Jebbit returned {status} for {method} {path}{detail}"
        if hint := recovery_hint(method, f"{documents.API_ROOT}{path}"):
            raise AmbiguousWriteError(f"{message}; it may have been carried out", hint=hint, status=status)
        raise UnavailableError(message, hint="try again in a minute", status=status)
    if response.is_redirect:
        raise RejectedError(
            f"Jebbit redirects {method} {path} to {response.redirect_target} ({status}, not followed)",
            hint="check JEBBIT_API_BASE_URL or the profile's api_url",
            status=status,
        )
    raise RejectedError(f"Jebbit rejected {method} {path} ({status}{detail})", status=status)


def scope_needed(method: str, path: str) -> str:
    """Return the scope that a call requires, such as ``read:integration``."""
    collections = urlsplit(path).path.removeprefix(documents.API_ROOT).strip("/").split("/")[::2]
    resource = _SCOPE_RESOURCES.get(collections[-1], singular(collections[-1]))
    return f"{'read' if method == 'GET' else 'write'}:{resource}"


def _not_found(path: str, detail: str) -> NoReturn:
    """Raise an error that names the resource, such as ``integration L5m24mjs``."""
    collection, _, rest = urlsplit(path).path.strip("/").partition("/")
    if id_ := rest.partition("/")[0]:
        what, command = f"{noun(collection)} {id_}", list_command(collection)
        hint = command and f"list them: {command}"
    else:
        what, hint = f"/{collection}", "check the path, JEBBIT_API_BASE_URL and the profile's api_url"
    raise NotFoundError(f"{what} not found{detail}", hint=hint, status=HTTPStatus.NOT_FOUND)


def error_detail(response: ApiResponse, token: AccessToken | None) -> str:
    """Return the text of an error document in one line, with the token masked; empty if there is none."""
    try:
        text = documents.error_text(response.json())
    except ValueError:
        return ""
    return scrub(text, [token.access_token] if token else [])


def _unauthorized(token: AccessToken | None, business: str | None) -> NoReturn:
    covered = token.businesses if token else []
    if business and covered and business not in covered:
        raise CredentialsError(
            f"this credential does not cover business {business}; it covers {', '.join(covered)}",
            hint="if access was granted recently, get a new token: jebbitctl login",
            status=HTTPStatus.UNAUTHORIZED,
        )
    if business and covered:
        raise CredentialsError(
            f"Jebbit rejected the token for business {business}, although the token lists it",
            hint="the business may have been removed: ask your Jebbit representative",
            status=HTTPStatus.UNAUTHORIZED,
        )
    raise CredentialsError(
        "Jebbit rejected the token",
        hint="run jebbitctl login or fix JEBBIT_ACCESS_TOKEN; with several businesses, add --business ID",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _forbidden(method: str, path: str, token: AccessToken | None, detail: str) -> NoReturn:
    needed = scope_needed(method, path)
    granted = token.resource_scopes if token else []
    scopes = f"the token has {', '.join(granted)}" if granted else "the token does not list its scopes"
    raise ForbiddenError(
        f"Jebbit does not allow {method} {path}{detail}; it requires {needed}; {scopes}",
        hint="ask your Jebbit representative for the scope; then get a new token: jebbitctl login",
        status=HTTPStatus.FORBIDDEN,
    )
