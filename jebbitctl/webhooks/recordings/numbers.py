"""Lists of numbers of deliveries, such as ``1-3,7``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jebbitctl.errors import UsageError
from jebbitctl.util.text import escape_controls

_PART = re.compile(r"\s*([0-9]{1,18})(?:-([0-9]{1,18}))?\s*")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of deliveries, such as ``1-3,7``.

    Attributes:
        ranges: in the order given; each must have a delivery.
    """

    ranges: tuple[range, ...]

    def __contains__(self, number: object) -> bool:
        return any(number in one for one in self.ranges)

    @property
    def last(self) -> int:
        """The largest number."""
        return max(one.stop - 1 for one in self.ranges)


def parse_numbers(text: str) -> Numbers:
    """Parse a list of numbers and ranges.

    Raises:
        UsageError: it is something else, or a range is empty.
    """
    matches = [_PART.fullmatch(part) for part in text.split(",")]
    ranges = [range(int(m[1]), int(m[2] or m[1]) + 1) for m in matches if m]
    if len(ranges) < len(matches) or not all(ranges):
        raise UsageError(
            f"--only {escape_controls(text)!r} is not a list of numbers",
            hint="use numbers and ranges, such as --only 1-3,7",
        )
    return Numbers(tuple(ranges))
