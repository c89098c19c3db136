"""``mappings list``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api import mappings
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.shared.arguments import OnlyIntegration
from jebbitctl.util.ids import require_id

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource

COLUMNS = ("id", "integration_id", "jebbit_var", "client_var", "default")


@command(
    name="list",
    example="jebbitctl mappings list --integration L5m24mjs --csv > mappings.csv",
    common=LIST_OPTIONS,
)
def list_(context: Context, *, integration: OnlyIntegration = None) -> None:
    """List mappings, newest first.

    Without --columns, --csv prints what mappings import reads.
    """
    if integration is not None:
        require_id(integration, what="--integration")
    found = mappings.list_mappings(context.client, integration)
    if context.output.csv and context.output.columns is None:
        _print_csv(context, list(found))
    elif not context.output.table(found, COLUMNS):
        context.output.note("No mappings." if integration is None else f"{integration} has no mappings.")


def _print_csv(context: Context, found: list[Resource]) -> None:
    from jebbitctl.api import mapping_csv

    owners = {str(mapping.attributes.get("integration_id")) for mapping in found}
    if len(owners) > 1:
        context.output.warn(
            f"the mappings belong to {len(owners)} integrations, but mappings import takes those of one: "
            "choose it with --integration ID"
        )
    context.output.verbatim(mapping_csv.write(found))
