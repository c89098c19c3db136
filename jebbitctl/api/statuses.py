"""What an HTTP status of Jebbit's means, and what to do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from jebbitctl.api import documents
from jebbitctl.api.doubts import how_to_look, list_command, noun
from jebbitctl.errors import (
    AmbiguousWriteError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from jebbitctl.redaction import scrub

if TYPE_CHECKING:
    from jebbitctl.api.oauth import Token
    from jebbitctl.api.transport import ApiResponse

_SINGULAR = {"self": "business", "test": "integration"}


def raise_for_status(
    answer: ApiResponse, method: str, path: str, token: Token | None, business: str | None
) -> NoReturn:
    """Raise the error that fits an answer other than 2xx.

    Raises:
        NotFoundError: 404.
        CredentialsError: 401.
        ForbiddenError: 403.
        UnavailableError: 408, 429, 5xx, and 1xx, which is no final answer; an AmbiguousWriteError where a
            write got any of these but 429.
        RefusedError: everything else, redirects included, which are never followed.
    """
    status = answer.status
    words = said(answer, token)
    told = f": {words}" if words else ""
    if status == HTTPStatus.NOT_FOUND:
        _not_found(path, told)
    if status == HTTPStatus.UNAUTHORIZED:
        _unauthorized(token, business)
    if status == HTTPStatus.FORBIDDEN:
        _forbidden(method, path, token, told)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UnavailableError(
            f"Jebbit asks for fewer requests ({status}{told})", hint="try again in a minute", status=status
        )
    if answer.is_transient:
        what = f"Jebbit answered {status} to {method} {path}{told}"
        if look := how_to_look(method, f"/api/v1{path}"):
            raise AmbiguousWriteError(f"{what}; it may have been carried out", hint=look, status=status)
        raise UnavailableError(what, hint="try again in a minute", status=status)
    if status in range(300, 400):
        raise RefusedError(
            f"Jebbit redirects {method} {path} ({status}) to {answer.redirect_target}; none is followed",
            hint="look at JEBBIT_API_BASE_URL or the profile's api_url",
            status=status,
        )
    raise RefusedError(f"Jebbit refused {method} {path} ({status}{told})", status=status)


def scope_needed(method: str, path: str) -> str:
    """Return the scope that gates a call, the singular of what the call returns: ``read:integration``."""
    collections = urlsplit(path).path.removeprefix("/api/v1").strip("/").split("/")[::2]
    noun = _SINGULAR.get(collections[-1], collections[-1].removesuffix("s"))
    return f"{'read' if method == 'GET' else 'write'}:{noun}"


def _not_found(path: str, told: str) -> NoReturn:
    """Raise in words, such as ``integration L5m24mjs`` for ``/integrations/L5m24mjs/test``."""
    collection, _, rest = urlsplit(path).path.strip("/").partition("/")
    if id_ := rest.partition("/")[0]:
        what, command = f"{noun(collection)} {id_}", list_command(collection)
        hint = command and f"{command} shows those that exist"
    else:
        what, hint = f"/{collection}", "look at the path, JEBBIT_API_BASE_URL and the profile's api_url"
    raise NotFoundError(f"Jebbit knows no {what}{told}", hint=hint, status=HTTPStatus.NOT_FOUND)


def said(answer: ApiResponse, token: Token | None) -> str:
    """Return what an error document says, in one line and without the token; empty when it says nothing."""
    try:
        words = documents.error_text(answer.json())
    except ValueError:
        return ""
    return scrub(words, [token.access_token] if token else [])


def _unauthorized(token: Token | None, business: str | None) -> NoReturn:
    covered = token.businesses if token else []
    if business and covered and business not in covered:
        raise CredentialsError(
            f"this credential does not cover business {business}; it covers {', '.join(covered)}",
            hint="a business granted later needs a new token: run jebbitctl login again",
            status=HTTPStatus.UNAUTHORIZED,
        )
    if business and covered:
        raise CredentialsError(
            f"Jebbit refused the token for business {business}, although the token lists it",
            hint="the business was probably removed: ask your Jebbit representative",
            status=HTTPStatus.UNAUTHORIZED,
        )
    raise CredentialsError(
        "Jebbit refused the token",
        hint="run jebbitctl login or mend JEBBIT_ACCESS_TOKEN; several businesses? name one: --business ID",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _forbidden(method: str, path: str, token: Token | None, told: str) -> NoReturn:
    needed = scope_needed(method, path)
    granted = [scope for scope in (token.scopes if token else ()) if not scope.startswith("read:business:")]
    has = f"the token has {', '.join(granted)}" if granted else "the token does not tell its scopes"
    raise ForbiddenError(
        f"Jebbit does not allow {method} {path}{told}; it needs {needed}; {has}",
        hint="ask your Jebbit representative for it; a new grant needs a new token: run jebbitctl login",
        status=HTTPStatus.FORBIDDEN,
    )
