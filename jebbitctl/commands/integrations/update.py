"""``integrations update``."""

from __future__ import annotations

from typing import Annotated

import typer

from jebbitctl.api import integrations
from jebbitctl.api.documents import request_document
from jebbitctl.api.resources import patch
from jebbitctl.commands.arguments import IntegrationId
from jebbitctl.commands.base import Context, DryRun, command
from jebbitctl.commands.integrations.attributes import AttributeOptions, requested_attributes
from jebbitctl.commands.integrations.dry_run import show_request
from jebbitctl.commands.resource_actions import plan_update, require_changes, show_update
from jebbitctl.util.urls import require_https


@command(example="jebbitctl integrations update L5m24mjs --region eu")
def update(
    context: Context,
    id_: IntegrationId,
    attributes: AttributeOptions,
    *,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="https URL to deliver to.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Update an integration.

    Reads the integration, sends only what changes, and prints each change.
    """
    requested = requested_attributes(attributes, endpoint and require_https(endpoint, what="--endpoint"))
    require_changes(requested, example="--region eu")
    current = integrations.get(context.client, id_)
    changes = plan_update(context, "integration", current, requested)
    if not changes:
        return
    if dry_run:
        document = request_document(integrations.TYPE, patch(current.attributes, requested), id_)
        show_request(context, "PATCH", f"{integrations.PATH}/{id_}", document)
        return
    result = integrations.update(context.client, current, requested)
    show_update(context, changes, result, command=f"jebbitctl integrations get {id_}")
