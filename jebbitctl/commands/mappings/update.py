"""``mappings update``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jebbitctl.api import mappings
from jebbitctl.api.mapping_names import find_oddity
from jebbitctl.api.resources import OWNER
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import Default, MappingId, OtherJebbitVar, require_names
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.commands.shared.resource_actions import plan_update, require_changes, show_update


@command(example="jebbitctl mappings update abc12345 --client-var segment")
def update(
    context: Context,
    id_: MappingId,
    *,
    jebbit_var: OtherJebbitVar = None,
    client_var: Annotated[str | None, typer.Option(metavar="NAME", help="Name to send it under.")] = None,
    default: Default = None,
) -> None:
    """Update a mapping.

    Reads the mapping, sends only what changes, and prints each change. Warns if Jebbit has no attribute of
    the new jebbit_var, and the token may read attributes.
    """
    from jebbitctl.commands.mappings.missing_attributes import warn_of_missing_attributes

    require_names(jebbit_var=jebbit_var, client_var=client_var)
    names = {"jebbit_var": jebbit_var, "client_var": client_var}
    desired: dict[str, Any] = {name: value for name, value in names.items() if value is not None}
    if default is not None:
        desired["default"] = default or None
    require_changes(desired, example="--client-var NAME")
    current = mappings.get(context.client, id_)
    if changes := plan_update(context, "mapping", current, desired):
        with note_of_write(context.output, "PATCH", mappings.TYPE):
            result = mappings.update(context.client, current, desired)
        show_update(context, changes, result, command=f"jebbitctl mappings get {id_}")
        if odd := find_oddity({name: text for name, text in names.items() if text is not None}):
            context.output.warn(odd)
        if jebbit_var is not None and any(change.name == "jebbit_var" for change in changes):
            owner = result.resource.attributes.get(OWNER, current.attributes.get(OWNER))
            warn_of_missing_attributes(context, [jebbit_var], integration=owner)
