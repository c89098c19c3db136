"""Lines of a diff. Each begins with a sign, which decides its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jebbitctl.util.text import escape_commands, escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COLOURS = {"+": "green", "✓": "green", "~": "yellow", "-": "red", "✗": "red", "!": "yellow", "?": "cyan"}


def diff_lines(lines: Iterable[tuple[str, str]], *, coloured: bool) -> Iterator[str]:
    """Yield a line for each sign and text, optionally in colour; signs may be indented."""
    for sign, text in lines:
        line = f"{sign} {escape_commands(escape_controls(text))}"
        colour = _COLOURS.get(sign.strip())
        yield typer.style(line, fg=colour) if coloured and colour else line
