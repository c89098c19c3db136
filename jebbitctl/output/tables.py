"""Tables, and names with their values, for a terminal. No word is broken, so that all can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.output.wrapping import fill, text_width
from jebbitctl.util.text import cell
from jebbitctl.util.times import short_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    Style = Callable[[str], str]

MIN_VALUE_WIDTH = 20
"""Columns that a text needs to be wrapped beside something else; with less room, it stands below."""

_GAP = "  "


class Table:
    """Lays out rows in batches: each on one line, on two, or as a record, a line for each name and value.

    The first batch decides which, by the width of its values.

    Args:
        columns: names of attributes.
        width: columns of the terminal.
        bold: styles a header.
        numbers: names of the columns that are aligned to the right.
    """

    def __init__(
        self, columns: Sequence[str], width: int, bold: Style, numbers: Collection[str] = ()
    ) -> None:
        self._columns = columns
        self._headers = [_header(column) for column in columns]
        self._width = width
        self._bold = bold
        self._is_number = [column in numbers for column in columns]
        self._widths = [text_width(header) for header in self._headers]
        self._on_first_line: int | None = None
        """The number of values that stand on a row's first line; 0 for records."""

    def lines(self, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
        """Yield the lines of a batch, without trailing spaces; each row has a value for each column."""
        texts = [[_in_table(*pair) for pair in zip(self._columns, row, strict=True)] for row in rows]
        self._widths = [
            max(width, *map(text_width, own)) for width, *own in zip(self._widths, *texts, strict=True)
        ]
        if is_first := self._on_first_line is None:
            self._on_first_line = self._choose([row[-1] for row in texts])
        if not self._on_first_line:
            for number, row in enumerate(texts):
                if number or not is_first:
                    yield ""
                yield from key_value_lines(zip(self._columns, row, strict=True), self._width, self._bold)
            return
        if is_first:
            yield from self._row(self._headers, self._bold)
        for row in texts:
            yield from self._row(row, str)

    def _choose(self, last: Iterable[str]) -> int:
        """Return how many values the first line of a row holds; a second one holds the rest, if that fits."""
        total = len(self._columns)
        room = self._room(self._widths)
        if room >= text_width(self._headers[-1]) and (
            room >= MIN_VALUE_WIDTH or all(_fits(t, room) for t in last)
        ):
            return total
        first = next(n for n in range(total - 1, -1, -1) if self._room([*self._widths[:n], 0]) >= -len(_GAP))
        return first if self._room(self._widths[first:]) >= len(self._headers[-1] + _GAP) else 0

    def _room(self, widths: Sequence[int]) -> int:
        """Return the columns that are left on a line for the last of some values."""
        return self._width - sum(width + len(_GAP) for width in widths[:-1])

    def _row(self, texts: Sequence[str], style: Style) -> Iterator[str]:
        split = self._on_first_line or 0
        texts = [
            " " * (width - text_width(text)) + text if is_number else text
            for text, width, is_number in zip(texts, self._widths, self._is_number, strict=True)
        ]
        yield from self._line(texts[:split], self._widths[:split], "", style)
        if texts[split:]:
            yield from self._line(texts[split:], self._widths[split:], _GAP, style)

    def _line(self, texts: Sequence[str], widths: Sequence[int], indent: str, style: Style) -> Iterator[str]:
        """Yield the line of some values, and further ones if the last value does not fit."""
        *others, last = texts
        before = indent + "".join(
            style(text) + " " * (width - text_width(text)) + _GAP
            for text, width in zip(others, widths, strict=False)
        )
        room = self._room(widths) - len(indent)
        if others and not _fits(last, room):
            yield before.rstrip()
            indent += _GAP
            first, *more = _wrapped(last, self._width - len(indent))
            yield indent + first
        else:
            first, *more = _wrapped(last, room)
            yield (before + style(first)).rstrip()
            indent = " " * (self._width - room)
        for line in more:
            yield indent + line


def key_value_lines(pairs: Iterable[tuple[str, Any]], width: int, bold: Style) -> Iterator[str]:
    """Yield the lines of names and values. A value that does not fit beside its name stands below it.

    A list of objects stands below its name as a table.
    """
    texts = [(cell(name), value, _text(value)) for name, value in pairs]
    longest = max((text_width(name) for name, _, _ in texts), default=0)
    indent = longest + len(_GAP)
    for name, value, text in texts:
        if _are_rows(value):
            yield bold(name)
            yield from (f"{_GAP}{line}".rstrip() for line in _table_lines(value, width - len(_GAP), bold))
        elif _fits(text, width - indent):
            first, *more = _wrapped(text, width - indent)
            yield bold(name + " " * (indent - text_width(name))) + first if first else bold(name)
            yield from (" " * indent + line for line in more)
        else:
            yield bold(name)
            yield from (_GAP + line for line in _wrapped(text, width - len(_GAP)))


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) and row for row in value)


def _table_lines(rows: Sequence[dict[str, Any]], width: int, bold: Style) -> Iterator[str]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return Table(columns, width, bold).lines([[row.get(column) for column in columns] for row in rows])


def _header(column: str) -> str:
    """Return the header of an attribute: ``ACTIVE`` for ``is_active``, ``CREATED`` for ``created_at``."""
    return cell(column.removeprefix("is_").removesuffix("_at")).upper().replace("_", " ")


def _text(value: Any) -> str:
    return "-" if value is None else cell(value)


def _in_table(column: str, value: Any) -> str:
    return _text(short_time(value) if column.endswith(("_at", "_date")) else value)


def _fits(text: str, room: int) -> bool:
    """Whether a text fits in some columns, on one line or in several lines of whole words."""
    if text_width(text) <= room:
        return True
    return room >= MIN_VALUE_WIDTH and all(text_width(word) <= room for word in text.split(" "))


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of whole words; a word that is longer than a line is left to the terminal."""
    return [text] if text_width(text) <= width else fill(text.split(" "), width)
