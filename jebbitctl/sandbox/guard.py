"""Who may knock: programs of this machine, and no web page of somebody else (DNS rebinding)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.sandbox.answers import Problem, refusal
from jebbitctl.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def guarded(app: WSGIApplication) -> WSGIApplication:
    """Return ``app``, answering 403 unless ``Host`` is loopback and ``Origin``, if any, the sandbox's own."""

    def guard(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        problem = None
        if not _means_loopback(host):
            problem = Problem(403, "the Host must be this machine: localhost, 127.0.0.1 or [::1]")
        elif environ.get("HTTP_ORIGIN", f"http://{host}") != f"http://{host}":
            problem = Problem(403, "web pages may not use the sandbox")
        return (refusal(problem) if problem else app)(environ, start_response)

    return guard


def _means_loopback(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
