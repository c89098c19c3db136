"""A record, and a line in the log, of every request that was served."""

from __future__ import annotations

import io
import re
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from werkzeug.datastructures import EnvironHeaders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT = 1000
"""Requests that are remembered, the latest ones."""
_BODY_KEPT = 64 * 1024
_LINE_LIMIT = 500
_SECRETS = re.compile(r"(?i)((?:token|secret|password)=)[^&\s]*|eyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request that was served.

    Attributes:
        method: such as ``GET``.
        path: decoded, without the query string.
        query: the query string, as it came.
        status: the HTTP status of the answer.
        headers: those of the request, by name in lower case.
        body: the request's first 64 KiB.
    """

    method: str
    path: str
    query: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Log:
    """Writes lines to ``write``, one at a time: secrets masked, control characters visible."""

    def __init__(self, write: Callable[[str], None] | None) -> None:
        self._write = write
        self._lock = Lock()

    def __call__(self, line: str) -> None:
        """Write one line."""
        if self._write is None:
            return
        masked = _SECRETS.sub(lambda found: f"{found[1] or ''}********", line)
        with self._lock, suppress(OSError, ValueError):  # a log that is full or closed fails no request
            self._write(visible(masked)[:_LINE_LIMIT])


class Recorder:
    """The outermost WSGI application: serves ``app`` and remembers."""

    def __init__(self, app: WSGIApplication, log: Log) -> None:
        self._app = app
        self._log = log
        self._kept: deque[Recorded] = deque(maxlen=KEPT)
        self._lock = Lock()

    @property
    def requests(self) -> list[Recorded]:
        """What was served so far, oldest first; a copy."""
        with self._lock:
            return list(self._kept)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        started = time.monotonic()
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[int] = []

        def start(status: str, *rest: Any) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return start_response(status, *rest)

        answer = self._app(environ, start)
        recorded = Recorded(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            query=environ["QUERY_STRING"],
            status=statuses[-1],
            headers={name.lower(): value for name, value in EnvironHeaders(environ).items()},
            body=body[:_BODY_KEPT],
        )
        with self._lock:
            self._kept.append(recorded)
        target = recorded.path + (f"?{recorded.query}" if recorded.query else "")
        elapsed = (time.monotonic() - started) * 1000
        self._log(f"{recorded.method} {target} {recorded.status} {elapsed:.0f} ms")
        return answer


def visible(text: str) -> str:
    """Return ``text`` with everything that is not printable written as an escape sequence in ASCII."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )
