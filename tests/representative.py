"""Tables whose first row of each kind suffices for the default run; the long run needs all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

Row = TypeVar("Row")


def first_of_each(rows: Mapping[str, Row], kind: Callable[[Row], Hashable]) -> list[Any]:
    """Return parameters for all rows, named by their keys; those of a kind that came before are ``long``."""
    first = {kind(row): name for name, row in reversed(list(rows.items()))}
    return [
        pytest.param(row, id=name, marks=[] if first[kind(row)] == name else pytest.mark.long)
        for name, row in rows.items()
    ]
