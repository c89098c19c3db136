"""Tells people about deliveries, in few lines however many there are."""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from jebbitctl.sandbox.deliveries import STOPPED
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.deliveries import DeliveryResult

MAX_SINGLE = 5
"""Different failures that are told one by one, each once."""
_INTERVAL = 10.0
"""Seconds between two counts of the failures that follow."""
_MAX_REASONS = 5


class DeliveryReporter:
    """Writes a line about each test delivery and each new failure, then counts of failures.

    A delivery that the sandbox does not send is no failure of an endpoint, and is told once; one that is lost
    on purpose is not told.

    Args:
        log: called with a line about a test delivery that was accepted.
        warn: called with a line about failures.
    """

    def __init__(self, log: Callable[[str], None], warn: Callable[[str], None]) -> None:
        self._log = log
        self._warn = warn
        self._lock = Lock()
        self._told: set[tuple[str, str]] = set()
        self._untold: Counter[str] = Counter()
        self._told_at = 0.0

    def __call__(self, result: DeliveryResult) -> None:
        """Tell what became of a delivery, now or later."""
        if result.outcome == "delivered":
            if result.kind == "test":
                self._log(_line(result))
        elif result.outcome == "lost" or result.error == STOPPED:  # as asked for; counted at the end
            pass
        elif result.kind == "test" or self._is_new(result):
            self._warn(_line(result))

    def tell_untold(self) -> None:
        """Write the counts of what was not told yet."""
        with self._lock:
            self._tell()

    def _is_new(self, result: DeliveryResult) -> bool:
        """Whether to tell a failure on its own; if not, count it."""
        failure = result.integration, result.words
        with self._lock:
            if failure not in self._told and len(self._told) < MAX_SINGLE:
                self._told.add(failure)
                self._told_at = time.monotonic()
                return True
            if result.outcome != "not_sent":
                self._count(result)
            return False

    def _count(self, result: DeliveryResult) -> None:
        reason = result.words
        if reason not in self._untold and len(self._untold) >= _MAX_REASONS:
            reason = "other reasons"
        self._untold[reason] += 1
        if time.monotonic() >= self._told_at + _INTERVAL:
            self._tell()

    def _tell(self) -> None:
        if self._untold:
            reasons = "; ".join(f"{reason} ({count}x)" for reason, count in self._untold.most_common())
            self._warn(f"{plural(self._untold.total(), 'more delivery')} failed: {reasons}")
            self._untold.clear()
            self._told_at = time.monotonic()


def _line(result: DeliveryResult) -> str:
    took = "" if result.milliseconds is None else f" ({result.milliseconds:.0f} ms)"
    return f"delivery {result.integration} -> {result.endpoint or '-'}: {result.words}{took}"
