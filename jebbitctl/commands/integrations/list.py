"""``integrations list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import integrations
from jebbitctl.api.differences import knows
from jebbitctl.commands.arguments import AllBusinesses, ShowSecret
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.integrations.all_businesses import BusinessLister

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

COLUMNS = ("id", "is_active", "region", "service_name", "endpoint")


@command(name="list", example="jebbitctl integrations list --active --region us")
def list_(
    context: Context,
    *,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Only active or only inactive integrations.")
    ] = None,
    region: Annotated[integrations.Region | None, typer.Option(help="Only this region.")] = None,
    service: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only this service, such as webhook, which is also webhooks_standard."
        ),
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

    columns = (*COLUMNS, "shared_secret") if show_secret else COLUMNS
    if all_businesses:
        lister = BusinessLister(context, fetch)
        count = context.output.table(lister.rows(), ("business", *columns), show_secrets=show_secret)
        lister.require_all()
    else:
        count = context.output.table(fetch(context.client), columns, show_secrets=show_secret)
    if not count:
        context.output.note("No integrations match.")
