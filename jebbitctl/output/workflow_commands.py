"""GitHub's workflow commands: lines in a log that become annotations of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from jebbitctl.output.streams import write_error_line
from jebbitctl.util.redaction import mask_urls
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Mapping

Level: TypeAlias = Literal["error", "warning", "notice"]

MAX_ANNOTATIONS = 10
"""GitHub shows as many of each level for a step."""

_IN_DATA = "%"
"""What GitHub asks to escape. Line breaks, too, but they are shown as \\n, as all control characters are."""
_IN_PROPERTIES = "%:,"
"""What has to be escaped in a property; the first one is part of every escape."""


def annotate(level: Level, message: str, properties: Mapping[str, str | int | None]) -> None:
    """Print an annotation on stderr, which GitHub reads as well as stdout. URLs have no credentials in it.

    Args:
        level: its kind.
        message: one line.
        properties: such as ``file``, ``line`` and ``title``; those that are None are left out.
    """
    pairs = ",".join(
        f"{name}={_escape(str(value), _IN_PROPERTIES)}"
        for name, value in properties.items()
        if value is not None
    )
    write_error_line(f"::{level} {pairs}::{_escape(message, _IN_DATA)}")


def _escape(text: str, escapes: str) -> str:
    text = mask_urls(escape_controls(text))
    for character in escapes:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
