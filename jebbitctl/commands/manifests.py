"""``integrations diff`` and ``integrations apply``: what should exist, compared, and made so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.common import command
from jebbitctl.context import context_of
from jebbitctl.errors import CheckFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context
    from jebbitctl.manifest.plan import Plan
    from jebbitctl.manifest.reading import Manifest

File = Annotated[
    str, typer.Argument(metavar="FILE", help="The manifest; - reads standard input.", show_default=False)
]
Strict = Annotated[
    bool, typer.Option("--strict", help="What the manifest does not name is a difference, too.")
]
Prune = Annotated[
    bool,
    typer.Option(
        "--prune",
        help="Delete what the manifest does not name; integrations of other services are switched off.",
    ),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")]
SecretsDir = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Write new shared secrets to DIR/NAME.secret, mode 0600."),
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Make Jebbit send its test for each active integration afterwards.")
]


def diff(
    ctx: typer.Context,
    file: File,
    *,
    strict: Strict = False,
) -> None:
    """Compare what exists with a manifest.

    Shows what is not as the manifest says, and changes nothing. Exit 0 when all is, else 6. What exists
    beyond the manifest is shown, but counts only with --strict.
    """
    from jebbitctl.commands.plan_views import counted

    context = context_of(ctx)
    manifest = read_manifest(context, file)
    found = make_plan(manifest, clients_for(context, manifest.businesses))
    drift = [*found.steps, *(found.unmanaged if strict else ())]
    with context.output.telling():
        show_plan(context, found, ok=not drift)
    if drift:
        apply_ = _apply_line(context, file, prune=strict and bool(found.unmanaged))
        raise CheckFailedError(
            f"Jebbit is not as {manifest.name} says: {counted(drift)}", hint=f"{apply_} makes it so"
        )
    context.output.note(f"In sync: Jebbit is as {manifest.name} says.")


def apply(
    ctx: typer.Context,
    file: File,
    *,
    prune: Prune = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    secrets_dir: SecretsDir = None,
    verify: Verify = False,
) -> None:
    """Make what exists what a manifest says.

    Shows the plan, asks, and carries it out: first what is missing, then what differs, then mappings, last
    what ends deliveries. Stops at the first failure and says what was done and what was not; run again, it
    does the rest. Right before each write it looks again, and overwrites nothing that somebody else changed
    meanwhile.
    """
    from jebbitctl.commands import applying
    from jebbitctl.manifest.carrying_out import Applier
    from jebbitctl.manifest.verifying import verify_integrations
    from jebbitctl.storage.secret_files import SecretFiles

    context = context_of(ctx)
    if dry_run and verify:
        raise UsageError("--dry-run and --verify exclude each other")
    if secrets_dir == "":
        raise UsageError("--secrets-dir is empty")
    if not (yes or dry_run):
        context.prompts.require("A confirmation", instead="add --yes to apply without asking")
    manifest = read_manifest(context, file)
    clients = clients_for(context, manifest.businesses)
    plan = make_plan(manifest, clients, prune=prune)
    secrets = SecretFiles(Path(secrets_dir)) if secrets_dir else None
    if secrets:
        secrets.require_free(plan.new)
    if dry_run:
        show_plan(context, plan, ok=not plan.steps)
        return
    if plan.steps:
        applying.confirm(context, plan, keeps_secrets=secrets is not None, yes=yes)
    applier = Applier(clients, plan, secrets)
    for name in applier.write_pending_secrets(manifest.integrations):
        context.output.note(f"The shared secret of {name} was owed by an earlier run: it is written now.")
    answers = verify_integrations(clients, manifest.integrations, applier.ids) if verify else None
    applying.run(applying.Report(context.output, applier), plan.steps, answers)
    if not plan.steps:
        context.output.note(f"In sync: Jebbit is as {manifest.name} says.")


def _apply_line(context: Context, file: str, *, prune: bool) -> str:
    """Return the command that applies a manifest to the same account and business, and to no other."""
    import shlex

    options = context.options
    named = (("--profile", options.profile), ("--business", options.business))
    given = [word for option, value in named if value is not None for word in (option, value)]
    return shlex.join(["jebbitctl", "integrations", "apply", file, *given, *["--prune"] * prune])


def register(app: typer.Typer) -> None:
    """Add both commands to the group."""
    command(app, "diff", example="jebbitctl integrations diff jebbit.toml --strict")(diff)
    command(app, "apply", example="jebbitctl integrations apply jebbit.toml --secrets-dir secrets --yes")(
        apply
    )


def read_manifest(context: Context, file: str) -> Manifest:
    """Return the manifest in a file, as far as it is about the business that ``--business`` names.

    Raises:
        UsageError: it cannot be read, holds a mistake, or says nothing about that business.
    """
    from dataclasses import replace

    from jebbitctl.manifest import reading
    from jebbitctl.storage.inputs import read_input

    name = "standard input" if file == "-" else file
    manifest = reading.load(read_input(file, what="FILE"), name)
    only = context.options.business
    if not manifest.in_sections or only is None:
        return manifest
    if only not in manifest.businesses:
        raise UsageError(f"{name} says nothing about business {only}")
    return replace(manifest, integrations=tuple(manifest.of(only)), businesses=(only,))


def clients_for(context: Context, businesses: Iterable[str | None]) -> dict[str | None, Client]:
    """Return a client for each business; None is the one in use."""
    return {
        business: context.client if business is None else context.client.for_business(business)
        for business in businesses
    }


def make_plan(manifest: Manifest, clients: dict[str | None, Client], *, prune: bool = False) -> Plan:
    """Ask what there is, two requests for each business, and compare it with the manifest."""
    from jebbitctl.manifest.inventory import fetch_current_state
    from jebbitctl.manifest.plan import plan

    return plan(
        manifest,
        {
            business: fetch_current_state(client, manifest.of(business))
            for business, client in clients.items()
        },
        prune=prune,
    )


def show_plan(context: Context, plan: Plan, *, ok: bool) -> None:
    """Print what differs, and what is unmanaged."""
    from jebbitctl.commands import plan_views

    output = context.output
    if output.json:
        documents: dict[str, Any] = {
            name: [plan_views.step_document(step) for step in steps]
            for name, steps in (("steps", plan.steps), ("unmanaged", plan.unmanaged))
        }
        output.document({"ok": ok, **documents})
    elif output.plain:
        output.table(plan_views.change_rows(plan.steps, plan.unmanaged), plan_views.CHANGE_COLUMNS)
    else:
        output.signed(plan_views.plan_lines(plan.steps, plan.unmanaged))
