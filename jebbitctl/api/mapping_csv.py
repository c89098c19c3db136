"""Mappings as CSV (RFC 4180, UTF-8), the same columns both ways: what is written reads as the same again."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.api import mappings
from jebbitctl.errors import UsageError
from jebbitctl.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.documents import Resource

COLUMNS = ("jebbit_var", "client_var", "default")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One mapping of a file.

    Attributes:
        number: where it begins, counted as an editor does.
        jebbit_var: as it stands there.
        client_var: as it stands there.
        default: as it stands there; empty for none.
        problem: why it cannot be a mapping, None when it can.
    """

    number: int
    jebbit_var: str = ""
    client_var: str = ""
    default: str = ""
    problem: str | None = None


def parse(content: bytes, name: str) -> list[Line]:
    """Return the lines below the header; columns may stand in any order, and blank lines count for nothing.

    Args:
        content: the file, with or without a byte order mark.
        name: what to call it in messages.

    Raises:
        UsageError: it is no such file; the message says in which line.
    """
    records = _records(_text(content, name), name)
    number, header = next(records, (1, []))
    positions = _positions([cell.strip().lower() for cell in header], f"{name}, line {number}")
    lines: list[Line] = []
    first: dict[str, int] = {}
    for number, record in records:
        line = _line(number, record, len(header), positions)
        if line.problem is None and line.jebbit_var in first:
            twin = f"jebbit_var {line.jebbit_var} stands in line {first[line.jebbit_var]} already"
            line = Line(number, line.jebbit_var, line.client_var, line.default, twin)
        elif line.problem is None:
            first[line.jebbit_var] = number
        lines.append(line)
    return lines


def write(resources: Iterable[Resource]) -> Iterator[str]:
    """Yield the header and a record for each mapping, without line ends."""
    yield _record(COLUMNS)
    for resource in resources:
        yield _record([text(resource.get(column)) for column in COLUMNS])


def text(value: Any) -> str:
    """Return an attribute as a cell; a default that is not there and an empty one are the same."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def _record(cells: Iterable[str]) -> str:
    out = io.StringIO(newline="")
    # with CR LF as the line end, a cell that holds one of the two is quoted
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def _text(content: bytes, name: str) -> str:
    content = content.removeprefix(_BOM)
    try:
        text_ = content.decode()
    except UnicodeDecodeError as error:
        line = _line_number(content[: error.start].decode())
        raise UsageError(f"{name}, line {line}: this is not UTF-8", hint="save it as CSV UTF-8") from None
    before, nul, _ = text_.partition("\0")
    if nul:
        raise UsageError(f"{name}, line {_line_number(before)}: there is a NUL character")
    return text_


def _line_number(before: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", before)) + 1


def _records(text_: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, and the number of its first line."""
    reader = csv.reader(io.StringIO(text_, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"{name}, line {number}: {error}") from None
        if any(record):
            yield number, record


def _positions(header: list[str], where: str) -> list[int]:
    hint = f"the first line is {','.join(COLUMNS)}, in any order"
    if missing := [column for column in COLUMNS if column not in header]:
        plural = "s" if len(missing) > 1 else ""
        if len(header) == 1 and re.search(r"[;\t|]", header[0]):
            hint = "the columns must be separated by commas"
        raise UsageError(f"{where}: the header lacks the column{plural} {', '.join(missing)}", hint=hint)
    if twice := [column for column in COLUMNS if header.count(column) > 1]:
        raise UsageError(f"{where}: the header has {twice[0]} twice", hint=hint)
    return [header.index(column) for column in COLUMNS]


def _line(number: int, record: list[str], width: int, positions: list[int]) -> Line:
    if len(record) != width:
        return Line(number, problem=f"{len(record)} cells, not {width}")
    jebbit_var, client_var, default = (record[position] for position in positions)
    problem = mappings.problem(jebbit_var=jebbit_var, client_var=client_var)
    return Line(number, jebbit_var, client_var, default, problem)
