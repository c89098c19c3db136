"""What the checks share: the command's context, short timeouts, and the results of earlier checks."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jebbitctl.api.access_token import TokenSource
    from jebbitctl.api.transport import ApiResponse, Transport
    from jebbitctl.context import Context

REQUEST_TIMEOUT = 4.0
"""Seconds for one request."""


class CheckSkipped(Exception):  # noqa: N818 - not an error
    """There is nothing to check, or an earlier check failed that this one depends on.

    Attributes:
        reason: why it was skipped.
        fix: what the user can do about it, None if there is nothing to do.
    """

    def __init__(self, reason: str, fix: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


class ClockReading(NamedTuple):
    """A service's clock, compared with this machine's.

    Attributes:
        url: of the service.
        ahead: seconds that its clock is ahead of this machine's.
    """

    url: str
    ahead: float


class CheckContext:
    """The state that the checks of one run share.

    Attributes:
        context: of the command.
        failed: whether a check failed, by name, for each check that has run.
        clocks: the clocks of the services that sent a date.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.failed: dict[str, bool] = {}
        self.clocks: list[ClockReading] = []

    @cached_property
    def transport(self) -> Transport:
        """HTTP connections with a short timeout."""
        from jebbitctl.api.transport import Transport

        output, timeout = self.context.output, min(self.context.settings.timeout, REQUEST_TIMEOUT)
        log = output.debug if output.debugging else None
        return Transport(timeout, log, self.context.environment.trusted_certificates())

    @cached_property
    def tokens(self) -> TokenSource:
        """The source of access tokens that commands use, but with a short timeout."""
        from jebbitctl.auth.tokens import CachedTokenSource

        if (credentials := self.context.credentials) is None:
            return self.context.tokens
        return CachedTokenSource(credentials, self.context.token_cache, lambda: self.transport)

    def require(self, name: str, reason: str) -> None:
        """Skip the running check if an earlier one failed.

        Args:
            name: of the earlier check.
            reason: why it is needed.

        Raises:
            CheckSkipped: the earlier check failed.
        """
        if self.failed.get(name):
            raise CheckSkipped(f"{reason} (see {name})")

    def fetch(self, url: str) -> tuple[ApiResponse, float]:
        """Send a GET without credentials; return the response and the seconds it took.

        Raises:
            UnavailableError: the server cannot be reached.
        """
        started = time.time()
        response = self.transport.send("GET", url, headers={"Accept": "*/*"})
        ended = time.time()
        date = response.headers.get("Date")
        if date:
            try:
                server_time = parsedate_to_datetime(date).timestamp()
            except (ValueError, OverflowError):
                pass
            else:
                # The header has whole seconds and was written at some time during the request.
                self.clocks.append(ClockReading(url, server_time + 0.5 - (started + ended) / 2))
        return response, ended - started
