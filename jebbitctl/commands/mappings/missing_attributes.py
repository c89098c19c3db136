"""Warns of mappings that name an attribute that Jebbit does not have.

The warning is a courtesy. It costs one request, is left out if the token may not read attributes or the
request fails, and never changes an exit code. Commands that write give it after the write, so that nothing
waits for it; only a person who is asked to confirm a plan sees it before.
"""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context

MAX_NAMED = 10
"""Names that one warning lists."""


def missing_attributes(context: Context, client: Client, jebbit_vars: Iterable[str]) -> list[str]:
    """Return the names that surely are no attributes, and that Jebbit does not provide itself."""
    from jebbitctl.api.attribute_lookup import fetch_if_allowed
    from jebbitctl.api.attribute_names import is_own_word

    names = list(dict.fromkeys(name for name in jebbit_vars if not is_own_word(name)))
    known = fetch_if_allowed(context.impatient(client), names) if names else None
    return [name for name in names if known.has(name) is False] if known else []


def warn_of_missing_attributes(
    context: Context, jebbit_vars: Iterable[str], *, integration: str | None = None
) -> None:
    """Warn of the names that surely are no attributes of the business in use.

    Args:
        context: of the command.
        jebbit_vars: of new or changed mappings.
        integration: to which they belong; None if the mappings do not exist yet.
    """
    missing = missing_attributes(context, context.client, jebbit_vars)
    if missing and integration is not None:
        checking = command(context, "mappings", "lint", "--integration", integration)
        context.output.warn(f"{sentence(missing)}; to find the one that is meant: {checking}")
    elif missing:
        context.output.warn(f"{sentence(missing)}; list those that it has: {listing(context)}")


def sentence(names: Collection[str]) -> str:
    """Return what is wrong with names that are no attributes."""
    if len(names) == 1:
        return f"Jebbit has no attribute named {next(iter(names))}"
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"Jebbit has no attributes named {', '.join(islice(names, MAX_NAMED))}{more}"


def listing(context: Context, business: str | None = None) -> str:
    """Return the command that lists the attributes of a business, or of the one in use."""
    return command(context, "attributes", "list", business=business)


def command(context: Context, *words: str, business: str | None = None) -> str:
    """Return a command line for the same account, and for a business or the one in use."""
    named = (
        ("--profile", context.options.profile),
        ("--business", business or context.options.business),
    )
    options = [word for option, value in named if value is not None for word in (option, value)]
    return shlex.join(["jebbitctl", *words, *options])
