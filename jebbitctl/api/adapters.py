"""What requests and urllib3 are told: when to try again, and which credentials not to add."""

from __future__ import annotations

import math
import ssl
import time
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.auth import AuthBase
from urllib3 import exceptions as urllib3_errors
from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

RETRIES = 3
REPEATABLE = frozenset({"GET", "DELETE"})
"""Methods that do no harm when they are carried out twice."""


class PatientRetry(Retry):
    """When to send again: reads and deletes after a passing failure, others only if surely not taken.

    Attributes:
        until: the end of the call, by :func:`time.monotonic`; nothing is sent after it.
    """

    until = math.inf

    @classmethod
    def ending(cls, until: float) -> Self:
        """Return the retries of one call."""
        retry = cls(total=RETRIES, backoff_factor=0.2, raise_on_status=False)
        retry.until = until
        return retry

    def new(self, **changes: Any) -> Self:
        """Return the retries that are left."""
        left = super().new(**changes)
        left.until = self.until
        return left

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002, ARG002 - urllib3's signature
        """Whether a response of this status is worth another try."""
        return status_code == requests.codes.too_many or (
            method in REPEATABLE and status_code in {502, 503, 504}
        )

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count a try; raise the error instead where another one could do harm, or cannot help."""
        if error is not None and not _may_repeat(method, error):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def parse_retry_after(self, retry_after: str) -> float:
        """Seconds to wait, at most a quarter of what is left; zero for a value that nobody can read."""
        try:
            seconds = float(retry_after)
        except ValueError:
            seconds = self._seconds_until(retry_after)
        most = max(self.until - time.monotonic(), 0.0) / 4
        return min(seconds, most) if seconds > 0 else 0.0

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try.

        Raises:
            TimeoutError: the call is over; whoever made it has been told so already.
        """
        super().sleep(response)
        if time.monotonic() >= self.until:
            raise TimeoutError

    def _seconds_until(self, date: str) -> float:
        try:
            return super().parse_retry_after(date)
        except (urllib3_errors.InvalidHeader, ValueError, OverflowError):
            return 0.0


def was_not_sent(error: BaseException) -> bool:
    """Whether urllib3 failed before it had a connection to send anything on."""
    return isinstance(error, urllib3_errors.ProxyError | urllib3_errors.ConnectTimeoutError)


def _may_repeat(method: str | None, error: Exception) -> bool:
    """Whether another try does no harm, and can end otherwise."""
    if isinstance(error, urllib3_errors.SSLError):
        if any(isinstance(arg, ssl.SSLCertVerificationError) for arg in error.args):
            return False
    elif isinstance(error, urllib3_errors.ConnectTimeoutError):
        return isinstance(error, urllib3_errors.NewConnectionError)  # the others took all their time
    return method in REPEATABLE


class Auth(AuthBase):
    """Adds nothing. Any auth object at all keeps ``~/.netrc`` from adding its own.

    Args:
        secrets: what the request holds that no log may show, should an answer repeat it.
    """

    def __init__(self, *secrets: str) -> None:
        self.secrets = secrets

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request as it is."""
        return request
