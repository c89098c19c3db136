"""Lines of a diff. Each begins with a sign, which decides its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jebbitctl.output.streams import supports_colour
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

_COLOURS = {"+": "green", "✓": "green", "~": "yellow", "-": "red", "✗": "red", "?": "cyan"}


def diff_lines(lines: Iterable[tuple[str, str]], stream: TextIO | None) -> Iterator[str]:
    """Yield a line for each sign and text, in colour if the stream supports it; signs may be indented."""
    coloured = supports_colour(stream)
    for sign, text in lines:
        line = f"{sign} {escape_controls(text)}"
        colour = _COLOURS.get(sign.strip())
        yield typer.style(line, fg=colour) if coloured and colour else line
