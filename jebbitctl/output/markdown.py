"""Markdown for comments on GitHub and GitLab in which nothing from outside is markup.

Text stands in HTML or in fenced code, where Markdown means nothing: no link, no image, and nobody is
mentioned.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jebbitctl.util.redaction import mask_urls, scrub_registered
from jebbitctl.util.text import escape_commands, escape_controls, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_COMMENT = 65_536
"""Characters that GitHub takes in a comment."""
MAX_LINE = 1_000
"""Characters of a line that are shown."""
_RESERVE = 200
"""Characters for what is said about what is left out."""
_MIN_FENCE = 3


def code(text: str) -> str:
    """Return text as code in HTML: letters and digits as they are, all else as character references."""
    safe = re.sub(r"[^\w .-]|_", lambda match: f"&#{ord(match[0])};", _clean(text), flags=re.ASCII)
    return f"<code>{safe}</code>"


def paragraph(html: str) -> str:
    """Return a paragraph; its text is HTML."""
    return f"<p>{html}</p>"


def fold(heading: str, lines: Sequence[str]) -> str:
    """Return lines of a diff that are folded away below a heading, which is HTML."""
    shown = [_clean(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(_MIN_FENCE, longest + 1)
    body = "\n".join([f"{fence}diff", *shown, fence])
    return f"<details><summary>{heading}</summary>\n\n{body}\n\n</details>"


def comment(marker: str, blocks: Iterable[str], folds: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a comment that GitHub takes whatever its length would be, and that says what is left out.

    Args:
        marker: by which a program finds its comment again; of letters, digits, spaces and ``.-/:``.
        blocks: HTML and Markdown that is never left out.
        folds: headings and lines; from the first one that does not fit, nothing more is shown.
    """
    parts = [f"<!-- {marker} -->", *blocks]
    room = MAX_COMMENT - _RESERVE - sum(len(part) + 2 for part in parts)
    left_out = lines_left_out = 0
    for heading, lines in folds:
        fitting = 0 if left_out else _fitting(heading, lines, room)
        if fitting:
            parts.append(text := fold(heading, lines[:fitting]))
            room -= len(text) + 2
        if fitting < len(lines):
            left_out += 1
            lines_left_out += len(lines) - fitting
    if left_out:
        parts.append(
            paragraph(
                f"Left out, since a comment has a limited length: {plural(lines_left_out, 'line')} "
                f"of {plural(left_out, 'section')}."
            )
        )
    return "\n\n".join(parts)


def _fitting(heading: str, lines: Sequence[str], room: int) -> int:
    """Return how many of the lines below a heading fit into a number of characters."""
    if len(fold(heading, lines)) <= room:
        return len(lines)
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(fold(heading, lines[:middle])) <= room else (low, middle)
    return low


def _clean(text: str) -> str:
    """Return text on one line of limited length, without the secrets in use and the credentials in URLs."""
    text = mask_urls(escape_commands(escape_controls(scrub_registered(text))))
    return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}… ({len(text) - MAX_LINE} more characters)"
