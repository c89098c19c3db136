"""CSV as RFC 4180 has it, in UTF-8; no cell is a formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, TypeAlias

from jebbitctl.output.streams import is_terminal, write_bytes, write_line
from jebbitctl.util.redaction import scrub_registered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell: TypeAlias = str | int | float | bool | None

_STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows to stdout as they come. A string that a spreadsheet would calculate begins with ``'``."""
    on_terminal = is_terminal(sys.stdout)
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(map(_cell, row))
        text = scrub_registered(line.getvalue())
        if on_terminal:
            write_line(text.removesuffix("\r\n"))
        else:
            write_bytes(text.encode("utf-8", "backslashreplace"))


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_STARTS_OF_FORMULAS) else text
