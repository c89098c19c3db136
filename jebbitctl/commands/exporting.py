"""``integrations export``: what exists, as a manifest."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.all_businesses import covered_by
from jebbitctl.commands.common import command
from jebbitctl.commands.manifests import clients_for, read_manifest
from jebbitctl.context import context_of
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.context import Context
    from jebbitctl.manifest.inventory import CurrentState
    from jebbitctl.manifest.reading import Manifest


def export(
    ctx: typer.Context,
    *,
    all_businesses: Annotated[
        bool, typer.Option("--all-businesses", help="Of every business that the credential covers.")
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write into this manifest; names, comments and order stay."),
    ] = None,
) -> None:
    """Write what exists as a manifest.

    It has all that diff and apply work with, mappings included, and no secret. Every integration is in it,
    also those of other services, which are found by their id.
    """
    import tomllib

    from jebbitctl.manifest import writing
    from jebbitctl.manifest.inventory import fetch_current_state
    from jebbitctl.storage.files import write_shared

    context = context_of(ctx)
    if all_businesses and context.options.business is not None:
        raise UsageError("--all-businesses and --business do not go together")
    if str(into) == "-":
        raise UsageError("--into names a file", hint="without it, the manifest goes to standard output")
    before = read_manifest(context, str(into)) if into and into.exists() else None
    clients = clients_for(context, _businesses(context, before, everywhere=all_businesses))
    states = {
        business: fetch_current_state(client, before.of(business) if before else [], all_attributes=True)
        for business, client in clients.items()
    }
    told: list[str] = []
    text = _edited(before, states, told.append) if before else writing.export(states, warn=told.append)
    for line in told:
        context.output.warn(line)
    if into:
        write_shared(into, text)
        context.output.note(f"{into} says what exists.")
    elif context.output.json:
        context.output.document(tomllib.loads(text))
    else:
        context.output.verbatim(text.splitlines())


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    command(app, "export", example="jebbitctl integrations export > jebbit.toml")(export)


def _edited(before: Manifest, states: dict[str | None, CurrentState], warn: Callable[[str], None]) -> str:
    """Return a manifest brought in line with what exists.

    Raises:
        UsageError: tomlkit, which keeps comments, cannot edit this layout, or gets it wrong.
    """
    from jebbitctl.manifest.plan import plan
    from jebbitctl.manifest.reading import load
    from jebbitctl.manifest.writing import export

    try:
        text = export(states, before, warn=warn).replace("\n", before.newline)
        if not plan(load(text.encode(), before.name), states).steps:
            return text
    except (UsageError, ValueError, TypeError, LookupError, AttributeError):
        pass  # what tomlkit makes of such a layout cannot be read, or could not be written
    raise UsageError(
        f"{before.name} is laid out in a way that cannot be edited without loss",
        hint="give each integration a table of its own, [integrations.NAME], below all other keys",
    )


def _businesses(context: Context, before: Manifest | None, *, everywhere: bool) -> list[str | None]:
    """Return the businesses to ask; None is the one in use."""
    named = before.businesses if before else (None,)
    if not everywhere:
        return list(named)
    if before and before.integrations and not before.in_sections:
        raise UsageError(f"{before.name} is about one business", hint="leave --all-businesses out")
    return list(dict.fromkeys([*(b for b in named if b is not None), *covered_by(context)]))
