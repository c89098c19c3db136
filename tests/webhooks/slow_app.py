"""An application that takes 50 ms for each request, as a program."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import waitress.server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECONDS = 0.05


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    time.sleep(SECONDS)
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


if __name__ == "__main__":
    server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=40)
    assert isinstance(server, waitress.server.BaseWSGIServer)
    sys.stdout.write(f"http://127.0.0.1:{server.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run()
