"""Mappings as CSV: ``parse`` reads exactly what ``write`` writes, and what spreadsheets make of it.

A cell that a spreadsheet would take for a formula begins with ``'``, which is not part of its text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from jebbitctl.api.mapping_csv_header import DELIMITERS, find_columns, find_delimiter, fitting_delimiter
from jebbitctl.api.mapping_names import find_oddity
from jebbitctl.api.mappings import ATTRIBUTES, MappingSpec, name_problem, to_text
from jebbitctl.errors import UsageError
from jebbitctl.util import csv_text
from jebbitctl.util.csv_text import CsvError, Record
from jebbitctl.util.spreadsheets import neutralize, restore
from jebbitctl.util.text_encodings import SAVE_AS_UTF_8, EncodingError, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource

_SEPARATOR = re.compile(r'"?sep=(?P<delimiter>[^\w\s"]|\t)"?[,;\t]*(\r\n|\r|\n|\Z)', re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""
_SAVE_AS_UTF_8 = f"{SAVE_AS_UTF_8}; Excel calls it CSV UTF-8"


class _Header(NamedTuple):
    width: int
    positions: dict[str, int]


class _Text(NamedTuple):
    """A file's text without its line ``sep=``.

    Attributes:
        line: the number of the text's first line.
    """

    text: str
    delimiter: str
    line: int


def parse(content: bytes, name: str, *, delimiter: str | None = None) -> list[MappingSpec]:
    """Return the mappings below the header. The columns may be in any order; blank lines are skipped.

    Args:
        content: the file's content, in UTF-8, or with a byte order mark.
        name: the file's name for error messages.
        delimiter: between the cells; None takes what the line ``sep=`` says, or what fits the header.

    Raises:
        UsageError: the file is not CSV or a column is missing; the message names the line.
    """
    try:
        source = _delimited(decode(content), delimiter)
        found = csv_text.records(source.text, source.delimiter, line=source.line)
        filled = (record for record in found if not record.is_blank)
        header = _header(next(filled, None), name, source)
        return _without_duplicates(_spec(record, header) for record in filled)
    except CsvError as error:
        raise UsageError(f"{name}, line {error.line}: {error.problem}") from None
    except EncodingError as error:
        line = f", line {error.line}" if error.line else ""
        raise UsageError(f"{name}{line}: {error.problem}", hint=_SAVE_AS_UTF_8) from None


def write(resources: Iterable[Resource]) -> Iterator[str]:
    """Yield the header, then a record for each mapping, without line endings."""
    yield csv_text.record(ATTRIBUTES)
    for resource in resources:
        cells = (to_text(resource.attributes.get(column)) for column in ATTRIBUTES)
        yield csv_text.record(map(neutralize, cells))


def _delimited(text: str, delimiter: str | None) -> _Text:
    """Return a text and its delimiter: the given one, the one that the line ``sep=`` names, or what fits."""
    if separator := _SEPARATOR.match(text):
        return _Text(text[separator.end() :], delimiter or separator["delimiter"], 2)
    return _Text(text, delimiter or find_delimiter(text), 1)


def _header(record: Record | None, name: str, source: _Text) -> _Header:
    """Return the columns of a header.

    Raises:
        UsageError: it lacks a column, or has one twice.
    """
    line, header, _ = record or Record(source.line, [], trimmed=False)
    columns = find_columns(header)
    where = f"{name}, line {line}"
    if columns.missing:
        _raise_missing(columns.missing, header, where, source)
    if columns.duplicate:
        raise UsageError(
            f"{where}: duplicate column in the header: {columns.duplicate}", hint=_columns_hint()
        )
    return _Header(len(header), columns.positions)


def _raise_missing(missing: list[str], header: list[str], where: str, source: _Text) -> NoReturn:
    plural = "s" if len(missing) > 1 else ""
    hint = _columns_hint()
    other = fitting_delimiter(source.text)
    if other is not None:
        used = DELIMITERS.get(source.delimiter, repr(source.delimiter))
        hint = f"the header's columns are separated by {DELIMITERS[other]}, not by {used}"
    elif any(header):
        hint += f"; it names {', '.join(filter(None, header))}"
    raise UsageError(f"{where}: missing column{plural} in the header: {', '.join(missing)}", hint=hint)


def _columns_hint() -> str:
    return f"the header must name the columns {', '.join(ATTRIBUTES)}, in any order"


def _without_empty_end(cells: list[str]) -> list[str]:
    width = max((position for position, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:width]


def _spec(record: Record, header: _Header) -> MappingSpec:
    """Return the mapping of a record.

    Spreadsheets leave out empty cells at the end of a record, and add some if another record is longer.
    """
    cells = _without_empty_end(record.cells)
    counts = f"expected {header.width} cells, found {len(record.cells)}"
    if len(cells) > header.width:
        problem = f"{counts}; a cell that contains the delimiter must be in quotation marks"
        return MappingSpec(line=record.line, problem=problem)
    absent = [name for name, position in header.positions.items() if position >= len(record.cells)]
    if absent and absent != ["default"]:
        return MappingSpec(line=record.line, problem=f"{absent[0]} is missing: {counts}")
    cells += [""] * (header.width - len(cells))
    values = {name: restore(cells[position]) for name, position in header.positions.items()}
    names = {name: value for name, value in values.items() if name != "default"}
    return MappingSpec(
        **values,
        line=record.line,
        problem=name_problem(**names),
        oddity=find_oddity(names),
        trimmed=record.trimmed,
    )


def _without_duplicates(specs: Iterable[MappingSpec]) -> list[MappingSpec]:
    """Return the specs; one whose jebbit_var an earlier one has is invalid."""
    first_lines: dict[str, int | None] = {}
    checked: list[MappingSpec] = []
    for spec in specs:
        if spec.problem is None:
            first = first_lines.setdefault(spec.jebbit_var, spec.line)
            if first != spec.line:
                problem = f"duplicate jebbit_var {spec.jebbit_var}, first used in line {first}"
                checked.append(replace(spec, problem=problem))
                continue
        checked.append(spec)
    return checked
