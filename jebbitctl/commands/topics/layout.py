"""Tables and paragraphs in the text of a topic."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 80
"""Columns of a terminal that no line exceeds."""

_PROSE = re.compile(r'[A-Za-z`"$](.*\n(?! ))*.*[.:]')
"""A paragraph: lines that are not indented, which begin and end as sentences do."""


def table(rows: Iterable[tuple[object, str]]) -> str:
    """Return two columns, indented by two spaces; long lines of the second one are wrapped."""
    pairs = [(str(name), meaning) for name, meaning in rows]
    width = max(len(name) for name, _ in pairs)
    return "\n".join(
        textwrap.fill(
            meaning,
            WIDTH,
            initial_indent=f"  {name:<{width}}  ",
            subsequent_indent=" " * (width + 4),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, meaning in pairs
    )


def rewrap(text: str, width: int) -> str:
    """Return a topic's text with its paragraphs wrapped for a narrower terminal; tables and code stay."""
    return "\n\n".join(
        textwrap.fill(" ".join(block.split("\n")), width, break_long_words=False, break_on_hyphens=False)
        if _PROSE.fullmatch(block)
        else block
        for block in text.rstrip("\n").split("\n\n")
    )
