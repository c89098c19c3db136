"""``backfills``: list, get, create, restart, wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.api import backfills
from jebbitctl.api.resources import raise_if_unapplied
from jebbitctl.commands import completing
from jebbitctl.commands.common import command, group
from jebbitctl.context import context_of
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.ids import require_id
from jebbitctl.text import cell

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context

app = group("Answers of the past, delivered again.")

COLUMNS = ("id", "integration_id", "status", "created_at")
TIMEOUT = 3600.0
INTERVAL = 5.0
SHORTEST, LONGEST = 0.1, 3600.0
"""Seconds between two looks."""

Id = Annotated[str, typer.Argument(metavar="ID", help="The backfill's id.", show_default=False)]


@command(app, "list", example="jebbitctl backfills list --integration L5m24mjs --status processing")
def list_(
    ctx: typer.Context,
    *,
    integration: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only those of this integration.", autocompletion=completing.integrations
        ),
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="S", help="Only those in this status, in any letter case.")
    ] = None,
) -> None:
    """List backfills, newest first."""
    context = context_of(ctx)
    if integration is not None:
        require_id(integration, what="--integration")
    found = backfills.list_backfills(context.client, integration, status)
    if not context.output.table(found, COLUMNS):
        context.output.note("No backfills." if integration is status is None else "No backfills match.")


@command(app, "get", example="jebbitctl backfills get abc12345 -q status")
def get(ctx: typer.Context, id_: Id) -> None:
    """Show one backfill with all its attributes."""
    context = context_of(ctx)
    context.output.resource(backfills.get(context.client, id_))


@command(app, "create", example="jebbitctl backfills create --integration L5m24mjs --wait")
def create(
    ctx: typer.Context,
    *,
    integration: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="The integration to deliver to; active.",
            show_default=False,
            autocompletion=completing.integrations,
        ),
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, as backfills wait does.")] = False,
) -> None:
    """Make Jebbit deliver the answers of the past to an integration."""
    context = context_of(ctx)
    require_id(integration, what="--integration")
    created, unapplied = backfills.create(context.client, integration)
    id_ = str(created.id)
    if wait and not unapplied:
        _tell(context, created)
        _wait(context, id_, timeout=TIMEOUT, interval=INTERVAL, told=created.attributes.get("status"))
    else:
        with context.output.telling():
            context.output.resource(created)
    raise_if_unapplied(unapplied, command=f"jebbitctl backfills get {id_}")


@command(app, "restart", example="jebbitctl backfills restart abc12345")
def restart(ctx: typer.Context, id_: Id) -> None:
    """Begin a backfill anew that has finished or failed."""
    context = context_of(ctx)
    restarted = backfills.restart(context.client, id_)
    with context.output.telling():
        context.output.resource(restarted)


@command(app, "wait", example="jebbitctl backfills wait abc12345 --timeout 600")
def wait(
    ctx: typer.Context,
    id_: Id,
    *,
    timeout: Annotated[float, typer.Option(metavar="S", help="Seconds after which to give up.")] = TIMEOUT,
    interval: Annotated[float, typer.Option(metavar="S", help="Seconds between two looks.")] = INTERVAL,
) -> None:
    """Wait until a backfill is over.

    Each change of its status is told. Exits 0 when it ended well, 1 when its status speaks of failure,
    error or cancellation, and 5 when it is still going on after the timeout.
    """
    context = context_of(ctx)
    require_id(id_)
    if not timeout >= 0:  # nan is neither
        raise UsageError(f"--timeout: {timeout} is not a number of seconds")
    if not SHORTEST <= interval <= LONGEST:
        raise UsageError(f"--interval: {interval} is not between {SHORTEST:g} and {LONGEST:g} seconds")
    _wait(context, id_, timeout=timeout, interval=interval)


def _wait(context: Context, id_: str, *, timeout: float, interval: float, told: object = None) -> None:
    """Follow a backfill to its end; whoever stops waiting is told that this does not stop it."""
    try:
        _follow(context, id_, timeout=timeout, interval=interval, told=told)
    except KeyboardInterrupt:
        context.output.note(f"It keeps running at Jebbit; wait for it with: jebbitctl backfills wait {id_}")
        raise


def _follow(context: Context, id_: str, *, timeout: float, interval: float, told: object = None) -> None:
    """Show how a backfill goes on, and the backfill itself at its end.

    Raises:
        JebbitctlError: it ended badly.
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
            if status != told:
                _tell(context, backfill)
                told = status
            bar.say(f"Waiting for backfill {id_}: {cell(told)}")
    with output.telling():
        output.resource(backfill)
    if backfills.has_failed(backfill):
        raise JebbitctlError(
            f"backfill {id_} ended as {cell(told) or 'nothing: Jebbit tells no status'}",
            hint=f"jebbitctl backfills restart {id_} begins anew",
        )


def _tell(context: Context, backfill: Resource) -> None:
    context.output.note(f"Backfill {backfill.id}: {cell(backfill.attributes.get('status')) or 'no status'}")
