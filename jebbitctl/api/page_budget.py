"""Limits for all pages of a collection together: a service must not keep a command busy forever."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl.api.transport import MAX_RESPONSE_BYTES
from jebbitctl.errors import RejectedError, UnavailableError
from jebbitctl.util.text import MAX_JSON_VALUES, count_json_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.transport import ApiResponse
    from jebbitctl.errors import JebbitctlError

MAX_PAGES = 10_000
MAX_TIMEOUTS = 10
"""The time for all requests of a collection, as a multiple of the timeout of one."""


class PageBudget:
    """What the pages of one collection may take: no more memory than a single response, and limited time.

    Args:
        timeout: seconds for one request.
    """

    def __init__(self, timeout: float) -> None:
        self._seconds = MAX_TIMEOUTS * timeout
        self._elapsed = 0.0
        self._pages = self._bytes = self._values = 0

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Count the time of a request; what the command does between two requests does not count."""
        started = time.monotonic()
        yield
        self._elapsed += time.monotonic() - started

    def add(self, response: ApiResponse) -> None:
        """Count a page."""
        self._pages += 1
        self._bytes += len(response.body)
        self._values += count_json_values(response.body)

    def require_next(self) -> None:
        """Check that another page may be fetched.

        Raises:
            RejectedError: there are too many pages, or they are too large together.
            UnavailableError: they took too long.
        """
        if error := self._error():
            raise error

    def _error(self) -> JebbitctlError | None:
        if self._pages >= MAX_PAGES:
            return RejectedError(f"Jebbit's list has more than {MAX_PAGES:,} pages")
        if self._bytes > MAX_RESPONSE_BYTES:
            return RejectedError(f"Jebbit's list is larger than {MAX_RESPONSE_BYTES // 2**20} MiB")
        if self._values > MAX_JSON_VALUES:
            return RejectedError(f"Jebbit's list has more than {MAX_JSON_VALUES:,} values")
        if self._elapsed > self._seconds:
            message = f"Jebbit sent {self._pages} pages in {self._elapsed:.0f} s, and there are more"
            return UnavailableError(message, hint="try again later, or raise JEBBIT_TIMEOUT")
        return None
