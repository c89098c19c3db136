"""Sends requests to a webhook endpoint, with limits on time and size.

A failed request is a result, not an exception.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.timeouts import call_with_timeout
from jebbitctl.util.urls import missing_scheme_hint, require_https

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import requests

    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.util.http_session import PlainSession

MAX_KEPT_BYTES = 2048
"""The maximum size of a response body that is kept; the rest is not read."""

RESPONSE_TIMEOUT = 10.0
"""Seconds to wait for a response."""

_KEY_OF_ANOTHER = {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"}
"""OpenSSL's reasons for a key that is not the certificate's; the last one if it is of another type."""


NOT_SENT = "not sent: "
"""Begins the error of a request that was not sent for another reason than the network."""


@dataclass(frozen=True, slots=True)
class EndpointResponse:
    """An endpoint's response, or why there is none.

    Attributes:
        status: the HTTP status; None without a response.
        elapsed: seconds from the request to the response's headers, or to the failure.
        start: the first 2,048 bytes of the body, or as many as were to be kept, not decoded.
        error: why there is no response, in one line; None when there is one.
        reached: whether a connection was made.
        headers: the response's headers; names are found in any case.
        timed_out: whether the time was up before a response.
    """

    status: int | None
    elapsed: float
    start: bytes = b""
    error: str | None = None
    reached: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timed_out: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - as in 2xx

    @property
    def outcome(self) -> str:
        """The status or the error in words, such as ``returned 403``."""
        return self.error or f"returned {self.status}"

    @property
    def not_sent(self) -> bool:
        """Whether the request was not sent for another reason than the network."""
        return (self.error or "").startswith(NOT_SENT)


def not_sent(reason: str) -> EndpointResponse:
    """Return the response of a request that was not sent for another reason than the network."""
    return EndpointResponse(None, 0.0, error=f"{NOT_SENT}{reason}", reached=False)


def require_endpoint(url: str) -> str:
    """Return ``url`` if it is an http or https URL, of any host.

    Raises:
        UsageError: it is not an absolute http or https URL, or contains a user name or password.
    """
    try:
        require_https("https" + url[4:] if url[:7].lower() == "http://" else url, what="the endpoint's URL")
    except UsageError as error:
        hint = missing_scheme_hint(url) or "use an absolute URL, such as https://example.com/webhooks"
        raise UsageError(error.message, hint=hint) from None
    return url


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that a client shows to the endpoint, in PEM files.

    Attributes:
        certificate: the file with the certificate and those that lead to its CA.
        key: the file with the private key, which has no passphrase; None if the certificate's file holds it.
    """

    certificate: Path
    key: Path | None = None

    def load(self, context: ssl.SSLContext) -> None:
        """Add the certificate to a context.

        Raises:
            UsageError: a file cannot be read, or the certificate and the key do not fit together.
        """
        import ssl

        files = f"{self.certificate}, {self.key}" if self.key else f"{self.certificate}"
        try:
            # With a password, even an empty one, OpenSSL does not ask on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except ssl.SSLError as error:
            if error.reason in _KEY_OF_ANOTHER:
                raise UsageError(
                    f"client certificate {files}: the private key does not fit the certificate",
                    hint="use the key that the certificate was made for",
                ) from None
            raise UsageError(
                f"client certificate {files}: not a PEM certificate with its private key",
                hint="use PEM files, and a key without a passphrase",
            ) from None
        except OSError as error:
            raise UsageError(f"client certificate {files}: {error.strerror}") from None


class EndpointClient:
    """Sends requests to one URL, exactly as given; use it in a ``with`` block, from any number of threads.

    Each request has its own connection, like Jebbit's deliveries: a server may close a connection at any time
    after its response, and a request that is sent on it then is lost (RFC 9112, section 9.6). No credentials
    or cookies are added, no redirects are followed, and loopback addresses bypass proxies.

    Args:
        url: any http or https URL.
        timeout: seconds for a request and the start of its response.
        certificates: what the endpoint is verified against.
        headers: added to each request; they may hold secrets.
        client_certificate: shown to an endpoint that asks for one.

    Raises:
        UsageError: the URL is not valid, or the certificates cannot be loaded.
    """

    def __init__(
        self,
        url: str,
        timeout: float = RESPONSE_TIMEOUT,
        certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
        *,
        headers: Mapping[str, str] | None = None,
        client_certificate: ClientCertificate | None = None,
    ) -> None:
        self.url = require_endpoint(url)
        self.timeout = timeout
        self._certificates = certificates
        self._headers = dict(headers or {})
        self._client_certificate = client_certificate
        self._ssl_context: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        if self.url.lower().startswith("https:"):
            self._ssl_context = self._certificates.ssl_context()
            if self._client_certificate:
                self._client_certificate.load(self._ssl_context)
        return self

    def __exit__(self, *_: object) -> None:
        self._ssl_context = None

    def send(
        self,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        url: str | None = None,
        max_kept_bytes: int = MAX_KEPT_BYTES,
    ) -> EndpointResponse:
        """Send a request; ``Host``, ``Content-Length`` and ``Connection: close`` are added to the headers.

        Args:
            body: the exact bytes.
            headers: beside those of the client.
            method: the request's method.
            url: another URL of the same origin; by default the client's.
            max_kept_bytes: how much of the response's body is read.
        """
        from requests import RequestException
        from requests.exceptions import InvalidHeader
        from urllib3.exceptions import HTTPError

        from jebbitctl.util.http_session import PlainSession, was_not_sent

        def respond() -> EndpointResponse:
            with session, self._request(session, method, url or self.url, body, headers) as response:
                elapsed = time.perf_counter() - started
                start = b""  # only a read at its end finds that a body is shorter than announced
                while part := response.raw.read(max_kept_bytes - len(start), decode_content=False):
                    start += part
                return EndpointResponse(response.status_code, elapsed, start, headers=response.headers)

        session = PlainSession(self._certificates, self._ssl_context)
        started = time.perf_counter()
        try:
            return call_with_timeout(self.timeout, respond)
        except (InvalidHeader, UnicodeEncodeError):
            return not_sent("a header is invalid")
        except (RequestException, HTTPError, OSError, ValueError, ArithmeticError, MemoryError) as error:
            session.abort()  # otherwise a response that drips keeps its thread, however long it takes
            return EndpointResponse(
                None,
                time.perf_counter() - started,
                error=self._reason(error),
                reached=not was_not_sent(error),
                timed_out=_is_timeout(error),
            )

    @contextmanager
    def _request(
        self, session: PlainSession, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        from urllib3.util import SKIP_HEADER

        no_default_headers = dict.fromkeys(("user-agent", "accept-encoding"), SKIP_HEADER)
        # as bytes: of text, requests rejects a value that begins with the byte of a no-break space
        given = {name: value.encode("latin-1") for name, value in {**headers, **self._headers}.items()}
        with session.request(
            method,
            url,
            data=body,
            headers={**no_default_headers, **given, "connection": "close"},
            timeout=self.timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            yield response

    def _reason(self, error: BaseException) -> str:
        """Return why there is no response, in one line that cannot hold a secret."""
        from jebbitctl.util.http_session import is_proxy_failure
        from jebbitctl.util.network_reasons import network_reason

        if _is_timeout(error):
            return f"no response within {self.timeout:g} s"
        prefix = "the proxy did not connect: " if is_proxy_failure(error, self.url) else ""
        return f"{prefix}{network_reason(error)}"


def _is_timeout(error: BaseException) -> bool:
    from requests import Timeout

    return isinstance(error, (Timeout, TimeoutError))
