"""Tables on a terminal, as lines: no padding at their ends, so that they can be copied."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from jebbitctl.output.streams import console_on
from jebbitctl.text import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table
    from rich.text import Text

NARROW = 24
"""A column this wide or narrower keeps its width from batch to batch."""

_PADDING = r" +(\x1b\[0m)?$"


def table_lines(
    rows: Sequence[Sequence[Any]], columns: Sequence[str], widths: Sequence[int], *, header: bool
) -> tuple[list[str], list[int]]:
    """Draw one batch of a table; return its lines, and how wide each column would like to be.

    Args:
        rows: a value for each column.
        columns: attributes' names; their headers are upper case.
        widths: how wide each column should be at the least, what the batch before returned.
        header: whether this is the first batch.
    """
    texts = [[_text(value) for value in row] for row in rows]
    wanted = [max(width, *(row[i].cell_len for row in texts)) for i, width in enumerate(widths)]
    table = _table(show_header=header)
    fair_share = console_on(sys.stdout).width // len(columns) - 2
    for position, column in enumerate(columns):
        last = position == len(columns) - 1
        table.add_column(
            column.upper().replace("_", " "),
            overflow="fold",
            header_style="bold",
            min_width=None if last else min(wanted[position], NARROW, fair_share),
        )
    return _drawn(table, texts), wanted


def pair_lines(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """Draw names and values, a pair a line."""
    table = _table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return _drawn(table, [[_text(name), _text(value)] for name, value in pairs])


def _table(*, show_header: bool) -> Table:
    from rich.table import Table

    return Table(box=None, show_header=show_header, pad_edge=False, padding=(0, 2, 0, 0))


def _text(value: Any) -> Text:
    from rich.text import Text

    return Text("-" if value is None else cell(value))


def _drawn(table: Table, texts: Iterable[Sequence[Text]]) -> list[str]:
    for row in texts:
        table.add_row(*row)
    console = console_on(sys.stdout)
    with console.capture() as drawn:
        console.print(table)
    return [re.sub(_PADDING, r"\1", line) for line in drawn.get().splitlines()]
