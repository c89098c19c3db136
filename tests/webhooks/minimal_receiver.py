"""A minimal receiver: an application on waitress that reads each body and returns 200."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import waitress.server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


if __name__ == "__main__":
    server = waitress.server.create_server(app, host="127.0.0.1", port=0)
    assert isinstance(server, waitress.server.BaseWSGIServer)
    sys.stdout.write(f"http://127.0.0.1:{server.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run()
