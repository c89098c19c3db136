"""``mappings create``."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import mappings
from jebbitctl.api.mapping_names import find_oddity
from jebbitctl.api.resources import OWNER, raise_if_unapplied, unconfirmed
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import Default, ForIntegration, JebbitVar, require_names
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.commands.shared.resource_actions import warn_unconfirmed
from jebbitctl.util.ids import require_id


@command(
    example="jebbitctl mappings create --integration L5m24mjs \\\n  --jebbit-var Outcome --client-var bucket"
)
def create(
    context: Context,
    *,
    integration: ForIntegration,
    jebbit_var: JebbitVar,
    client_var: Annotated[
        str, typer.Option(metavar="NAME", help="Name to send it under.", show_default=False)
    ],
    default: Default = None,
) -> None:
    """Create a mapping.

    The integration then sends an attribute under a name that you choose. Warns if Jebbit has no such
    attribute, and the token may read attributes.
    """
    from jebbitctl.commands.mappings.missing_attributes import warn_of_missing_attributes
    from jebbitctl.commands.shared.exclusive import ExclusiveRun

    require_id(integration, what="--integration")
    require_names(jebbit_var=jebbit_var, client_var=client_var)
    desired = {OWNER: integration, "jebbit_var": jebbit_var, "client_var": client_var}
    desired |= {"default": default} if default else {}
    with (
        ExclusiveRun(context, {None: context.client}),  # so that an import at the same time sees it
        note_of_write(context.output, "POST", mappings.TYPE),
    ):
        created, unapplied = mappings.create(context.client, desired)
    with context.output.best_effort():
        context.output.resource(created)
    warn_unconfirmed(context, unconfirmed(created.attributes, desired))
    if odd := find_oddity({"jebbit_var": jebbit_var, "client_var": client_var}):
        context.output.warn(odd)
    warn_of_missing_attributes(context, [jebbit_var], integration=integration)
    raise_if_unapplied(unapplied, command=f"jebbitctl mappings get {created.id}")
