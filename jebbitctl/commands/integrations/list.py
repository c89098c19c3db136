"""``integrations list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import integrations
from jebbitctl.api.differences import knows
from jebbitctl.commands.base import LIST_OPTIONS, Context, command
from jebbitctl.commands.integrations.all_businesses import BusinessLister
from jebbitctl.commands.shared.arguments import AllBusinesses, ShowSecret
from jebbitctl.commands.shared.destinations import destination_columns

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

COLUMNS = ("id", "is_active", "region", "service_name", "created_at")


@command(
    name="list",
    example="jebbitctl integrations list --active --region us\n"
    "jebbitctl integrations list --columns id,endpoint --csv",
    common=LIST_OPTIONS,
)
def list_(
    context: Context,
    *,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Only active or only inactive integrations.")
    ] = None,
    region: Annotated[integrations.Region | None, typer.Option(help="Only this region.")] = None,
    service: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this service; webhook and webhooks_standard are the same."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="Only this endpoint.")] = None,
    all_businesses: AllBusinesses = False,
    show_secret: ShowSecret = False,
) -> None:
    """List integrations, newest first.

    Includes integrations created in the dashboard and those of other services. With --all-businesses, the
    first column is the business. If one business fails, the others are still listed. If Jebbit does not say
    what a filter needs, nothing is listed, and the command exits 1.
    """
    filters = {"is_active": active, "region": region, "service_name": service, "endpoint": endpoint}

    def fetch(client: Client) -> list[Resource]:
        listed = integrations.list_integrations(client)
        found = integrations.select(client, listed, **filters)
        integrations.require_decided(
            found.undecided,
            [name for name in filters if any(not knows(r.attributes, [name]) for r in found.undecided)],
            hint="without filters, they are listed: jebbitctl integrations list",
        )
        ids = {resource.id for resource in found.matching}
        return [resource for resource in listed if resource.id in ids]  # as Jebbit lists them

    lister = BusinessLister(context, fetch) if all_businesses else None
    rows = list(lister.rows()) if lister else fetch(context.client)
    columns = ["business", *COLUMNS] if lister else [*COLUMNS]
    if show_secret:
        columns.append("shared_secret")
    if not context.output.json:
        columns += destination_columns(rows)
    context.output.table(rows, columns, show_secrets=show_secret)
    if lister:
        lister.require_all()
    if not rows:
        filtered = any(value is not None for value in filters.values())
        context.output.note("No integrations match." if filtered else "No integrations.")
