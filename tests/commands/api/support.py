"""Responses that the sandbox does not give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.wrappers import Response


def responding(
    path: str, respond: Callable[[Request], Response]
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that responds to requests for one path."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] != f"/api/v1/{path}":
                return app(environ, start_response)
            return respond(Request(environ))(environ, start_response)

        return server

    return wrap
