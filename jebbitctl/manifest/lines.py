"""In which line of a TOML file something stands: parsers tell that of their own errors only."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jebbitctl.manifest.checks import Path


def line_of(text: str, path: Path) -> int:
    """Return the number of the line in which the value at ``path`` begins, or that of what holds it.

    The file is parsed in part: the shortest beginning that holds the value ends where the value does.

    Args:
        text: TOML that can be parsed.
        path: keys from the outside in, and positions in arrays.
    """
    lines = text.split("\n")

    @cache
    def beginning(count: int) -> Any:
        return _parsed("\n".join(lines[:count]))

    def holds(count: int) -> bool:
        while count and (document := beginning(count)) is None:
            count -= 1
        return count > 0 and _is_in(document, path)

    while path and not holds(len(lines)):
        path = path[:-1]
    if not path:
        return 1
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    first = high
    while first > 1 and beginning(first - 1) is None:
        first -= 1
    return first


def _parsed(text: str) -> Any:
    """Return what the beginning of a file holds, an array that it ends within closed; None within a value."""
    for end in ("", "\n]"):
        try:
            return tomllib.loads(text + end)
        except ValueError:
            pass
    return None


def _is_in(document: Any, path: Path) -> bool:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
