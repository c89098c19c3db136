"""Requests and answers over HTTP, bounded in time and size; every way to fail is one of our errors."""

from __future__ import annotations

import time
import zlib
from gzip import BadGzipFile, GzipFile
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors

from jebbitctl import __version__
from jebbitctl.api.adapters import Auth, PatientRetry, was_not_sent
from jebbitctl.api.doubts import how_to_look
from jebbitctl.api.failures import fail
from jebbitctl.deadline import call_with_timeout
from jebbitctl.errors import AmbiguousWriteError, RefusedError
from jebbitctl.redaction import redact, scrub
from jebbitctl.sessions import PlainSession
from jebbitctl.text import json_text, parse_json
from jebbitctl.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3.util.retry import RequestHistory

    from jebbitctl.errors import JebbitctlError

MAX_BODY = 64 * 1024 * 1024
"""Decoded bytes: ten times the largest inventory imaginable, and far below what a gzip bomb unpacks to."""

PREVIEW = 500
"""Characters of a body that the log shows."""


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: with names in any case.
        body: decoded bytes, whole.
        ambiguous: an earlier try of the same request may have been carried out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ambiguous: bool = False

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: it is not, or nests too deep, or holds a number that Python refuses.
        """
        return parse_json(self.body)

    @property
    def is_passing(self) -> bool:
        """Whether another may come later: the server failed, gave up waiting, or has not answered yet."""
        return not HTTPStatus.OK <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.status in {
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        }

    @property
    def redirect_target(self) -> str:
        """Where a redirect leads, without the query, which may hold anything."""
        return self.headers.get("Location", "").partition("?")[0] or "nowhere"


class Transport:
    """One connection pool, one deadline per call.

    Args:
        timeout: seconds for a whole call, retries included.
        log: called with one line per request and per answer, secrets masked.
    """

    def __init__(self, timeout: float, log: Callable[[str], None] | None = None) -> None:
        self.timeout = timeout
        self.log = log
        self._session = PlainSession()
        self._session.headers.update({"User-Agent": f"jebbitctl/{__version__}", "Accept-Encoding": "gzip"})

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        auth: Auth | None = None,
    ) -> Answer:
        """Send one request and read the whole answer, whatever its status.

        Args:
            method: in capitals.
            url: absolute.
            headers: in addition to the usual ones.
            body: bytes to send.
            auth: adds the ``Authorization`` header, and knows what the log must not show.

        Raises:
            UnavailableError: the server could not be reached, or not in time.
            AmbiguousWriteError: the same, for a write that may have been carried out.
            RefusedError: the answer is larger than MAX_BODY; an AmbiguousWriteError likewise.
            UsageError: the machine's proxy or CA settings are broken.
        """
        auth = auth or Auth()
        started = time.monotonic()
        self._say(f"→ {method} {url}{self._preview(body, auth)}")
        try:
            answer = call_with_timeout(self.timeout, lambda: self._exchange(method, url, headers, body, auth))
        except (requests.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as error:
            self._say(f"✗ {type(error).__name__} after {time.monotonic() - started:.3f} s")
            fail(error, method, url, self.timeout)
        took = f"{time.monotonic() - started:.3f} s"
        self._say(f"← {answer.status} in {took}, {len(answer.body)} bytes{self._preview(answer.body, auth)}")
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, auth: Auth
    ) -> Answer:
        host = urlsplit(url).hostname or ""
        adapter = self._session.get_adapter(url)
        if isinstance(adapter, HTTPAdapter):
            adapter.max_retries = PatientRetry.ending(time.monotonic() + self.timeout)
        response = self._session.request(
            method,
            url,
            headers=dict(headers),
            data=body,
            auth=auth,
            # connecting ends early enough to say that nothing was sent; reading, only after the deadline
            timeout=(self.timeout / 3, self.timeout + 1),
            allow_redirects=False,
            stream=True,
            proxies={"no_proxy": host} if is_loopback(host) else None,
        )
        with response:
            content = _content(response)
            if len(content) > MAX_BODY:
                raise _too_large(method, url, response.status_code)
            history = response.raw.retries.history if response.raw.retries else ()
            ambiguous = any(_may_have_worked(past) for past in history)
            return Answer(response.status_code, response.headers, content, ambiguous)

    def _say(self, line: str) -> None:
        if self.log:
            self.log(line)

    def _preview(self, body: bytes | None, auth: Auth) -> str:
        """Return a short, masked view of a JSON body for the log, where there is one."""
        if not body or not self.log:
            return ""
        try:
            text = scrub(json_text(redact(parse_json(body))), auth.secrets)
        except ValueError:
            return " (not JSON)"
        return " " + (text if len(text) <= PREVIEW else text[:PREVIEW] + "…")


def _content(response: requests.Response) -> bytes:
    """Return the decoded body, or more than MAX_BODY of it.

    urllib3 would take gzip that breaks off for whole; the standard library does not.
    """
    compressed = response.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
    body = GzipFile(fileobj=response.raw) if compressed else response.raw
    content = bytearray()
    try:
        while len(content) <= MAX_BODY and (chunk := body.read(65536)):
            content += chunk
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise urllib3_errors.DecodeError from error
    return bytes(content)


def _too_large(method: str, url: str, status: int) -> JebbitctlError:
    message = f"{urlsplit(url).netloc} sent an answer larger than {MAX_BODY // 2**20} MiB"
    if (look := how_to_look(method, url)) and status not in range(300, 500):
        message = f"{message}; the {method} may have been carried out all the same"
        return AmbiguousWriteError(message, hint=look, status=status)
    return RefusedError(message, status=status)


def _may_have_worked(past: RequestHistory) -> bool:
    if past.error is not None:
        return not was_not_sent(past.error)
    return past.status != HTTPStatus.TOO_MANY_REQUESTS
