"""``integrations create``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import integrations
from jebbitctl.api.documents import request_document
from jebbitctl.api.resources import diff, format_value, raise_if_unapplied
from jebbitctl.commands.base import Context, DryRun, command
from jebbitctl.commands.integrations.attributes import AttributeOptions, requested_attributes
from jebbitctl.commands.integrations.dry_run import show_request
from jebbitctl.errors import JebbitctlError
from jebbitctl.storage.files import require_secret_file_writable, write_secret_file
from jebbitctl.util.ids import is_id
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource


@command(
    example="jebbitctl integrations create --region us --active \\\n  --endpoint https://example.com/jebbit"
)
def create(
    context: Context,
    *,
    endpoint: Annotated[
        str, typer.Option(metavar="URL", help="https URL to deliver to.", show_default=False)
    ],
    attributes: AttributeOptions,
    if_absent: Annotated[
        bool, typer.Option("--if-absent", help="Create nothing if an integration already has this endpoint.")
    ] = False,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Write the shared secret to this file, mode 0600, instead of printing it."
        ),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Create an integration.

    An active integration delivers visitors' answers to its endpoint, signed with its shared secret. Save the
    secret: Jebbit may show it only once.
    """
    requested = requested_attributes(attributes, require_https(endpoint, what="--endpoint"))
    if secret_file:
        require_secret_file_writable(secret_file)
    if if_absent and (existing := _find(context, endpoint)):
        _report_existing(context, existing, requested, dry_run=dry_run)
        _print(context, existing, None if dry_run else secret_file, show_secrets=False)
        return
    if dry_run:
        document = request_document(integrations.TYPE, requested)
        show_request(context, "POST", integrations.PATH, document)
        return
    created, unapplied = integrations.create(context.client, requested)
    _print(context, created, secret_file, show_secrets=True)
    verb = f"get {created.id}" if created.id is not None and is_id(created.id) else "list"
    raise_if_unapplied(unapplied, command=f"jebbitctl integrations {verb}")


def _find(context: Context, endpoint: str) -> Resource | None:
    """Return the newest integration with this endpoint, None if there is none."""
    found = integrations.filter_integrations(
        integrations.list_integrations(context.client), endpoint=endpoint
    )
    if len(found) > 1:
        ids = ", ".join(str(resource.id) for resource in found)
        context.output.warn(
            f"several integrations have this endpoint ({ids}); each of them delivers every answer"
        )
    return found[0] if found else None


def _report_existing(
    context: Context, existing: Resource, requested: dict[str, Any], *, dry_run: bool
) -> None:
    nothing = "Nothing would be created" if dry_run else "Nothing was created"
    context.output.note(f"Integration {existing.id} already has this endpoint. {nothing}.")
    for name, current, desired in diff(existing.attributes, requested):
        context.output.warn(
            f"{name} is {format_value(current)}, not {format_value(desired)}; "
            f"to change it: jebbitctl integrations update {existing.id}"
        )


def _print(context: Context, resource: Resource, secret_file: Path | None, *, show_secrets: bool) -> None:
    """Print an integration. With a secret file, write the secret there and mask it here."""
    with context.output.best_effort():
        context.output.resource(resource, show_secrets=show_secrets and not secret_file)
    if secret_file:
        secret = integrations.secret_in(resource)
        if secret is None:
            secret = integrations.shared_secret(context.client, str(resource.id))
        try:
            write_secret_file(secret_file, secret)
        except JebbitctlError as error:
            raise error.with_hint(
                f"print the secret with: jebbitctl integrations secret {resource.id or 'ID'}; "
                "if Jebbit does not show it, delete the integration and create a new one"
            ) from error
        context.output.note(f"Wrote the shared secret to {secret_file}.")
