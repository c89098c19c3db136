"""``integrations apply``."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.commands.arguments import ManifestFile, ManifestVariables
from jebbitctl.commands.base import Context, DryRun, Yes, command
from jebbitctl.commands.interruptions import note_if_interrupted
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.manifest.load import Manifest
    from jebbitctl.manifest.plan import Plan
    from jebbitctl.storage.secret_files import SecretFiles


class ApplyOptions(NamedTuple):
    """What apply does beside creating and updating what the manifest contains."""

    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Delete what the manifest does not contain; deactivate integrations of other services.",
        ),
    ] = False
    secrets_dir: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write new shared secrets to DIR/NAME.secret, mode 0600."),
    ] = None
    replace_lost_secrets: Annotated[
        bool,
        typer.Option(
            "--replace-lost-secrets",
            help="Replace integrations whose new secrets an earlier run lost and Jebbit does not show again.",
        ),
    ] = False
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="After applying, make Jebbit send a test delivery for each active integration.",
        ),
    ] = False


@command(example="jebbitctl integrations apply jebbit.toml --secrets-dir secrets --yes")
def apply(
    context: Context,
    file: ManifestFile,
    *,
    var: ManifestVariables = None,
    options: ApplyOptions,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Bring Jebbit in line with a manifest.

    Prints the plan, asks for confirmation, and applies it: creations first, then updates, then mappings;
    deactivations and deletions come last. Stops at the first failure and reports which steps are done. Run it
    again to do the rest. Reads each resource again before writing it, and does not overwrite a change that
    someone else has made.
    """
    from jebbitctl.commands.exclusive import ExclusiveRun
    from jebbitctl.commands.integrations.apply_run import CONFIRM_HINT, ApplyRun, confirm
    from jebbitctl.commands.integrations.manifests import clients_for, read_manifest
    from jebbitctl.commands.integrations.plan_output import in_sync, show_plan, warn_of_unknown
    from jebbitctl.manifest.apply import Applier
    from jebbitctl.manifest.test_deliveries import send_tests
    from jebbitctl.storage.secret_files import SecretFiles

    _require_consistent_options(options, dry_run=dry_run)
    if not (yes or dry_run):
        context.prompts.require("confirmation", hint=CONFIRM_HINT)
    manifest = read_manifest(context, file, var)
    clients = clients_for(context, manifest.businesses)
    directory = Path(options.secrets_dir) if options.secrets_dir else None
    secrets = SecretFiles(directory) if directory else None
    plan_now = partial(_plan, manifest, clients, secrets, options)
    if dry_run:
        plan = plan_now()
        show_plan(context, plan, ok=not plan.steps)
        warn_of_unknown(context, plan, prune=options.prune)
        return
    with ExclusiveRun(context, clients, directory=directory) as run:
        with note_if_interrupted(context.output, "Stopped: nothing was changed."):
            plan = plan_now()
            warn_of_unknown(context, plan, prune=options.prune)
            if plan.steps:
                with nullcontext() if yes else run.paused():
                    confirm(context, plan, saves_secrets=secrets is not None, yes=yes)
        applier = Applier(clients, plan, run.creations, secrets, alone=run.locked)
        for name in applier.write_pending_secrets(manifest.integrations):
            context.output.note(f"Wrote the shared secret of {name}, which an earlier run could not write.")
        test_results = send_tests(clients, manifest.integrations, applier.ids) if options.verify else None
        ApplyRun(context.output, applier, plan.steps, test_results).run()
    if not plan.steps:
        context.output.note(in_sync(plan, manifest.name))


def _plan(
    manifest: Manifest,
    clients: dict[str | None, Client],
    secrets: SecretFiles | None,
    options: ApplyOptions,
) -> Plan:
    from jebbitctl.commands.integrations.manifests import make_plan
    from jebbitctl.manifest.replacement import replace_lost

    plan = make_plan(manifest, clients, prune=options.prune)
    if secrets and options.replace_lost_secrets:
        plan = replace_lost(plan, manifest, clients, secrets)
    if secrets:
        secrets.require_free(plan.new)
    return plan


def _require_consistent_options(options: ApplyOptions, *, dry_run: bool) -> None:
    if dry_run and options.verify:
        raise UsageError("--dry-run and --verify are mutually exclusive")
    if options.secrets_dir == "":
        raise UsageError("--secrets-dir is empty")
    if options.replace_lost_secrets and options.secrets_dir is None:
        raise UsageError("--replace-lost-secrets requires --secrets-dir")
