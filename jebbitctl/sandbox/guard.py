"""Rejects requests from web pages, including by DNS rebinding."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from jebbitctl.sandbox.error_styles import error_response
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.util.urls import is_loopback, url_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def guard(app: WSGIApplication, *, allow_remote: bool = False) -> WSGIApplication:
    """Return ``app``, with 403 for requests of web pages.

    A ``Host`` must be a loopback address. With ``allow_remote`` it may be any, as clients use names such as
    those of containers. A page whose own name leads here then cannot write, as browsers send its ``Origin``,
    which is only allowed for an address; and it reads nothing without a token, which it cannot request.
    """

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        origin = environ.get("HTTP_ORIGIN")
        error = None
        if not (allow_remote or _is_loopback_host(host)):
            error = ApiError(403, "the Host must be a loopback address: localhost, 127.0.0.1 or [::1]")
        elif origin is not None and (origin != f"http://{host}" or not _is_address(host)):
            error = ApiError(403, "requests from web pages are not allowed")
        return (error_response(error) if error else app)(environ, start_response)

    return guarded


def _is_loopback_host(host: str) -> bool:
    return is_loopback(url_host(f"//{host}"))


def _is_address(host: str) -> bool:
    """Whether a host is one that no other can pretend to be: an IP address or localhost."""
    name = url_host(f"//{host}")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return is_loopback(name)
    return True
