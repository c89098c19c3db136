"""``backfills``: re-deliver past answers."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import backfills, integrations
from jebbitctl.api.resources import OWNER, raise_if_unapplied
from jebbitctl.commands.base import LIST_OPTIONS, Context, Yes, command, group
from jebbitctl.commands.completion import values
from jebbitctl.commands.shared.arguments import ForIntegration, OnlyIntegration
from jebbitctl.commands.shared.interruptions import note_if_interrupted, note_of_write
from jebbitctl.errors import ForbiddenError, JebbitctlError, UsageError
from jebbitctl.util.ids import is_id, require_id
from jebbitctl.util.text import cell
from jebbitctl.util.urls import shown_url

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource

COLUMNS = ("id", "integration_id", "status", "created_at")
WAIT_TIMEOUT = 3600.0
DEFAULT_INTERVAL = 5.0
MIN_INTERVAL, MAX_INTERVAL = 0.1, 3600.0
"""Seconds between polls."""

BackfillId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Backfill id.", show_default=False, autocompletion=values.backfills),
]


@command(
    name="list",
    example="jebbitctl backfills list --integration L5m24mjs --status processing",
    common=LIST_OPTIONS,
)
def list_(
    context: Context,
    *,
    integration: OnlyIntegration = None,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS", help="Only this status, ignoring case.", autocompletion=values.statuses
        ),
    ] = None,
) -> None:
    """List backfills, newest first."""
    if integration is not None:
        require_id(integration, what="--integration")
    found = backfills.list_backfills(context.client, integration, status)
    if not context.output.table(found, COLUMNS):
        context.output.note("No backfills." if integration is status is None else "No backfills match.")


@command(example="jebbitctl backfills get abc12345 -q status")
def get(context: Context, id_: BackfillId) -> None:
    """Show one backfill with all its attributes."""
    context.output.resource(backfills.get(context.client, id_))


@command(example="jebbitctl backfills create --integration L5m24mjs --yes --wait")
def create(
    context: Context,
    *,
    integration: ForIntegration,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the backfill has finished.")] = False,
    yes: Yes = False,
) -> None:
    """Re-deliver the past answers of an active integration.

    Its endpoint receives every past answer again, so this asks for confirmation. Scripts need --yes.
    """
    require_id(integration, what="--integration")
    _confirm(context, yes=yes, integration=integration)
    with note_of_write(context.output, "POST", backfills.TYPE):
        created, unapplied = backfills.create(context.client, integration)
    id_ = str(created.id)
    if wait and not unapplied:
        _report_status(context, created)
        status = created.attributes.get("status")
        _wait(context, id_, timeout=WAIT_TIMEOUT, interval=DEFAULT_INTERVAL, reported=status)
    else:
        with context.output.best_effort():
            context.output.resource(created)
    raise_if_unapplied(unapplied, command=f"jebbitctl backfills get {id_}")


@command(example="jebbitctl backfills restart abc12345 --yes")
def restart(context: Context, id_: BackfillId, *, yes: Yes = False) -> None:
    """Restart a finished or failed backfill.

    The endpoint receives every past answer again, so this asks for confirmation. Scripts need --yes.
    """
    require_id(id_)
    _confirm(context, yes=yes, backfill=id_)
    with note_of_write(context.output, "PATCH", backfills.TYPE):
        restarted = backfills.restart(context.client, id_)
    with context.output.best_effort():
        context.output.resource(restarted)


@command(name="wait", example="jebbitctl backfills wait abc12345 --timeout 600")
def wait_(
    context: Context,
    id_: BackfillId,
    *,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="Seconds to wait before giving up.")
    ] = WAIT_TIMEOUT,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", help="Seconds between polls.")
    ] = DEFAULT_INTERVAL,
) -> None:
    """Wait until a backfill has finished.

    Prints each change of status. Exits 0 if the backfill succeeded, 1 if it ended in any other way, and 5 if
    it has not ended after the timeout. Jebbit does not document all statuses; an unknown one does not end
    the waiting.
    """
    require_id(id_)
    if not timeout >= 0:  # also rejects nan
        raise UsageError(f"--timeout must be 0 or more, not {timeout}")
    if not MIN_INTERVAL <= interval <= MAX_INTERVAL:
        raise UsageError(f"--interval must be between {MIN_INTERVAL:g} and {MAX_INTERVAL:g}, not {interval}")
    _wait(context, id_, timeout=timeout, interval=interval)


def _wait(context: Context, id_: str, *, timeout: float, interval: float, reported: object = None) -> None:
    """Follow a backfill to its end; if a signal ends the command before, say how to go on."""
    note = f"Only the waiting ends, not the backfill. To wait for it: jebbitctl backfills wait {id_}"
    with note_if_interrupted(context.output, note):
        _follow(context, id_, timeout=timeout, interval=interval, reported=reported)


def _follow(context: Context, id_: str, *, timeout: float, interval: float, reported: object) -> None:
    """Print each new status of a backfill, and the whole backfill at the end.

    Raises:
        JebbitctlError: the backfill ended without success.
    """
    output = context.output
    with output.progress(f"Waiting for backfill {id_}") as bar:
        for backfill in backfills.poll(
            context.client,
            id_,
            timeout=timeout,
            interval=interval,
            on_error=lambda error: output.warn(f"still waiting: {error.message}"),
        ):
            status = backfill.attributes.get("status")
            if status != reported:
                _report_status(context, backfill)
                reported = status
            bar.describe(f"Waiting for backfill {id_}: {cell(reported)}")
    with output.best_effort():
        output.resource(backfill)
    if not backfills.has_succeeded(backfill):
        raise JebbitctlError(
            f"backfill {id_} ended with status {cell(reported)}",
            hint=f"restart it: jebbitctl backfills restart {id_}",
        )


def _report_status(context: Context, backfill: Resource) -> None:
    status = cell(backfill.attributes.get("status")) or "no status"
    known = backfills.has_documented_status(backfill) or backfills.has_ended(backfill)
    context.output.note(
        f"Backfill {backfill.id}: {status}"
        if known
        else f"Backfill {backfill.id}: {status}, which Jebbit does not document; still waiting"
    )


def _confirm(
    context: Context, *, yes: bool, integration: str | None = None, backfill: str | None = None
) -> None:
    """Ask whether every past answer is to be delivered again, unless ``yes``.

    Args:
        context: of the command.
        yes: do not ask.
        integration: the id of the integration, if it is known.
        backfill: the id of the backfill otherwise.
    """
    if yes:
        return
    about = ""
    if context.prompts.possible:
        with suppress(ForbiddenError):  # the right to write does not include the right to read
            integration = integration or _owner(context, backfill or "")
            about = f" of integration {integration}" if integration else ""
            about += _destination(context, integration) if integration else ""
    context.prompts.confirm(
        f"Deliver every past answer{about} again?", hint="add --yes to start it without confirmation"
    )


def _owner(context: Context, id_: str) -> str | None:
    owner = backfills.get(context.client, id_).attributes.get(OWNER)
    return owner if isinstance(owner, str) and is_id(owner) else None


def _destination(context: Context, integration: str) -> str:
    """Return where an integration delivers to, in parentheses; empty if Jebbit does not say."""
    attributes = integrations.get(context.client, integration).attributes
    destination = attributes.get("endpoint") or attributes.get("host")
    return f" ({shown_url(destination)})" if isinstance(destination, str) else ""


app = group("Re-deliver past answers.", list_, get, create, restart, wait_)
