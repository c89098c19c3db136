"""``integrations update``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jebbitctl.api import integrations
from jebbitctl.api.differences import OPTIONS, knows, patch
from jebbitctl.api.documents import request_document
from jebbitctl.commands.base import Context, DryRun, command
from jebbitctl.commands.integrations.attributes import AttributeOptions, requested_attributes
from jebbitctl.commands.integrations.dry_run import show_no_request, show_request
from jebbitctl.commands.shared.arguments import IntegrationId
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.commands.shared.resource_actions import plan_update, require_changes, show_update
from jebbitctl.errors import RejectedError
from jebbitctl.util.urls import require_https


@command(example="jebbitctl integrations update L5m24mjs --region eu")
def update(
    context: Context,
    id_: IntegrationId,
    attributes: AttributeOptions,
    *,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="https URL to deliver to.")] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Set options even if Jebbit does not say the others, which may then be turned off.",
        ),
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Update an integration.

    Reads the integration, sends only what changes, and prints each change.

    Options that are not named keep their values. If Jebbit does not say these values, nothing is sent;
    --force sends the named options alone. The others may then be turned off, including hash_pii.
    """
    if endpoint is not None:
        require_https(endpoint, what="--endpoint")
    requested = requested_attributes(attributes, endpoint)
    require_changes(requested, example="--region eu")
    current = integrations.get_complete(context.client, id_, requested)
    if isinstance(requested.get(OPTIONS), dict) and not knows(current.attributes, [OPTIONS]):
        _accept_loss(context, id_, requested[OPTIONS], force=force)
    changes = plan_update(context, "integration", current, requested, shows_unchanged=not dry_run)
    if not changes:
        if dry_run and context.output.json:
            show_no_request(context, current)
        return
    if dry_run:
        document = request_document(integrations.TYPE, patch(current.attributes, requested, force=force), id_)
        show_request(context, "PATCH", f"{integrations.PATH}/{id_}", document, current)
        return
    with note_of_write(context.output, "PATCH", integrations.TYPE):
        result = integrations.update(context.client, current, requested, force=force)
    show_update(context, changes, result, command=f"jebbitctl integrations get {id_}")


def _accept_loss(context: Context, id_: str, options: dict[str, Any], *, force: bool) -> None:
    """Warn that options of an integration may be turned off, since Jebbit does not say them.

    Raises:
        RejectedError: without ``force``.
    """
    unknown = f"Jebbit does not say the {OPTIONS} of integration {id_}"
    is_hash_pii_named = "hash_pii" in options
    if not force:
        raise RejectedError(
            f"{unknown}: setting only {', '.join(options)} may turn others off"
            f"{'' if is_hash_pii_named else ', such as hash_pii'}",
            hint="name every option that has to be on, and add --force",
        )
    context.output.warn(
        f"{unknown}: options that are not named may be turned off"
        f"{'' if is_hash_pii_named else ', including hash_pii'}"
    )
