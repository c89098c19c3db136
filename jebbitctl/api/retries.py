"""The retry policy: which requests may be sent again, and how long to wait first."""

from __future__ import annotations

import ssl
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from urllib3 import exceptions as urllib3_errors

from jebbitctl.util.error_chain import error_chain

MAX_RETRIES = 3
BACKOFF_SECONDS = 0.2

_REPEATABLE_METHODS = {"GET", "DELETE"}
"""Methods that are safe to carry out twice."""

_RETRYABLE_STATUSES = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def may_retry_status(method: str, status: int) -> bool:
    """Whether a request that got this status may be sent again; 429 means that nothing was carried out."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or (
        method in _REPEATABLE_METHODS and status in _RETRYABLE_STATUSES
    )


def may_retry_error(method: str, error: BaseException) -> bool:
    """Whether a request that failed with a connection error may be sent again.

    If no connection was made, any request may be sent again. An untrusted certificate is not retried: it
    stays untrusted. Nor is a connect timeout: it has used much of the time.
    """
    chain = error_chain(error)
    if _contains(chain, urllib3_errors.NewConnectionError):
        return True
    if _contains(chain, urllib3_errors.ConnectTimeoutError, ssl.SSLCertVerificationError):
        return False
    return method in _REPEATABLE_METHODS


def retry_delay(retries: int, retry_after: str | None, time_left: float) -> float:
    """Return the seconds to wait before a retry.

    ``Retry-After`` is honoured up to a quarter of the time left. Without a usable one the wait is
    exponential; the first retry is immediate.

    Args:
        retries: the number of retries so far.
        retry_after: the response's ``Retry-After`` header, if any.
        time_left: seconds until the call's deadline.
    """
    if retry_after and (seconds := _retry_after_seconds(retry_after)) > 0:
        return min(seconds, max(time_left, 0.0) / 4)
    return BACKOFF_SECONDS * 2**retries if retries else 0.0


def _retry_after_seconds(value: str) -> float:
    """Return the seconds that ``Retry-After`` asks for, as a number or an HTTP date; 0 if it is neither."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _contains(chain: list[BaseException], *types: type[BaseException]) -> bool:
    return any(isinstance(error, types) for error in chain)
