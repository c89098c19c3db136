"""Records and logs the requests that the sandbox serves."""

from __future__ import annotations

import io
import re
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders

from jebbitctl.sandbox.control import ROOT as CONTROL_ROOT
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_REQUESTS = 1000
"""Older requests are dropped from the record."""
_MAX_BODY_BYTES = 64 * 1024
_MAX_LINE_LENGTH = 500
_SECRETS = re.compile(r"(?i)((?:token|secret|password)=)[^&\s]*|eyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request that was served.

    Attributes:
        method: such as ``GET``.
        path: decoded, without the query string.
        query: the raw query string.
        status: the HTTP status of the response.
        headers: the request's headers, with names in lower case.
        body: the first 64 KiB of the request's body.
    """

    method: str
    path: str
    query: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class RedactingLog:
    """Writes one line at a time, with secrets masked and control characters escaped."""

    def __init__(self, write: Callable[[str], None] | None) -> None:
        self._write = write
        self._lock = Lock()

    def __call__(self, line: str) -> None:
        """Write one line."""
        if self._write is None:
            return
        masked = _SECRETS.sub(lambda match: f"{match[1] or ''}********", line)
        with self._lock, suppress(OSError, ValueError):  # a full or closed log must not fail a request
            self._write(escape_controls(masked)[:_MAX_LINE_LENGTH])


class RequestLog:
    """WSGI middleware that records and logs each request to ``app``.

    Attributes:
        count: of all requests except those that control the sandbox itself.
        errors: of those, the ones with a status of 400 or more.
    """

    def __init__(self, app: WSGIApplication, log: RedactingLog) -> None:
        self._app = app
        self._log = log
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)
        self._lock = Lock()
        self.count = self.errors = 0

    @property
    def requests(self) -> list[LoggedRequest]:
        """A copy of the recorded requests, oldest first."""
        with self._lock:
            return list(self._requests)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        started = time.monotonic()
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[int] = []

        def start(status: str, *rest: Any) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return start_response(status, *rest)

        response = self._app(environ, start)
        recorded = LoggedRequest(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            query=environ["QUERY_STRING"],
            status=statuses[-1],
            headers={name.lower(): value for name, value in EnvironHeaders(environ).items()},
            body=body[:_MAX_BODY_BYTES],
        )
        with self._lock:
            self._requests.append(recorded)
            if not recorded.path.startswith(f"{CONTROL_ROOT}/"):
                self.count += 1
                self.errors += recorded.status >= HTTPStatus.BAD_REQUEST
        target = recorded.path + (f"?{recorded.query}" if recorded.query else "")
        elapsed = (time.monotonic() - started) * 1000
        self._log(f"{recorded.method} {target} {recorded.status} {elapsed:.0f} ms")
        return response
