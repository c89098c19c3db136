"""Changes that another client makes between two requests of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def interfering(request: str, *interfere: Callable[[], None]) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that calls each of these functions after one response to a request, in order.

    Args:
        request: such as ``GET /integrations``.
        interfere: change the sandbox as another client would.
    """
    pending = list(interfere)

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            response = Response.from_app(app, environ)
            path = environ["PATH_INFO"].removeprefix("/api/v1")
            if f"{environ['REQUEST_METHOD']} {path}" == request and pending:
                pending.pop(0)()
            return response(environ, start_response)

        return server

    return wrap
