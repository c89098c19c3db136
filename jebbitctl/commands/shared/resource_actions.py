"""Steps that the update commands of all nouns share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.differences import UNKNOWN, Difference, diff, dotted, unknown
from jebbitctl.api.resources import format_value, raise_if_unapplied, unconfirmed
from jebbitctl.errors import UsageError
from jebbitctl.util.text import cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from jebbitctl.api.resources import Resource, WriteResult
    from jebbitctl.context import Context


def plan_update(
    context: Context,
    noun: str,
    current: Resource,
    desired: dict[str, Any],
    *,
    shows_unchanged: bool = True,
) -> list[Difference]:
    """Return the changes of an update, from known and unknown values.

    If there are none, print a note, and with ``shows_unchanged`` the resource as JSON if that is wanted.
    """
    values = dotted(desired)
    changes = diff(current.attributes, desired)
    changes += [Difference(name, UNKNOWN, values[name]) for name in unknown(current.attributes, desired)]
    if not changes:
        context.output.note(f"{noun.capitalize()} {current.id} is already up to date.")
        if context.output.json and shows_unchanged:
            context.output.resource(current)
    return changes


def show_update(context: Context, changes: list[Difference], result: WriteResult, *, command: str) -> None:
    """Print the changes that Jebbit applied; JSON shows the whole resource.

    Args:
        context: prints it.
        changes: what the update was to change.
        result: the resource after the update, and the changes that Jebbit did not apply.
        command: the command that shows the resource, for the hint of the error.

    Raises:
        PartiallyAppliedError: Jebbit did not apply all changes.
    """
    output = context.output
    unclear = unconfirmed(result.resource.attributes, {name: value for name, _, value in changes})
    unapplied = {*(difference.name for difference in result.unapplied), *unclear}
    with output.best_effort():
        if output.json:
            output.resource(result.resource)
        else:
            for name, current, desired in (change.shown for change in changes):
                if name in unapplied:
                    continue
                if output.plain:
                    output.line(f"{name}\t{cell(current)}\t{cell(desired)}")
                else:
                    output.line(f"{name}: {format_value(current)} → {format_value(desired)}")
    warn_unconfirmed(context, unclear)
    raise_if_unapplied(result.unapplied, command=command)


def warn_unconfirmed(context: Context, names: Sequence[str]) -> None:
    """Warn of desired attributes that the response to a write does not show."""
    if names:
        context.output.warn(
            f"Jebbit does not say whether it applied {', '.join(names)}; check in Jebbit's dashboard"
        )


def require_changes(desired: dict[str, Any], *, example: str) -> None:
    """Check that an update was given something to change.

    Raises:
        UsageError: there is nothing to change.
    """
    if not desired:
        raise UsageError("no changes given", hint=f"name an attribute, such as {example}")
