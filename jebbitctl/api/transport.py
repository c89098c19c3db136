"""HTTP requests, bounded in time and size; every failure is raised as a JebbitctlError."""

from __future__ import annotations

import time
import zlib
from gzip import BadGzipFile, GzipFile
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api.ambiguous_writes import recovery_hint
from jebbitctl.api.network_errors import raise_network_error
from jebbitctl.api.request_ids import trace_text
from jebbitctl.api.retries import MAX_RETRIES, may_retry_error, may_retry_status, retry_delay
from jebbitctl.errors import AmbiguousWriteError, RejectedError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.http_session import USER_AGENT, PlainSession, was_not_sent
from jebbitctl.util.redaction import redact_service_data, scrub
from jebbitctl.util.text import MAX_JSON_VALUES, count_json_values, json_text, parse_json
from jebbitctl.util.timeouts import call_with_timeout, sleep
from jebbitctl.util.urls import shown_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jebbitctl.errors import JebbitctlError
    from jebbitctl.util.certificates import TrustedCertificates

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Decoded bytes: ten times the largest collection, and far below what a gzip bomb unpacks to."""

MAX_LOGGED_BODY_CHARS = 500


class ApiResponse(NamedTuple):
    """A complete HTTP response.

    Attributes:
        status: the HTTP status.
        headers: with case-insensitive names.
        body: the decoded bytes.
        ambiguous: whether an earlier attempt of the same request may have been carried out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    ambiguous: bool = False

    def json(self) -> Any:
        """Return the body parsed as JSON.

        Raises:
            ValueError: the body is not JSON, nests too deep, holds a number that Python rejects, or too many
                values for the memory of this machine.
        """
        try:
            return parse_json(self.body)
        except MemoryError:
            raise ValueError("not enough memory") from None

    @property
    def not_json(self) -> str:
        """What came instead of JSON, for an error message."""
        if count_json_values(self.body) > MAX_JSON_VALUES:
            return f"more than {MAX_JSON_VALUES:,} JSON values"
        media_type = self.headers.get("Content-Type", "content").partition(";")[0]
        return f"{media_type} that cannot be read as JSON"

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_redirect(self) -> bool:
        """Whether the status is 3xx."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: a 5xx, 408 or 429, or a 1xx, which is not final."""
        return not HTTPStatus.OK <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR or self.status in {
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.TOO_MANY_REQUESTS,
        }

    @property
    def redirect_target(self) -> str:
        """Where a redirect leads, as it may be shown."""
        return shown_url(self.headers.get("Location", "")) or "nowhere"


class Transport:
    """A connection pool whose calls each have one deadline.

    Args:
        timeout: seconds for a whole call, retries included.
        log: called with one line per request and per response, with secrets masked.
        certificates: what servers are verified against.
        max_retries: how often a request is sent again, as far as the retry policy allows.
    """

    def __init__(
        self,
        timeout: float,
        log: Callable[[str], None] | None = None,
        certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        self.timeout = timeout
        self.log = log
        self._max_retries = max_retries
        self._certificates = certificates
        self._session = self._new_session()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        secrets: tuple[str, ...] = (),
    ) -> ApiResponse:
        """Send a request and return the response, whatever its status.

        Args:
            method: in capitals.
            url: absolute.
            headers: in addition to the usual ones.
            body: bytes to send.
            secrets: what the log must not show, should the response repeat it.

        Raises:
            UnavailableError: the server could not be reached, or not in time.
            AmbiguousWriteError: likewise, for a write that may have been carried out.
            RejectedError: the response is larger than MAX_RESPONSE_BYTES; an AmbiguousWriteError likewise.
            UsageError: the proxy or CA settings of this machine are invalid.
        """
        session = self._session
        started = time.monotonic()
        self._log(f"→ {method} {url}{self._preview(body, secrets)}")
        try:
            response = call_with_timeout(
                self.timeout, lambda: self._send_with_retries(session, method, url, headers, body)
            )
        except (
            requests.RequestException,
            urllib3_errors.HTTPError,
            OSError,
            ValueError,
            MemoryError,
        ) as error:
            if isinstance(error, TimeoutError):
                self._session = self._new_session()  # the call continues on its thread, with the old one
            self._log(f"✗ {type(error).__name__} after {time.monotonic() - started:.3f} s")
            raise_network_error(error, method, url, timeout=self.timeout, certificates=self._certificates)
        elapsed = f"{time.monotonic() - started:.3f} s"
        preview = self._preview(response.body, secrets)
        trace = scrub(trace_text(response.headers), secrets) if self.log else ""
        self._log(f"← {response.status} in {elapsed}, {len(response.body)} bytes{trace}{preview}")
        return response

    def _new_session(self) -> PlainSession:
        session = PlainSession(self._certificates)
        session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
        return session

    def _send_with_retries(
        self, session: PlainSession, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> ApiResponse:
        """Send a request, and send it again as the retry policy allows.

        Raises:
            TimeoutError: the deadline has passed; the caller has already given up.
        """
        deadline = time.monotonic() + self.timeout
        retries, ambiguous = 0, False
        while True:
            retry_after = None
            try:
                response = self._open(session, method, url, headers, body)
            except requests.ConnectionError as error:
                if retries == self._max_retries or not may_retry_error(method, error):
                    raise
                ambiguous |= not was_not_sent(error)
            else:
                with response:  # closes the connection if the body, which may be endless, is not read
                    if retries == self._max_retries or not may_retry_status(method, response.status_code):
                        return _read(response, method, url, ambiguous=ambiguous)
                    retry_after = response.headers.get("Retry-After")
                    ambiguous |= response.status_code != HTTPStatus.TOO_MANY_REQUESTS
            sleep(retry_delay(retries, retry_after, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                raise TimeoutError
            retries += 1

    def _open(
        self, session: PlainSession, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> requests.Response:
        """Send a request once and return the response, its body not yet read."""
        return session.request(
            method,
            url,
            headers=dict(headers),
            data=body,
            # a connect timeout ends before the deadline, so that the error can say that nothing was sent;
            # a read timeout ends after it
            timeout=(self.timeout / 3, self.timeout + 1),
            allow_redirects=False,
            stream=True,
        )

    def _log(self, line: str) -> None:
        if self.log:
            self.log(line)

    def _preview(self, body: bytes | None, secrets: tuple[str, ...]) -> str:
        """Return a JSON body for the log, shortened and masked; empty when there is no body or no log."""
        if not body or not self.log:
            return ""
        try:
            text = scrub(json_text(redact_service_data(parse_json(body))), secrets)
        except ValueError:
            return " (not JSON)"
        return " " + (text if len(text) <= MAX_LOGGED_BODY_CHARS else text[:MAX_LOGGED_BODY_CHARS] + "…")


def _read(response: requests.Response, method: str, url: str, *, ambiguous: bool) -> ApiResponse:
    body = _read_body(response)
    if len(body) > MAX_RESPONSE_BYTES:
        raise _too_large(method, url, response.status_code)
    return ApiResponse(response.status_code, response.headers, body, ambiguous)


def _read_body(response: requests.Response) -> bytes:
    """Return the decoded body, or somewhat more than MAX_RESPONSE_BYTES of a larger one.

    urllib3 accepts a truncated gzip stream as complete; the standard library does not.
    """
    compressed = response.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
    stream = GzipFile(fileobj=response.raw) if compressed else response.raw
    body = bytearray()
    try:
        while len(body) <= MAX_RESPONSE_BYTES and (chunk := stream.read(65536)):
            body += chunk
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise urllib3_errors.DecodeError from error
    except (ArithmeticError, AttributeError, ValueError) as error:  # http.client's, for invalid chunk sizes
        raise urllib3_errors.ProtocolError from error
    return bytes(body)


def _too_large(method: str, url: str, status: int) -> JebbitctlError:
    message = f"{urlsplit(url).netloc} sent a response larger than {MAX_RESPONSE_BYTES // 2**20} MiB"
    if (hint := recovery_hint(method, url)) and status not in range(300, 500):
        message = f"{message}; the {method} may have been carried out"
        return AmbiguousWriteError(message, hint=hint, status=status)
    return RejectedError(message, status=status)
