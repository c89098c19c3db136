"""Text in lines of whole words. No id, URL or command is broken, so that all can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CLAUSE_ENDS = (",", ";", ":", ".", ")")


def wrap(text: str, width: int, *, hanging: str = "") -> list[str]:
    """Return a text in lines that fit, at least one.

    A command that does not fit beside other text has a line of its own. A word or a command that is longer
    than a line is left to the terminal: what it breaks is copied as one line.

    Args:
        text: on one line.
        width: of a line, in columns.
        hanging: begins each line but the first.
    """
    if text_width(text) <= width:
        return [text]
    first, *more = fill(_parts(text), width, text_width(hanging))
    return [first, *(hanging + line for line in more)]


def _parts(text: str) -> Iterator[str]:
    """Yield the words of a text, and each command up to the end of its clause as one."""
    clause: list[str] = []
    for word in text.split(" "):
        clause.append(word)
        if word.endswith(_CLAUSE_ENDS) and " ".join(clause).count("'") % 2 == 0:
            yield from _clause_parts(clause)
            clause = []
    yield from _clause_parts(clause)


def _clause_parts(words: Sequence[str]) -> Iterator[str]:
    """Yield words, and a command as one: from its name, but a pipeline is all that the clause says."""
    begin = len(words)
    if "jebbitctl" in words:
        begin = 0 if "|" in words else words.index("jebbitctl")
    yield from words[:begin]
    if command := words[begin:]:
        yield " ".join(command)


def fill(parts: Iterable[str], width: int, indent: int = 0) -> list[str]:
    """Return lines of the parts of a text, separated by spaces.

    Args:
        parts: of the text.
        width: of the first line, in columns.
        indent: columns by which the other lines are shorter.
    """
    lines: list[str] = []
    for part in parts:
        room = width if len(lines) <= 1 else width - indent
        if lines and text_width(lines[-1]) + 1 + text_width(part) <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def break_anywhere(text: str, width: int) -> list[str]:
    """Return a text in pieces that fit, at least one; no character is lost."""
    if text.isascii():
        return [text[start : start + width] for start in range(0, max(len(text), 1), width)]
    from rich.cells import chop_cells

    return chop_cells(text, width) or [text]


def text_width(text: str) -> int:
    """Return the columns that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
