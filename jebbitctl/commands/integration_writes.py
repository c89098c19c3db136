"""``integrations create`` and ``integrations update``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import documents, integrations
from jebbitctl.api.resources import diff, format_value, patch, raise_if_unapplied
from jebbitctl.commands.attributes import AttributesCommand, asked_of
from jebbitctl.commands.changes import show_changes
from jebbitctl.commands.common import command
from jebbitctl.commands.completing import IntegrationId  # noqa: TC001 - Typer reads the annotation
from jebbitctl.context import context_of
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.ids import is_id
from jebbitctl.storage.files import require_writable, write_secret_file
from jebbitctl.text import json_text
from jebbitctl.urls import require_https

if TYPE_CHECKING:
    from jebbitctl.api.resources import Difference, Resource
    from jebbitctl.context import Context

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the request, change nothing.")]


def create(
    ctx: typer.Context,
    *,
    endpoint: Annotated[
        str, typer.Option(metavar="URL", help="Where Jebbit is to deliver; https.", show_default=False)
    ],
    if_absent: Annotated[
        bool, typer.Option("--if-absent", help="Create nothing where this endpoint has an integration.")
    ] = False,
    secret_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write the shared secret there, mode 0600, and do not print it."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Create an integration.

    From now on Jebbit delivers to its endpoint, signed with its shared secret: keep that.
    """
    context = context_of(ctx)
    asked = asked_of(ctx, require_https(endpoint, what="--endpoint"))
    if secret_file:
        require_writable(secret_file)
    if dry_run:
        show_request(context, "POST", integrations.PATH, documents.request_document(integrations.TYPE, asked))
        return
    if if_absent and (existing := _existing(context, endpoint)):
        _tell_existing(context, existing, asked)
        _deliver(context, existing, secret_file, show_secrets=False)
        return
    created, unapplied = integrations.create(context.client, asked)
    _deliver(context, created, secret_file, show_secrets=True)
    _require_applied(created, unapplied)


def update(
    ctx: typer.Context,
    id_: IntegrationId,
    *,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Where Jebbit is to deliver; https.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Change an integration.

    Reads it, sends only what changes, and shows each change.
    """
    context = context_of(ctx)
    asked = asked_of(ctx, endpoint and require_https(endpoint, what="--endpoint"))
    if not asked:
        raise UsageError("nothing to change is named", hint="name an attribute, such as --region eu")
    current = integrations.get(context.client, id_)
    planned = diff(current.attributes, asked)
    if not planned:
        context.output.note(f"Nothing to change: {id_} is already as asked.")
        if context.output.json:
            context.output.resource(current)
        return
    if dry_run:
        document = documents.request_document(integrations.TYPE, patch(current.attributes, asked), id_)
        show_request(context, "PATCH", f"{integrations.PATH}/{id_}", document)
        return
    updated, unapplied = integrations.update(context.client, current, asked)
    with context.output.telling():
        if context.output.json:
            context.output.resource(updated)
        else:
            show_changes(context, planned, unapplied)
    _require_applied(updated, unapplied)


def register(app: typer.Typer) -> None:
    """Add both commands to the group."""
    command(
        app,
        "create",
        cls=AttributesCommand,
        example="jebbitctl integrations create --endpoint https://example.com/jebbit --region us --active",
    )(create)
    command(
        app, "update", cls=AttributesCommand, example="jebbitctl integrations update L5m24mjs --region eu"
    )(update)


def show_request(context: Context, method: str, path: str, document: dict[str, Any]) -> None:
    """Print a request that is not sent; no credentials are needed for that."""
    from jebbitctl.api.client import API_ROOT

    url = f"{context.settings.api_url.value}{API_ROOT}{path}"
    if context.output.json:
        context.output.document({"method": method, "url": url, "body": document})
    else:
        context.output.line(f"{method} {url}")
        context.output.line(json_text(document, indent=None if context.output.plain else 2))


def _existing(context: Context, endpoint: str) -> Resource | None:
    found = integrations.filter_integrations(
        integrations.list_integrations(context.client), endpoint=endpoint
    )
    if len(found) > 1:
        ids = ", ".join(str(resource.id) for resource in found)
        context.output.warn(f"several integrations have this endpoint ({ids}): each delivers every answer")
    return found[0] if found else None


def _tell_existing(context: Context, existing: Resource, asked: dict[str, Any]) -> None:
    context.output.note(f"Integration {existing.id} has this endpoint already: nothing was created.")
    for name, current, desired in diff(existing.attributes, asked):
        context.output.warn(
            f"{name} is {format_value(current)}, not {format_value(desired)}; "
            f"jebbitctl integrations update {existing.id} changes it"
        )


def _deliver(context: Context, resource: Resource, secret_file: Path | None, *, show_secrets: bool) -> None:
    """Print the integration; its secret goes to the file where one is named, and is masked then."""
    with context.output.telling():
        context.output.resource(resource, show_secrets=show_secrets and not secret_file)
    if secret_file:
        secret = integrations.secret_in(resource)
        if secret is None:
            secret = integrations.shared_secret(context.client, str(resource.id))
        try:
            write_secret_file(secret_file, secret)
        except JebbitctlError as error:
            raise error.with_hint(
                f"the integration is there: jebbitctl integrations secret {resource.id or 'ID'}; "
                "should Jebbit not tell it again, delete the integration, and create it anew"
            ) from error
        context.output.note(f"The shared secret is in {secret_file}.")


def _require_applied(resource: Resource, unapplied: list[Difference]) -> None:
    id_ = resource.id
    verb = f"get {id_}" if id_ is not None and is_id(id_) else "list"
    raise_if_unapplied(unapplied, command=f"jebbitctl integrations {verb}")
