"""Two receivers that verify each delivery and append it to a file, as programs.

``minimal`` is an application on waitress, as short as one would write it, whose lines say the same.
``product`` is the product's receiver with its recorder.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import waitress.server

from jebbitctl.commands.webhooks.listen.receiving import THREADS
from jebbitctl.webhooks import verify
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.delivery import Delivery


def run_minimal(secret: str, path: Path) -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        verification = verify(secret, body, environ.get("HTTP_X_JEBBIT_SIGNATURE"))
        line = {
            "time": datetime.now(UTC).isoformat(),
            "method": environ["REQUEST_METHOD"],
            "path": environ["REQUEST_URI"],
            "query": environ["QUERY_STRING"],
            "ok": verification.valid,
            "reason": verification.reason,
            "timestamp": verification.timestamp,
            "age_seconds": verification.age_seconds,
            "test": "HTTP_X_JEBBIT_TEST" in environ,
            "headers": {name[5:].lower(): environ[name] for name in environ if name.startswith("HTTP_")},
            "body": base64.b64encode(body).decode(),
        }
        os.write(file, json.dumps(line).encode() + b"\n")
        start_response("200 OK" if verification else "403 Forbidden", [("Content-Length", "0")])
        return [b""]

    server = waitress.server.create_server(app, host="127.0.0.1", port=0)
    assert isinstance(server, waitress.server.BaseWSGIServer)
    sys.stdout.write(f"http://127.0.0.1:{server.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run()


def run_product(secret: str, path: Path) -> None:
    with Recorder(path) as recorder:

        def on_delivery(delivery: Delivery) -> None:
            recorder.append(delivery)

        with WebhookServer(secret, on_delivery, threads=THREADS) as receiver:
            sys.stdout.write(f"{receiver.url}\n")
            sys.stdout.flush()
            sys.stdin.read()


if __name__ == "__main__":
    {"minimal": run_minimal, "product": run_product}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
