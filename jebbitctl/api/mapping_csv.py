"""Mappings as CSV (RFC 4180, UTF-8): ``parse`` reads back exactly what ``write`` writes.

A cell that a spreadsheet would take for a formula begins with ``'``, which is not part of its text.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jebbitctl.api.mappings import ATTRIBUTES, MappingSpec, name_problem
from jebbitctl.errors import UsageError
from jebbitctl.util.spreadsheets import neutralize, restore
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.resources import Resource

_BOM = b"\xef\xbb\xbf"


def parse(content: bytes, name: str) -> list[MappingSpec]:
    """Return the mappings below the header. The columns may be in any order; blank lines are skipped.

    Args:
        content: the file's content, with or without a byte order mark.
        name: the file's name for error messages.

    Raises:
        UsageError: the file is not CSV in UTF-8 or a column is missing; the message names the line.
    """
    records = _records(_text(content, name), name)
    number, header = next(records, (1, []))
    positions = _positions([cell.strip().lower() for cell in header], f"{name}, line {number}")
    specs: list[MappingSpec] = []
    first_numbers: dict[str, int] = {}
    for number, record in records:
        spec = _spec(number, record, len(header), positions)
        if spec.problem is None:
            first_number = first_numbers.setdefault(spec.jebbit_var, number)
            if first_number != number:
                problem = f"duplicate jebbit_var {spec.jebbit_var}, first used in line {first_number}"
                spec = replace(spec, problem=problem)
        specs.append(spec)
    return specs


def write(resources: Iterable[Resource]) -> Iterator[str]:
    """Yield the header, then a record for each mapping, without line endings."""
    yield _record(ATTRIBUTES)
    for resource in resources:
        yield _record([neutralize(to_cell(resource.attributes.get(column))) for column in ATTRIBUTES])


def to_cell(value: Any) -> str:
    """Return an attribute's value as a cell; None and an empty string both become an empty cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def _record(cells: Iterable[str]) -> str:
    out = io.StringIO(newline="")
    # the writer quotes a cell with a CR or an LF only if the line terminator contains that character
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def _text(content: bytes, name: str) -> str:
    content = content.removeprefix(_BOM)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = _line_number(content[: error.start].decode())
        raise UsageError(f"{name}, line {line}: invalid UTF-8", hint="save the file as UTF-8 CSV") from None
    before, nul, _ = text.partition("\0")
    if nul:
        raise UsageError(f"{name}, line {_line_number(before)}: contains a NUL character")
    return text


def _line_number(before: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", before)) + 1


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each non-blank record and the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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
    hint = f"the header must name the columns {', '.join(ATTRIBUTES)}, in any order"
    if missing := [column for column in ATTRIBUTES if column not in header]:
        plural = "s" if len(missing) > 1 else ""
        if len(header) == 1 and re.search(r"[;\t|]", header[0]):
            hint = "separate the columns with commas"
        raise UsageError(f"{where}: missing column{plural} in the header: {', '.join(missing)}", hint=hint)
    if duplicates := [column for column in ATTRIBUTES if header.count(column) > 1]:
        raise UsageError(f"{where}: duplicate column in the header: {duplicates[0]}", hint=hint)
    return [header.index(column) for column in ATTRIBUTES]


def _spec(number: int, record: list[str], width: int, positions: list[int]) -> MappingSpec:
    if len(record) != width:
        return MappingSpec(line=number, problem=f"expected {width} cells, found {len(record)}")
    jebbit_var, client_var, default = (restore(record[position]) for position in positions)
    problem = name_problem(jebbit_var=jebbit_var, client_var=client_var)
    return MappingSpec(jebbit_var, client_var, default, number, problem)
