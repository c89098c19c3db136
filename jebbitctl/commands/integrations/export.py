"""``integrations export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import AllBusinesses, ManifestVariables
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jebbitctl.manifest.current_state import CurrentState
    from jebbitctl.manifest.load import Manifest


@command(example="jebbitctl integrations export > jebbit.toml")
def export(
    context: Context,
    *,
    all_businesses: AllBusinesses = False,
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write to FILE. An existing manifest keeps its names, comments and order.",
        ),
    ] = None,
    var: ManifestVariables = None,
) -> None:
    """Export integrations as a manifest.

    The manifest contains everything that diff and apply manage, including mappings, but no secrets.
    Integrations of other services are included with their id.
    """
    import tomllib

    from jebbitctl.commands.integrations.all_businesses import require_no_business
    from jebbitctl.commands.integrations.manifest_check import mistakes_shown
    from jebbitctl.commands.integrations.manifests import clients_for, read_manifest, variables_for
    from jebbitctl.manifest.current_state import fetch_current_state
    from jebbitctl.manifest.export import export as export_manifest
    from jebbitctl.storage.files import write_public_file
    from jebbitctl.storage.trust import require_own_target

    if all_businesses:
        require_no_business(context)
    if str(into) == "-":
        raise UsageError("--into requires a file", hint="leave out --into to print the manifest")
    if into:
        require_own_target(into)
    existing = None
    if into and into.exists():
        with mistakes_shown(context, str(into)):
            existing = read_manifest(context, str(into), var)
    if var and not existing:
        raise UsageError("--var needs an existing manifest", hint="name it with --into FILE")
    clients = clients_for(context, _businesses(context, existing, all_businesses=all_businesses))
    states = {
        business: fetch_current_state(client, existing.of(business) if existing else [], all_attributes=True)
        for business, client in clients.items()
    }
    warnings: list[str] = []
    if existing:
        text = _edit(existing, states, variables_for(context, var), warnings.append)
    else:
        text = export_manifest(states, warn=warnings.append)
    for warning in warnings:
        context.output.warn(warning)
    if into:
        write_public_file(into, text)
        context.output.note(f"{'Updated' if existing else 'Wrote'} {into}.")
    elif context.output.json:
        context.output.document(tomllib.loads(text))
    else:
        context.output.verbatim(text.splitlines())


def _edit(
    existing: Manifest,
    states: dict[str | None, CurrentState],
    variables: Mapping[str, str],
    warn: Callable[[str], None],
) -> str:
    """Return the text of a manifest, updated to match the current state.

    Raises:
        UsageError: tomlkit cannot edit this layout without losing something.
    """
    from jebbitctl.manifest.edit import edit
    from jebbitctl.manifest.load import load
    from jebbitctl.manifest.plan import plan_changes

    try:
        text = edit(existing, states, warn=warn).replace("\n", existing.newline)
        steps = plan_changes(load(text.encode(), existing.name, variables), states).steps
        if all(step.sets_only_credentials for step in steps):
            return text
    except (UsageError, ValueError, TypeError, LookupError, AttributeError):
        pass  # tomlkit cannot edit the layout, or writes an invalid manifest
    raise UsageError(
        f"the layout of {existing.name} cannot be edited without loss",
        hint="give each integration its own table, [integrations.NAME], below all other keys",
    )


def _businesses(context: Context, existing: Manifest | None, *, all_businesses: bool) -> list[str | None]:
    """Return the businesses to export; None is the business in use."""
    from jebbitctl.commands.integrations.all_businesses import covered_businesses

    named = existing.businesses if existing else (None,)
    if not all_businesses:
        return list(named)
    if existing and existing.integrations and not existing.has_sections:
        raise UsageError(f"{existing.name} covers one business", hint="leave out --all-businesses")
    return list(dict.fromkeys([*(b for b in named if b is not None), *covered_businesses(context)]))
