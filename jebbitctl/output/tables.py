"""Tables for a terminal, as lines without trailing spaces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

MAX_STABLE_WIDTH = 24
"""A column up to this width keeps its width from batch to batch."""

MIN_VALUE_WIDTH = 20
"""Columns that a table of names and values has for a value; a narrower terminal gets no table."""

_PADDING = r" +(\x1b\[0m)?$"


def table_lines(
    console: Console,
    rows: Sequence[Sequence[Any]],
    columns: Sequence[str],
    widths: Sequence[int],
    *,
    header: bool,
) -> tuple[list[str], list[int]]:
    """Return the lines of one batch of a table, and the width that each column needs.

    Args:
        console: of the stream that gets the lines.
        rows: a value for each column.
        columns: names of attributes; the headers are in upper case.
        widths: the minimum width of each column: what the previous batch returned.
        header: whether this is the first batch.
    """
    texts = [[_text(value) for value in row] for row in rows]
    needed = [max(width, *(row[i].cell_len for row in texts)) for i, width in enumerate(widths)]
    table = _table(show_header=header)
    fair_share = console.width // len(columns) - 2
    for position, column in enumerate(columns):
        last = position == len(columns) - 1
        table.add_column(
            column.upper().replace("_", " "),
            overflow="fold",
            header_style="bold",
            min_width=None if last else min(needed[position], MAX_STABLE_WIDTH, fair_share),
        )
    return _draw(console, table, texts), needed


def key_value_lines(console: Console, pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """Return the lines of names and values, one pair per line; in a narrow terminal without a table.

    There, a table would leave no room for the values, such as a secret that is shown only once.
    """
    from rich.cells import cell_len

    pairs = list(pairs)
    longest = max((cell_len(name) for name, _ in pairs), default=0)
    if console.width < longest + MIN_VALUE_WIDTH:
        return [f"{_text(name).plain}: {_text(value).plain}" for name, value in pairs]
    table = _table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return _draw(console, table, [[_text(name), _text(value)] for name, value in pairs])


def _table(*, show_header: bool) -> Table:
    from rich.table import Table

    return Table(box=None, show_header=show_header, pad_edge=False, padding=(0, 2, 0, 0))


def _text(value: Any) -> Text:
    from rich.text import Text

    return Text("-" if value is None else cell(value))


def _draw(console: Console, table: Table, texts: Iterable[Sequence[Text]]) -> list[str]:
    for row in texts:
        table.add_row(*row)
    with console.capture() as capture:
        console.print(table)
    return [re.sub(_PADDING, r"\1", line) for line in capture.get().splitlines()]
