"""Warns of mappings that name an attribute that Jebbit does not have, or that it does not send.

The warning is a courtesy. It is left out if the token may not read attributes or a request fails, and never
changes an exit code. Commands that write give it after the write, so that nothing waits for it; only a person
who is asked to confirm a plan sees it before.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from jebbitctl.commands.shared.command_lines import command_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from jebbitctl.api.attribute_lookup import KnownAttributes
    from jebbitctl.api.client import Client
    from jebbitctl.context import Context

MAX_NAMED = 10
"""Names that one warning lists."""


def missing_attributes(context: Context, client: Client, jebbit_vars: Iterable[str]) -> dict[str, str | None]:
    """Return the names that surely are no attributes, and that Jebbit does not provide itself.

    Each of the first few has the nearest attribute, None if none is similar.
    """
    names = _askable(jebbit_vars)
    known = _look_up(context, client, names)
    return _missing(names, known) if known else {}


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
    missing = _missing(names, known)
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


def sentence(missing: Mapping[str, str | None]) -> str:
    """Return what is wrong with names that are no attributes, each with the nearest one or None."""
    shown = [f"{name} (the nearest is {near})" if near else name for name, near in missing.items()]
    return f"Jebbit has no {'attribute' if len(shown) == 1 else 'attributes'} named {_enumerated(shown)}"


def listing(context: Context, business: str | None = None) -> str:
    """Return the command that lists the attributes of a business, or of the one in use."""
    return command_line(context, "attributes", "list", business=business)


def _enumerated(names: Collection[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{', '.join(islice(names, MAX_NAMED))}{more}"


def _missing(names: Iterable[str], known: KnownAttributes) -> dict[str, str | None]:
    """Return the names that surely are no attributes, the first few, which are shown, with the nearest."""
    missing = [name for name in names if known.has(name) is False]
    nearest = map(known.names.nearest, missing[:MAX_NAMED])
    return {**dict.fromkeys(missing), **dict(zip(missing, nearest, strict=False))}


def _askable(jebbit_vars: Iterable[str]) -> list[str]:
    """Return the names, each once, without those that Jebbit may provide itself."""
    from jebbitctl.api.attribute_names import is_own_word

    return list(dict.fromkeys(name for name in jebbit_vars if not is_own_word(name)))


def _look_up(context: Context, client: Client, names: list[str]) -> KnownAttributes | None:
    from jebbitctl.api.attribute_lookup import fetch_if_allowed

    return fetch_if_allowed(context.impatient(client), names) if names else None
