"""``--columns``: choose the columns of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.output.query import masked_error
from jebbitctl.util.redaction import MASK
from jebbitctl.util.text import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def parse_columns(text: str) -> list[str]:
    """Return the names in the option's value; none may be empty, as the others would move to the left.

    Raises:
        UsageError: one is empty.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        problem = "has an empty name" if any(names) else "names no column"
        raise UsageError(f"--columns {problem}", hint="for example: --columns id,created_at")
    return names


def select_columns(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], defaults: Sequence[str], *, show_secrets: bool
) -> Iterable[Mapping[str, Any]]:
    """Return rows that have the named columns. If some are not among the defaults, all rows are read first.

    Args:
        rows: of a list.
        names: the columns to print; nested attributes are dotted: ``additional_options.hash_pii``.
        defaults: the list's own columns, which it has even if no row says them.
        show_secrets: the rows have their secrets.

    Raises:
        UsageError: no row has such a column, or its values are masked.
    """
    if set(names) <= set(defaults):
        return rows
    found = [{**dict(flatten(dict(row))), **row} for row in rows]
    known = dict.fromkeys([*defaults, *(name for row in found for name in row)])
    for name in names if found else ():
        if name not in known:
            raise UsageError(
                f"--columns: no column is named {name}", hint=f"columns: {', '.join(sorted(known))}"
            )
        if not show_secrets and any(row.get(name) == MASK for row in found):
            raise masked_error({name}, what=f"column {name} is")
    return found
