"""The header of a CSV file of mappings: which delimiter it has, and which column is which."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.api.mappings import ATTRIBUTES
from jebbitctl.util.csv_text import CsvError, records

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""The delimiters that a header is tried with, and their names."""

_WORDS = {
    "jebbit_var": {"jebbitvar", "jebbitvariable", "jebbitvarname", "jebbitvariablename", "jebbitattribute"},
    "client_var": {"clientvar", "clientvariable", "clientvarname", "clientvariablename", "clientattribute"},
    "default": {"default", "defaultvalue"},
}
"""What people call the columns, in small letters and digits. A word that could mean another column, such as
"attribute" or "client name", is not here."""


class HeaderColumns(NamedTuple):
    """Where the columns are.

    Attributes:
        positions: of each attribute that has a column.
        missing: the attributes that have none.
        duplicate: an attribute that has several, None if there is none.
    """

    positions: dict[str, int]
    missing: list[str]
    duplicate: str | None


def find_columns(header: Sequence[str]) -> HeaderColumns:
    """Return where the columns are; an attribute's own name goes before other words for it."""
    names = [cell.strip().lower() for cell in header]
    words = ["".join(filter(str.isalnum, name.casefold())) for name in names]
    positions: dict[str, int] = {}
    missing: list[str] = []
    duplicate = None
    for attribute in ATTRIBUTES:
        exact = [position for position, name in enumerate(names) if name == attribute]
        found = exact or [position for position, word in enumerate(words) if word in _WORDS[attribute]]
        if not found:
            missing.append(attribute)
        else:
            positions[attribute] = found[0]
            duplicate = duplicate or (attribute if len(found) > 1 else None)
    return HeaderColumns(positions, missing, duplicate)


def fitting_delimiter(text: str) -> str | None:
    """Return the delimiter that gives the first non-blank record every column; None if there is none."""
    for delimiter in DELIMITERS:
        if not find_columns(_header(text, delimiter)).missing:
            return delimiter
    return None


def find_delimiter(text: str) -> str:
    """Return the delimiter that fits, or else the one that gives the header most cells."""
    return fitting_delimiter(text) or max(DELIMITERS, key=lambda delimiter: len(_header(text, delimiter)))


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next((found.cells for found in records(text, delimiter) if not found.is_blank), [])
    except CsvError:
        return []
