"""What checks found as lines for readers, which begin with a mark; in a pipe, a line has any length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose.findings import State
from jebbitctl.output.wrapping import wrap
from jebbitctl.util.redaction import scrub_registered
from jebbitctl.util.text import escape_commands, escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKS = {State.OK: "✓", State.WARNING: "!", State.FAILED: "✗", State.UNKNOWN: "–"}  # noqa: RUF001 - an en dash
INDENT = "  "
_MIN_ROOM = 20


def hanging(mark: str, text: str, width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of a text, of which the first has the mark, as :meth:`Output.diff` prints them."""
    room = width - len(mark) - 1
    for number, line in enumerate(shown_lines(text, room, hanging=INDENT)):
        yield " " * len(mark) if number else mark, line


def all_hanging(lines: Iterable[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of marks and texts; what does not fit goes on indented below."""
    for mark, text in lines:
        yield from hanging(mark, text, width)


def with_fix(state: State, seen: str, fix: str | None, width: int) -> Iterator[tuple[str, str]]:
    """Yield the lines of what was seen, and below them what to do."""
    yield from hanging(MARKS[state], seen, width)
    if fix:
        for line in shown_lines(f"→ {fix}", width - 2 * len(INDENT), hanging=INDENT):
            yield " ", f"{INDENT}{line}"


def shown_lines(text: str, room: int, hanging: str = "") -> list[str]:
    """Return text as lines, without the secrets in use; control characters are escaped.

    Args:
        text: whatever Jebbit or an endpoint says may be in it.
        room: columns of a line; at least 20 are used.
        hanging: begins each line but the first.
    """
    shown = escape_commands(escape_controls(scrub_registered(text)))
    return wrap(shown, max(room, _MIN_ROOM), hanging=hanging)
