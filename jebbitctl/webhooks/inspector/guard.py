"""Lets only the page itself talk to its server."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # no text becomes HTML or code
    "trusted-types": "'none'",
}
HEADERS = (
    ("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in _POLICY.items())),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""The headers of every response."""


class RefusedRequestError(Exception):
    """A request that gets an error.

    Attributes:
        status: of the response.
        reason: its body.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def admit(environ: WSGIEnvironment, *, host: str, token: str) -> str:
    """Return what a request asks for: its path below the token, without the first slash.

    Args:
        environ: the request.
        host: the name and port that the server has.
        token: the secret first segment of each path.

    Raises:
        RefusedRequestError: it names another host, which DNS rebinding does, lacks the token, or is a POST
            that another page or a form could send.
    """
    if environ.get("HTTP_HOST") != host:
        raise RefusedRequestError(HTTPStatus.FORBIDDEN, f"the Host must be {host}")
    first, slash, rest = environ["PATH_INFO"].removeprefix("/").partition("/")
    if not hmac.compare_digest(first.encode(), token.encode()) or not slash:
        raise RefusedRequestError(HTTPStatus.NOT_FOUND, "not found")
    if environ.get("HTTP_ORIGIN", f"http://{host}") != f"http://{host}":
        raise RefusedRequestError(HTTPStatus.FORBIDDEN, "other pages are not allowed")
    if environ["REQUEST_METHOD"] == "POST":
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != "application/json":
            raise RefusedRequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    elif environ["REQUEST_METHOD"] != "GET":
        raise RefusedRequestError(HTTPStatus.METHOD_NOT_ALLOWED, "use GET or POST")
    return str(rest)
