"""One request to somebody's endpoint and what came of it: bounded in time and size, never an exception."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from jebbitctl import __version__
from jebbitctl.deadline import call_with_timeout
from jebbitctl.error_chain import error_chain
from jebbitctl.errors import UsageError
from jebbitctl.urls import is_loopback, require_https

if TYPE_CHECKING:
    from collections.abc import Mapping

START = 2048
"""Bytes of an answer that are kept; the rest is not read."""
TIMEOUT = 10.0
"""Seconds that an endpoint has for its whole answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered, or why there is no answer.

    Attributes:
        status: the HTTP status; None without an answer.
        elapsed: seconds from the request to the start of the answer's body, or to giving up.
        start: the first 2,048 bytes of the answer's body, as they came over the wire.
        error: why there is no answer, one line; None when there is one.
        reached: whether a connection was made.
    """

    status: int | None
    elapsed: float
    start: bytes = b""
    error: str | None = None
    reached: bool = True

    @property
    def accepted(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - as in 2xx


def require_endpoint(url: str) -> str:
    """Return ``url`` unchanged when a delivery can be sent there: http or https, to any host.

    Raises:
        UsageError: it is no absolute http or https URL, or carries a user name or password.
    """
    try:
        require_https("https" + url[4:] if url[:7].lower() == "http://" else url, what="the endpoint's URL")
    except UsageError as error:
        raise UsageError(
            error.message, hint="use an absolute URL, such as https://example.com/webhooks"
        ) from None
    return url


class Exchange:
    """Sends requests to one URL, exactly as given; a context manager.

    Each request has a connection of its own, as deliveries have. ``~/.netrc`` and earlier cookies add nothing
    to it; no redirect is followed; this machine's own addresses bypass proxies.

    Args:
        url: any http or https URL.
        timeout: seconds for a whole request and the start of its answer.

    Raises:
        UsageError: the URL cannot be sent to.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.url = require_endpoint(url)
        self.timeout = timeout

    def __enter__(self) -> Self:
        from jebbitctl.sessions import PlainSession

        self._session = PlainSession()
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def send(self, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> Answer:
        """Send these bytes with these headers and ``Host``, ``Content-Length``, ``Connection: close``."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        began = time.perf_counter()
        try:
            return call_with_timeout(self.timeout, lambda: self._exchange(method, body, headers))
        except (RequestException, HTTPError, OSError, ValueError) as error:
            elapsed = time.perf_counter() - began
            return Answer(None, elapsed, error=self._reason(error), reached=not _unconnected(error))

    def _exchange(self, method: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        from urllib3.util import SKIP_HEADER

        host = urlsplit(self.url).hostname or ""
        urllib3_adds_none = dict.fromkeys(("user-agent", "accept-encoding"), SKIP_HEADER)
        began = time.perf_counter()
        with self._session.request(
            method,
            self.url,
            data=body,
            headers={**urllib3_adds_none, **headers, "connection": "close"},
            timeout=self.timeout,
            allow_redirects=False,
            stream=True,
            proxies={"no_proxy": host} if is_loopback(host) else None,
        ) as response:
            elapsed = time.perf_counter() - began
            return Answer(response.status_code, elapsed, response.raw.read(START, decode_content=False))

    def _reason(self, error: Exception) -> str:
        """Return the innermost reason, which says most: what was refused, not that retries are over."""
        from requests import Timeout

        if isinstance(error, (Timeout, TimeoutError)):
            return f"no answer within {self.timeout:g} s"
        root = error_chain(error)[-1]
        reason = getattr(root, "strerror", None) or str(root) or type(root).__name__
        return " ".join(str(reason).split())


def user_agent() -> str:
    """Who sends, when it is us who speak."""
    return f"jebbitctl/{__version__}"


def _unconnected(error: BaseException) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    return any(isinstance(one, (ConnectTimeoutError, NewConnectionError)) for one in error_chain(error))
