"""Tells people about deliveries, in few lines however many there are."""

from __future__ import annotations

import time
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.deliveries import DeliveryResult

MAX_SINGLE = 5
"""Failures that are told one by one."""
_INTERVAL = 10.0
"""Seconds between two counts of the failures that follow."""
_MAX_REASONS = 5


class DeliveryReporter:
    """Writes a line about each test delivery and each of the first failures, then counts of failures.

    Args:
        log: called with a line about a test delivery that was accepted.
        warn: called with a line about failures.
    """

    def __init__(self, log: Callable[[str], None], warn: Callable[[str], None]) -> None:
        self._log = log
        self._warn = warn
        self._lock = Lock()
        self._failures = 0
        self._untold: Counter[str] = Counter()
        self._told_at = 0.0

    def __call__(self, result: DeliveryResult) -> None:
        """Tell what became of a delivery, now or later."""
        failed = result.outcome != "delivered"
        if result.kind != "test" and failed:
            with self._lock:
                self._failures += 1
                if self._failures > MAX_SINGLE:
                    self._count(result)
                    return
                self._told_at = time.monotonic()
        if result.kind == "test" or failed:
            took = "" if result.milliseconds is None else f" ({result.milliseconds:.0f} ms)"
            (self._warn if failed else self._log)(
                f"delivery {result.integration} -> {result.endpoint or '-'}: {result.words}{took}"
            )

    def tell_untold(self) -> None:
        """Write the counts of what was not told yet."""
        with self._lock:
            self._tell()

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
