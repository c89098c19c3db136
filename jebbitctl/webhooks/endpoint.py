"""Sends requests to a webhook endpoint, with limits on time and size.

A failed request is a result, not an exception.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.timeouts import call_with_timeout
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.util.certificates import TrustedCertificates

MAX_KEPT_BYTES = 2048
"""The maximum size of a response body that is kept; the rest is not read."""

RESPONSE_TIMEOUT = 10.0
"""Seconds to wait for a response."""


@dataclass(frozen=True, slots=True)
class EndpointResponse:
    """An endpoint's response, or why there is none.

    Attributes:
        status: the HTTP status; None without a response.
        elapsed: seconds from the request to the response's headers, or to the failure.
        start: the first 2,048 bytes of the body, not decoded.
        error: why there is no response, in one line; None when there is one.
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

    @property
    def outcome(self) -> str:
        """The status or the error in words, such as ``returned 403``."""
        return self.error or f"returned {self.status}"


def require_endpoint(url: str) -> str:
    """Return ``url`` if it is an http or https URL, of any host.

    Raises:
        UsageError: it is not an absolute http or https URL, or contains a user name or password.
    """
    try:
        require_https("https" + url[4:] if url[:7].lower() == "http://" else url, what="the endpoint's URL")
    except UsageError as error:
        raise UsageError(
            error.message, hint="use an absolute URL, such as https://example.com/webhooks"
        ) from None
    return url


class EndpointClient:
    """Sends requests to one URL, exactly as given; use it in a ``with`` block.

    Each request has its own connection, like Jebbit's deliveries. No credentials or cookies are added, no
    redirects are followed, and loopback addresses bypass proxies.

    Args:
        url: any http or https URL.
        timeout: seconds for a request and the start of its response.
        certificates: what the endpoint is verified against.

    Raises:
        UsageError: the URL is not valid, or the certificates cannot be loaded.
    """

    def __init__(
        self,
        url: str,
        timeout: float = RESPONSE_TIMEOUT,
        certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
    ) -> None:
        self.url = require_endpoint(url)
        self.timeout = timeout
        self._certificates = certificates

    def __enter__(self) -> Self:
        from jebbitctl.util.http_session import PlainSession

        self._session = PlainSession(self._certificates)
        if self.url.lower().startswith("https:"):
            self._session.load_certificates()
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def send(self, body: bytes, headers: Mapping[str, str], *, method: str = "POST") -> EndpointResponse:
        """Send a request; ``Host``, ``Content-Length`` and ``Connection: close`` are added to the headers."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        from jebbitctl.util.http_session import PlainSession, was_not_sent

        started = time.perf_counter()
        try:
            return call_with_timeout(self.timeout, lambda: self._send(method, body, headers))
        except (RequestException, HTTPError, OSError, ValueError, ArithmeticError, MemoryError) as error:
            elapsed = time.perf_counter() - started
            if isinstance(error, TimeoutError):
                self._session = PlainSession(
                    self._certificates
                )  # the request continues on its thread, with the old one
            return EndpointResponse(None, elapsed, error=self._reason(error), reached=not was_not_sent(error))

    def _send(self, method: str, body: bytes, headers: Mapping[str, str]) -> EndpointResponse:
        from urllib3.util import SKIP_HEADER

        no_default_headers = dict.fromkeys(("user-agent", "accept-encoding"), SKIP_HEADER)
        started = time.perf_counter()
        with self._session.request(
            method,
            self.url,
            data=body,
            headers={**no_default_headers, **headers, "connection": "close"},
            timeout=self.timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            elapsed = time.perf_counter() - started
            return EndpointResponse(
                response.status_code, elapsed, response.raw.read(MAX_KEPT_BYTES, decode_content=False)
            )

    def _reason(self, error: BaseException) -> str:
        """Return why there is no response, in one line that cannot hold a secret."""
        from requests import Timeout
        from requests.exceptions import ProxyError

        from jebbitctl.util.network_reasons import network_reason

        if isinstance(error, (Timeout, TimeoutError)):
            return f"no response within {self.timeout:g} s"
        prefix = "the proxy did not connect: " if isinstance(error, ProxyError) else ""
        return f"{prefix}{network_reason(error)}"
