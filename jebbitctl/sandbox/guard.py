"""Rejects requests from web pages, including by DNS rebinding."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.sandbox.error_styles import error_response
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.util.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def require_loopback(app: WSGIApplication) -> WSGIApplication:
    """Return ``app``, with 403 for a ``Host`` other than loopback or an ``Origin`` other than the sandbox."""

    def guard(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        error = None
        if not _is_loopback_host(host):
            error = ApiError(403, "the Host must be a loopback address: localhost, 127.0.0.1 or [::1]")
        elif environ.get("HTTP_ORIGIN", f"http://{host}") != f"http://{host}":
            error = ApiError(403, "requests from web pages are not allowed")
        return (error_response(error) if error else app)(environ, start_response)

    return guard


def _is_loopback_host(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
