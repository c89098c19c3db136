"""``integrations create``."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import integrations
from jebbitctl.api.differences import ENDPOINT, diff, dotted, unknown
from jebbitctl.api.documents import request_document
from jebbitctl.api.resources import format_value, raise_if_unapplied, require_created_id, unconfirmed
from jebbitctl.commands.base import Context, DryRun, command
from jebbitctl.commands.integrations.attributes import AttributeOptions, requested_attributes, update_command
from jebbitctl.commands.integrations.dry_run import show_no_request, show_request
from jebbitctl.commands.integrations.secret_output import SecretFile, SecretFileOptions, keep_secret
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.commands.shared.resource_actions import warn_unconfirmed
from jebbitctl.errors import ForbiddenError
from jebbitctl.util.signals import deferred_signals
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult
    from jebbitctl.commands.shared.exclusive import ExclusiveRun

_HOW_TO_DECIDE = (
    "check in Jebbit's dashboard whether one has this endpoint; to create one anyway, leave out --if-absent"
)


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
    secret_options: SecretFileOptions,
    dry_run: DryRun = False,
) -> None:
    """Create an integration.

    An active integration delivers visitors' answers to its endpoint, signed with its shared secret. Save the
    secret: Jebbit may show it only once. Unless options say otherwise, its region is us, it is active, and it
    does not hash personal data.

    If another integration has this endpoint, both deliver every answer, so a warning names it. --if-absent
    creates nothing then. It exits 1 if Jebbit does not say the endpoint of an integration that may have it.

    With --if-absent, runs at the same time leave one integration: on one machine they wait for each other; on
    different machines the oldest is kept, and each other run removes its own and exits 1.
    """
    from jebbitctl.commands.shared.exclusive import ExclusiveRun

    requested = requested_attributes(attributes, require_https(endpoint, what="--endpoint"))
    secret_file = SecretFile.from_options(context, secret_options)
    if secret_file and not if_absent:
        secret_file.require_free()
    if dry_run:
        if if_absent and _keep_existing(context, requested, None, dry_run=True):
            return
        if secret_file:
            secret_file.require_free()
        document = request_document(integrations.TYPE, integrations.with_defaults(requested))
        show_request(context, "POST", integrations.PATH, document)
        return
    with ExclusiveRun(context, {None: context.client}) as run:
        if if_absent and _keep_existing(context, requested, secret_file, dry_run=False):
            return
        if not if_absent:
            _warn_of_others(context, str(requested["endpoint"]))
        desired = integrations.with_defaults(requested)
        with secret_file.reserved() if secret_file else nullcontext():
            with note_of_write(context.output, "POST", integrations.TYPE):
                (created, unapplied), error = _create(run, context.client, desired, if_absent=if_absent)
            _print_created(context, created, secret_file)
    if error:
        raise error
    require_created_id(integrations.PATH, created)
    warn_unconfirmed(context, unconfirmed(created.attributes, requested))
    raise_if_unapplied(unapplied, command=f"jebbitctl integrations get {created.id}")


def _create(
    run: ExclusiveRun, client: Client, requested: dict[str, Any], *, if_absent: bool
) -> tuple[WriteResult, BaseException | None]:
    """Create an integration; return the response, and an error to raise when its secret is safe."""
    from jebbitctl.api.duplicates import new_integration

    if not if_absent:
        return integrations.create(client, requested), None
    creation = new_integration(requested)
    return run.creations[None].create_one(client, creation, lambda: integrations.create(client, requested))


def _keep_existing(
    context: Context, requested: dict[str, Any], secret_file: SecretFile | None, *, dry_run: bool
) -> bool:
    """Report the integration that already has the requested endpoint; return whether there is one."""
    existing = _find(context, str(requested["endpoint"]))
    if existing is None:
        return False
    _report_existing(context, existing, requested, dry_run=dry_run)
    if dry_run and context.output.json:
        show_no_request(context, existing)
        return True
    with context.output.best_effort():
        context.output.resource(existing)
    if secret_file and not dry_run:
        secret_file.save_existing(existing)
    return True


def _find(context: Context, endpoint: str) -> Resource | None:
    """Return the newest integration with this endpoint, None if there is none.

    Raises:
        RejectedError: Jebbit did not list everything, or not the endpoint of one that may have it.
    """
    client = context.client
    listed = integrations.list_integrations(client, whole=True)
    found, undecided = integrations.at_endpoint(client, listed, endpoint)
    if len(found) > 1:
        ids = ", ".join(str(resource.id) for resource in found)
        context.output.warn(
            f"several integrations have this endpoint ({ids}); each of them delivers every answer"
        )
    if found:
        return found[0]
    integrations.require_decided(undecided, ["the endpoint"], hint=_HOW_TO_DECIDE)
    return None


def _warn_of_others(context: Context, endpoint: str) -> None:
    """Warn of integrations that have this endpoint already, or may have it."""
    client = context.client
    try:
        listed = integrations.list_integrations(client)
        found, undecided = integrations.at_endpoint(client, listed, endpoint)
    except ForbiddenError as error:
        context.output.warn(f"cannot check whether an integration already has this endpoint: {error.message}")
        return
    if found:
        ids = integrations.named([str(resource.id) for resource in found])
        context.output.warn(
            f"this endpoint already has {ids}, and each active one delivers every answer; --if-absent "
            "creates none in this case"
        )
    elif undecided:
        ids = integrations.named([str(resource.id) for resource in undecided])
        context.output.warn(f"Jebbit does not say the endpoint of {ids}, which may be this one")


def _report_existing(
    context: Context, existing: Resource, requested: dict[str, Any], *, dry_run: bool
) -> None:
    nothing = "Nothing would be created" if dry_run else "Nothing was created"
    context.output.note(f"Integration {existing.id} already has this endpoint. {nothing}.")
    current = existing.attributes
    if unknown(current, requested):
        current = integrations.get_complete(context.client, str(existing.id), requested).attributes
    id_, values = str(existing.id), dotted(requested)
    for name, value, desired in (change.shown for change in diff(current, requested)):
        command = update_command(id_, {name: desired})
        context.output.warn(
            f"{name} is {format_value(value)}, not {format_value(desired)}; to change it: {command}"
        )
    if unsaid := {name: values[name] for name in unknown(current, requested) if name != ENDPOINT}:
        command = update_command(id_, unsaid)
        context.output.warn(f"Jebbit does not say {', '.join(unsaid)}; to set it: {command}")


def _print_created(context: Context, created: Resource, secret_file: SecretFile | None) -> None:
    """Print a new integration. With a secret file, write the secret there and mask it here."""
    named = f"integration {created.id or 'without an id'} was created"
    try:
        with context.output.best_effort(f"{named}, but not shown: "):
            context.output.resource(created, show_secrets=secret_file is None)
    except (KeyboardInterrupt, SystemExit):  # such as while nobody reads a pipe
        with deferred_signals():
            context.output.note(f"Stopped: {named}.")
            if secret_file:
                secret_file.save_new(created)
            elif secret := integrations.secret_in(created):
                context.output.note(f"To get its secret, {keep_secret(context, created, secret)}.")
        raise
    if secret_file:
        secret_file.save_new(created)
    elif secret := integrations.secret_in(created):
        if context.output.has_failed:
            context.output.add_hint(keep_secret(context, created, secret))
        elif not (context.output.json or context.output.plain):
            context.output.note("Save the shared secret: Jebbit may show it only once.")
