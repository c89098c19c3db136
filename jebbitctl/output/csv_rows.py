"""CSV as RFC 4180 has it, in UTF-8; no cell is a formula for a spreadsheet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jebbitctl.output.streams import is_terminal, write_bytes, write_line
from jebbitctl.util.csv_text import record
from jebbitctl.util.redaction import scrub_registered
from jebbitctl.util.spreadsheets import neutralize
from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def write_csv(rows: Iterable[Sequence[Any]], *, show_secrets: bool = False) -> None:
    """Write rows of JSON values to stdout as they come, without the secrets in use unless ``show_secrets``.

    A string that a spreadsheet would calculate begins with ``'``.
    """
    on_terminal = is_terminal(sys.stdout)
    for row in rows:
        line = record(map(_cell, row))
        text = line if show_secrets else scrub_registered(line)
        if on_terminal:
            write_line(text)
        else:
            write_bytes(f"{text}\r\n".encode("utf-8", "backslashreplace"))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutralize(value)
    return json_text(value)
