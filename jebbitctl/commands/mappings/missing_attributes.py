"""Warns of mappings that name an attribute that Jebbit does not have, or that it does not send.

The warning is a courtesy. It costs one request, is left out if the token may not read attributes or the
request fails, and never changes an exit code. Commands that write give it after the write, so that nothing
waits for it; only a person who is asked to confirm a plan sees it before.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from jebbitctl.commands.shared.command_lines import command_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jebbitctl.api.attribute_lookup import KnownAttributes
    from jebbitctl.api.client import Client
    from jebbitctl.context import Context

MAX_NAMED = 10
"""Names that one warning lists."""


def missing_attributes(context: Context, client: Client, jebbit_vars: Iterable[str]) -> list[str]:
    """Return the names that surely are no attributes, and that Jebbit does not provide itself."""
    names = _askable(jebbit_vars)
    known = _look_up(context, client, names)
    return [name for name in names if known.has(name) is False] if known else []


def warn_of_missing_attributes(
    context: Context, jebbit_vars: Iterable[str], *, integration: str | None = None
) -> None:
    """Warn of the names that surely are no attributes of the business in use, or not sent to integrations.

    Args:
        context: of the command.
        jebbit_vars: of new or changed mappings.
        integration: to which they belong; None if the mappings do not exist yet.
    """
    names = _askable(jebbit_vars)
    known = _look_up(context, context.client, names)
    if known is None:
        return
    missing = [name for name in names if known.has(name) is False]
    if missing and integration is not None:
        checking = command_line(context, "mappings", "lint", "--integration", integration)
        context.output.warn(f"{sentence(missing)}; to find the one that is meant: {checking}")
    elif missing:
        context.output.warn(f"{sentence(missing)}; list those that it has: {listing(context)}")
    if kept := [name for name in names if known.passes(name) is False]:
        does = "attribute {} does" if len(kept) == 1 else "attributes {} do"
        context.output.warn(
            f"{does.format(_enumerated(kept))} not pass to integrations; see Jebbit's dashboard"
        )


def sentence(names: Collection[str]) -> str:
    """Return what is wrong with names that are no attributes."""
    if len(names) == 1:
        return f"Jebbit has no attribute named {next(iter(names))}"
    return f"Jebbit has no attributes named {_enumerated(names)}"


def listing(context: Context, business: str | None = None) -> str:
    """Return the command that lists the attributes of a business, or of the one in use."""
    return command_line(context, "attributes", "list", business=business)


def _enumerated(names: Collection[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{', '.join(islice(names, MAX_NAMED))}{more}"


def _askable(jebbit_vars: Iterable[str]) -> list[str]:
    """Return the names, each once, without those that Jebbit may provide itself."""
    from jebbitctl.api.attribute_names import is_own_word

    return list(dict.fromkeys(name for name in jebbit_vars if not is_own_word(name)))


def _look_up(context: Context, client: Client, names: list[str]) -> KnownAttributes | None:
    from jebbitctl.api.attribute_lookup import fetch_if_allowed

    return fetch_if_allowed(context.impatient(client), names) if names else None
