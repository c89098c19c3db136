"""How an update shows what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.resources import format_value
from jebbitctl.text import cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jebbitctl.api.resources import Difference
    from jebbitctl.context import Context


def show_changes(context: Context, planned: Iterable[Difference], unapplied: Collection[Difference]) -> None:
    """Print each change that Jebbit applied, one a line, for people: JSON shows the whole resource."""
    output = context.output
    skipped = {difference.name for difference in unapplied}
    for name, current, desired in planned:
        if name in skipped:
            continue
        if output.plain:
            output.line(f"{name}\t{cell(current)}\t{cell(desired)}")
        else:
            output.line(f"{name}: {format_value(current)} → {format_value(desired)}")
