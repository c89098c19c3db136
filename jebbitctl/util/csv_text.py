"""CSV (RFC 4180) as people and spreadsheets write it: spaces around cells, any line ending, other delimiters.

Spaces outside quotation marks are not part of a cell, spaces inside are: :func:`record` quotes a cell that
begins or ends with one, so that :func:`records` reads back exactly what was written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.util.text import LINE_END, count_line_ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Record(NamedTuple):
    """The cells of one record.

    Attributes:
        line: the number of its first line.
        cells: their text, without quotation marks and without the spaces outside of them.
        trimmed: whether a cell without quotation marks had spaces around it.
    """

    line: int
    cells: list[str]
    trimmed: bool

    @property
    def is_blank(self) -> bool:
        """Whether no cell has a text."""
        return not any(self.cells)


class CsvError(ValueError):
    """Text that is not CSV.

    Args:
        line: the number of the line in which the cell begins.
        problem: what is wrong.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def records(text: str, delimiter: str = ",", *, line: int = 1) -> Iterator[Record]:
    """Yield the records of a text, blank ones as well.

    Args:
        text: with LF, CR LF or CR as line ends.
        delimiter: one character, neither a quotation mark nor a line end.
        line: the number of the text's first line.

    Raises:
        CsvError: a quotation mark is not closed, or text follows the closing one.
    """
    pattern = _cell_pattern(delimiter)
    cells: list[str] = []
    position, trimmed, first = 0, False, line
    while position < len(text) or cells:
        match = pattern.match(text, position)
        if match is None:
            raise CsvError(line, _quoting_problem(text, position, delimiter))
        plain, quoted, end = match["plain"], match["quoted"], match["end"]
        if plain is None:
            cells.append(quoted.replace('""', '"'))
            line += count_line_ends(quoted)
        else:
            cells.append(plain.strip())
            trimmed = trimmed or cells[-1] != plain
        position = match.end()
        if end == delimiter:
            continue
        yield Record(first, cells, trimmed)
        line += 1
        cells, trimmed, first = [], False, line


def record(cells: Iterable[str]) -> str:
    """Return one record with commas, without a line end."""
    written = ",".join(map(_written, cells))
    return written or '""'


def _written(cell: str) -> str:
    """Return a cell, in quotation marks if it needs them.

    LibreOffice splits at semicolons and tabs, too, and would take what follows for a cell, or a formula.
    """
    if cell == cell.strip() and not any(character in cell for character in ',;\t"\r\n'):
        return cell
    return '"{}"'.format(cell.replace('"', '""'))


def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    delimiter, space = re.escape(delimiter), _space(delimiter)
    quoted = rf'{space}*+"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"{space}*+'
    plain = rf'(?!{space}*+")(?P<plain>[^{delimiter}\r\n]*+)'
    return re.compile(rf"(?:{quoted}|{plain})(?P<end>{delimiter}|{LINE_END}|\Z)")


def _space(delimiter: str) -> str:
    """Return a pattern for a space, which includes a no-break space, but neither delimiter nor line end."""
    return rf"[^\S\r\n{re.escape(delimiter)}]"


def _quoting_problem(text: str, position: int, delimiter: str) -> str:
    closed = re.compile(rf'{_space(delimiter)}*+"[^"]*+(?:""[^"]*+)*+"').match(text, position)
    if closed:
        return "a cell has text after its closing quotation mark; write a quotation mark inside it twice"
    return "a quotation mark is not closed"
