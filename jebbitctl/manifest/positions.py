"""Line numbers in a TOML file: ``tomllib`` reports them for syntax errors only."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jebbitctl.manifest.validation import KeyPath


def line_of(text: str, path: KeyPath) -> int:
    """Return the line in which the value at ``path`` starts, or the innermost table around it that exists.

    Parses prefixes of the file: the shortest prefix that contains the value ends in the value's last line.

    Args:
        text: valid TOML.
        path: keys from the outside in, and positions in arrays.
    """
    lines = text.split("\n")

    @cache
    def parse_prefix(count: int) -> Any:
        return _parse("\n".join(lines[:count]))

    def contains_value(count: int) -> bool:
        while count and (document := parse_prefix(count)) is None:
            count -= 1
        return count > 0 and is_in(document, path)

    while path and not contains_value(len(lines)):
        path = path[:-1]
    if not path:
        return 1
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if contains_value(middle) else (middle, high)
    first = high
    while first > 1 and parse_prefix(first - 1) is None:
        first -= 1
    return first


def _parse(text: str) -> Any:
    """Return the content of a prefix, closing an array that it ends in; None if it ends inside a value."""
    for end in ("", "\n]"):
        try:
            return tomllib.loads(text + end)
        except ValueError:
            pass
    return None


def is_in(document: Any, path: KeyPath) -> bool:
    """Whether a parsed file has a value at ``path``."""
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True
