"""Small bars beside numbers, drawn with block characters, or in ASCII."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self, TextIO

WIDTH = 10
"""Columns of a bar."""
_EIGHTHS = "▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"
_ASCII_LEVELS = ".:-=+*%#"
_NOTHING, _UNKNOWN = "_", "?"


class Bars(NamedTuple):
    """Draws bars for one stream.

    Attributes:
        ascii_only: the stream cannot encode block characters.
    """

    ascii_only: bool = False

    @classmethod
    def of(cls, stream: TextIO | None) -> Self:
        """Return the bars that a stream can encode."""
        try:
            (_EIGHTHS + _LEVELS).encode(getattr(stream, "encoding", None) or "ascii")
        except (UnicodeEncodeError, LookupError):
            return cls(ascii_only=True)
        return cls()

    def bar(self, share: float | None) -> str:
        """Return a bar from the left, such as ``█████▌``; anything above 0 is seen, and only 1 fills it.

        Args:
            share: of the width, from 0 to 1, or more, which is drawn as 1; None draws nothing.
        """
        per_column = 1 if self.ascii_only else len(_EIGHTHS)
        steps = _scaled(share, WIDTH * per_column)
        if self.ascii_only:
            return "#" * steps
        whole, rest = divmod(steps, per_column)
        return _EIGHTHS[-1] * whole + (_EIGHTHS[rest - 1] if rest else "")

    def levels(self, numbers: Sequence[int | None]) -> str | None:
        """Return a character for each number, higher for a larger one: ``█▆▅▃``.

        Args:
            numbers: not negative; 0 is drawn as ``_``, and None, which is unknown, as ``?``.

        Returns:
            None if no number is above 0.
        """
        largest = max((number for number in numbers if number), default=0)
        if not largest:
            return None
        levels = _ASCII_LEVELS if self.ascii_only else _LEVELS
        return "".join(
            _UNKNOWN if number is None else (_NOTHING + levels)[_scaled(number / largest, len(levels))]
            for number in numbers
        )


def _scaled(share: float | None, steps: int) -> int:
    """Return a share in steps: none only for 0, all only for 1 or more."""
    if share is None or share <= 0:
        return 0
    return steps if share >= 1 else min(max(round(share * steps), 1), steps - 1)
