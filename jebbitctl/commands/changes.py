"""How an update tells what it changed, and what Jebbit did not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.dependents import not_taken, shown
from jebbitctl.text import cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jebbitctl.api.integrations import Difference
    from jebbitctl.context import Context


def show_changes(context: Context, planned: Iterable[Difference], refused: Collection[Difference]) -> None:
    """Print each change that was made, a line each: for people, JSON shows the whole resource."""
    output = context.output
    not_made = {difference.name for difference in refused}
    for change in planned:
        if change.name in not_made:
            continue
        if output.plain:
            output.line(f"{change.name}\t{cell(change.is_)}\t{cell(change.should_be)}")
        else:
            output.line(f"{change.name}: {shown(change.is_)} → {shown(change.should_be)}")


def require_taken(refused: Collection[Difference], *, look: str) -> None:
    """Return when Jebbit took all that was asked for.

    Args:
        refused: what it did not take.
        look: the command that shows what is set.

    Raises:
        NotTakenError: it did not.
    """
    if refused:
        raise not_taken(refused, look=look)
