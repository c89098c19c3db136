"""What checks share: the settings in use, connections with little patience, and what was seen so far."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl import settings

if TYPE_CHECKING:
    from jebbitctl.api.client import TokenSource
    from jebbitctl.api.transport import ApiResponse, Transport
    from jebbitctl.context import Context

PATIENCE = 4.0
"""Seconds for one request."""


class SkippedError(Exception):
    """A check has nothing to look at, or nothing is wrong without what it looks for.

    Attributes:
        why: for people.
        fix: what could be done all the same.
    """

    def __init__(self, why: str, fix: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


class Seen(NamedTuple):
    """One reading of a service's clock."""

    url: str
    ahead: float
    """Seconds that it was ahead of this machine's."""


class Examination:
    """One run of all checks.

    Attributes:
        context: the wiring of the command.
        failed: by name, whether a check that is over did not hold.
        clocks: the services' clocks, as far as they were told.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.failed: dict[str, bool] = {}
        self.clocks: list[Seen] = []

    @cached_property
    def transport(self) -> Transport:
        """Connections with little patience."""
        from jebbitctl.api.transport import Transport

        output = self.context.output
        return Transport(min(settings.timeout(), PATIENCE), output.debug if output.debugging else None)

    @cached_property
    def tokens(self) -> TokenSource:
        """Tokens as the commands get them, with little patience."""
        from jebbitctl.authentication import CachedTokens

        if (credentials := self.context.credentials) is None:
            return self.context.tokens
        return CachedTokens(credentials, self.context.token_cache, lambda: self.transport)

    def need(self, name: str, why: str) -> None:
        """Return when an earlier check did not fail.

        Raises:
            SkippedError: it did.
        """
        if self.failed.get(name):
            raise SkippedError(f"{why} (see {name})")

    def ask(self, url: str) -> tuple[ApiResponse, float]:
        """Get something without credentials; return the answer and the seconds it took.

        Raises:
            UnavailableError: the server cannot be reached.
        """
        began = time.time()
        answer = self.transport.send("GET", url, headers={"Accept": "*/*"})
        ended = time.time()
        date = answer.headers.get("Date")
        if date:
            try:
                told = parsedate_to_datetime(date).timestamp()
            except (ValueError, OverflowError):
                pass
            else:
                # The header has whole seconds, and was written somewhere between.
                self.clocks.append(Seen(url, told + 0.5 - (began + ended) / 2))
        return answer, ended - began
