"""``integrations apply``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jebbitctl.commands.arguments import ManifestFile, ManifestVariables
from jebbitctl.commands.base import Context, DryRun, Yes, command
from jebbitctl.errors import UsageError


@command(example="jebbitctl integrations apply jebbit.toml --secrets-dir secrets --yes")
def apply(
    context: Context,
    file: ManifestFile,
    *,
    var: ManifestVariables = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Delete what the manifest does not contain; deactivate integrations of other services.",
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    secrets_dir: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Write new shared secrets to DIR/NAME.secret, mode 0600."),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="After applying, make Jebbit send a test delivery for each active integration.",
        ),
    ] = False,
) -> None:
    """Bring Jebbit in line with a manifest.

    Prints the plan, asks for confirmation, and applies it: creations first, then updates, then mappings;
    deactivations and deletions come last. Stops at the first failure and reports which steps are done. Run it
    again to do the rest. Reads each resource again before writing it, and does not overwrite a change that
    someone else has made.
    """
    from jebbitctl.commands.integrations.apply_run import CONFIRM_HINT, ApplyRun, confirm
    from jebbitctl.commands.integrations.manifests import clients_for, make_plan, read_manifest
    from jebbitctl.commands.integrations.plan_output import show_plan
    from jebbitctl.manifest.apply import Applier
    from jebbitctl.manifest.test_deliveries import send_tests
    from jebbitctl.storage.secret_files import SecretFiles

    if dry_run and verify:
        raise UsageError("--dry-run and --verify are mutually exclusive")
    if secrets_dir == "":
        raise UsageError("--secrets-dir is empty")
    if not (yes or dry_run):
        context.prompts.require("confirmation", hint=CONFIRM_HINT)
    manifest = read_manifest(context, file, var)
    clients = clients_for(context, manifest.businesses)
    plan = make_plan(manifest, clients, prune=prune)
    secrets = SecretFiles(Path(secrets_dir)) if secrets_dir else None
    if secrets:
        secrets.require_free(plan.new)
    if dry_run:
        show_plan(context, plan, ok=not plan.steps)
        return
    if plan.steps:
        confirm(context, plan, saves_secrets=secrets is not None, yes=yes)
    applier = Applier(clients, plan, secrets)
    for name in applier.write_pending_secrets(manifest.integrations):
        context.output.note(f"Wrote the shared secret of {name}, which an earlier run could not write.")
    test_results = send_tests(clients, manifest.integrations, applier.ids) if verify else None
    ApplyRun(context.output, applier, plan.steps, test_results).run()
    if not plan.steps:
        context.output.note(f"Jebbit matches {manifest.name}.")
