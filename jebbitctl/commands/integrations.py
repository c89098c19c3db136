"""``integrations``: list, get, secret, test, delete; see ``integration_writes`` for create and update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import integrations
from jebbitctl.api.integrations import REGIONS
from jebbitctl.commands import exporting, integration_writes, manifests
from jebbitctl.commands.all_businesses import AllBusinesses
from jebbitctl.commands.attributes import require_region
from jebbitctl.commands.common import command, group
from jebbitctl.commands.completing import IntegrationId, one_of
from jebbitctl.context import context_of
from jebbitctl.text import json_text

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context

app = group("The webhooks that Jebbit sends.")

COLUMNS = ("id", "is_active", "region", "service_name", "endpoint")

ShowSecret = Annotated[bool, typer.Option("--show-secret", help="Show shared secrets.")]


@command(app, "list", example="jebbitctl integrations list --active --region us")
def list_(
    ctx: typer.Context,
    *,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Only those that are on, or off.")
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="us|eu", help="Only this region.", autocompletion=one_of(*REGIONS)),
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this service, such as webhooks_standard.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="Only this endpoint.")] = None,
    all_businesses: Annotated[
        bool, typer.Option("--all-businesses", help="Of every business that the credential covers.")
    ] = False,
    show_secret: ShowSecret = False,
) -> None:
    """List integrations, newest first.

    Those made in the dashboard and those of other services are listed as well. With --all-businesses, a
    column in front names the business; where one fails, the others are listed.
    """
    context = context_of(ctx)
    require_region(region)

    def ask(client: Client) -> list[Resource]:
        return integrations.filter_integrations(
            integrations.list_integrations(client),
            active=active,
            region=region,
            service=service,
            endpoint=endpoint,
        )

    columns = (*COLUMNS, "shared_secret") if show_secret else COLUMNS
    everywhere = AllBusinesses(context, ask) if all_businesses else None
    rows = everywhere.rows() if everywhere else ask(context.client)
    columns = ("business", *columns) if everywhere else columns
    listed = context.output.table(rows, columns, show_secrets=show_secret)
    if everywhere:
        everywhere.require_all()
    if not listed:
        context.output.note("No integrations match.")


@command(app, "get", example="jebbitctl integrations get L5m24mjs -q additional_options")
def get(ctx: typer.Context, id_: IntegrationId, *, show_secret: ShowSecret = False) -> None:
    """Show one integration with all its attributes."""
    context = context_of(ctx)
    context.output.resource(integrations.get(context.client, id_), show_secrets=show_secret)


integration_writes.register(app)


@command(app, "secret", example="jebbitctl integrations secret L5m24mjs > webhook.secret")
def secret(ctx: typer.Context, id_: IntegrationId) -> None:
    """Print an integration's shared secret, which signs its deliveries."""
    context = context_of(ctx)
    found = integrations.shared_secret(context.client, id_)
    context.output.value(found, {"id": id_, "shared_secret": found})


@command(app, "test", example="jebbitctl integrations test L5m24mjs")
def test(ctx: typer.Context, id_: IntegrationId) -> None:
    """Make Jebbit send a signed test delivery.

    It goes to the integration's endpoint; the bodies that Jebbit says it sent are shown, decoded.
    """
    context = context_of(ctx)
    deliveries = integrations.send_test(context.client, id_)
    with context.output.telling():
        show_deliveries(context, id_, deliveries)


def show_deliveries(context: Context, id_: str, deliveries: Any) -> None:
    """Print the decoded bodies; an answer that is not a list is printed as it is."""
    output = context.output
    if not isinstance(deliveries, list):
        output.document(deliveries)
    elif output.json:
        output.document({"id": id_, "deliveries": deliveries})
    else:
        for body in deliveries:
            output.line(json_text(body, indent=2 if not output.plain else None))
        output.note(
            f"Jebbit sent {len(deliveries)} test {'delivery' if len(deliveries) == 1 else 'deliveries'}."
        )


@command(app, "delete", example="jebbitctl integrations delete L5m24mjs --yes")
def delete(
    ctx: typer.Context,
    id_: IntegrationId,
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an integration: Jebbit stops delivering to its endpoint."""
    context = context_of(ctx)
    if not yes:
        about = ""
        if context.prompts.possible:
            current = integrations.get(context.client, id_).attributes
            about = f" ({current.get('endpoint') or 'no endpoint'})"
        context.prompts.confirm(
            f"Delete integration {id_}{about}?", instead="add --yes to delete without asking"
        )
    integrations.delete(context.client, id_)
    if context.output.json:
        with context.output.telling():
            context.output.document({"id": id_, "deleted": True})
    else:
        context.output.note(f"Deleted integration {id_}.")


exporting.register(app)
manifests.register(app)
