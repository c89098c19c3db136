"""``GET /healthz``: tells that the sandbox serves, without credentials; it is neither logged nor counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/healthz"


def report_health(app: WSGIApplication, *, run: str) -> WSGIApplication:
    """Return ``app``, which never sees a request for the health.

    Args:
        app: the WSGI application.
        run: the id of this run of the sandbox, by which it is told from another one at the same port.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return app(environ, start_response)
        content = json.dumps({"ok": True, "run": run})
        return Response(content, content_type="application/json")(environ, start_response)

    return serve
