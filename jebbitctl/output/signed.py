"""Differences as people read them: a line each, with a sign in front that also tells its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jebbitctl.output.streams import in_colour
from jebbitctl.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

_COLOURS = {"+": "green", "✓": "green", "~": "yellow", "-": "red", "✗": "red", "?": "cyan"}


def signed_lines(lines: Iterable[tuple[str, str]], stream: TextIO | None) -> Iterator[str]:
    """Yield a line for each sign, which blanks may precede, and text; in colour where the stream takes it."""
    coloured = in_colour(stream)
    for sign, text in lines:
        line = f"{sign} {visible(text)}"
        colour = _COLOURS.get(sign.strip())
        yield typer.style(line, fg=colour) if coloured and colour else line
