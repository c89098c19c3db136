"""``integrations apply``."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.commands.base import Context, DryRun, Yes, command
from jebbitctl.commands.shared.arguments import ManifestFile, ManifestVariables, Markdown
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.commands.shared.exclusive import ExclusiveRun
    from jebbitctl.manifest.current_state import CurrentState
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
    max_deletes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Maximum of integrations and mappings that --prune may delete. Default: half of each.",
        ),
    ] = None
    backup: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Save the state before the first write to FILE, as a manifest."),
    ] = None
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
    markdown: Markdown = False,
) -> None:
    """Bring Jebbit in line with a manifest.

    Prints the plan, asks for confirmation, and applies it: creations first, then updates, then mappings;
    deactivations and deletions come last. Stops at the first failure and reports which steps are done. Run it
    again to do the rest. Reads each resource again before writing it, and does not overwrite a change that
    someone else has made. Warns of mappings of attributes that Jebbit does not have, if the token may read
    attributes.
    """
    from jebbitctl.commands.integrations.apply_run import back_up, confirm
    from jebbitctl.commands.integrations.manifest_check import mistakes_shown
    from jebbitctl.commands.integrations.manifests import clients_for, read_manifest
    from jebbitctl.commands.integrations.plan_output import PlanReport, in_sync, warn_of_unknown
    from jebbitctl.commands.integrations.unmatched_mappings import unmatched_steps, warn_of_unmatched
    from jebbitctl.commands.shared.exclusive import ExclusiveRun
    from jebbitctl.commands.shared.interruptions import NOTHING_CHANGED, note_if_interrupted
    from jebbitctl.manifest.guards import require_harmless
    from jebbitctl.storage.secret_files import SecretFiles

    _require_possible(context, options, yes=yes, dry_run=dry_run, markdown=markdown)
    directory = context.environment.expand_home(options.secrets_dir) if options.secrets_dir else None
    secrets = SecretFiles(directory) if directory else None
    with mistakes_shown(context, file):
        with note_if_interrupted(context.output, NOTHING_CHANGED):
            manifest = read_manifest(context, file, var)
            clients = clients_for(context, manifest.businesses)
        plan_now = partial(_plan, manifest, clients, secrets, options)
        if dry_run:
            plan, _ = plan_now()
            report = PlanReport(manifest.name, plan, unmatched=unmatched_steps(context, clients, plan))
            _dry_run(context, file, manifest, report, options, markdown=markdown)
            return
        with ExclusiveRun(context, clients, directory=directory) as run:
            with note_if_interrupted(context.output, NOTHING_CHANGED):
                plan, states = plan_now()
                require_harmless(plan, manifest, max_deletes=options.max_deletes)
                warn_of_unknown(context, plan, prune=options.prune)
                if plan.steps:
                    with nullcontext() if yes else run.paused():
                        confirm(context, plan, clients, saves_secrets=secrets is not None, yes=yes)
                    back_up(context, options.backup, states, plan)
            _execute(context, manifest, plan, clients, run, secrets=secrets, verify=options.verify)
        if yes:  # otherwise confirm() has warned
            warn_of_unmatched(context, unmatched_steps(context, clients, plan))
    if not plan.steps:
        context.output.note(in_sync(plan, manifest.name))


def _plan(
    manifest: Manifest,
    clients: dict[str | None, Client],
    secrets: SecretFiles | None,
    options: ApplyOptions,
) -> tuple[Plan, dict[str | None, CurrentState]]:
    """Return the plan, and the states that it was made from; for a backup, they have all attributes."""
    from jebbitctl.commands.integrations.manifests import fetch_states
    from jebbitctl.manifest.plan import plan_changes
    from jebbitctl.manifest.replacement import replace_lost

    states = fetch_states(manifest, clients, all_attributes=options.backup is not None)
    plan = plan_changes(manifest, states, prune=options.prune)
    if secrets and options.replace_lost_secrets:
        plan = replace_lost(plan, manifest, clients, secrets)
    if secrets:
        secrets.require_free(plan.new)
    return plan, states


def _execute(
    context: Context,
    manifest: Manifest,
    plan: Plan,
    clients: dict[str | None, Client],
    run: ExclusiveRun,
    *,
    secrets: SecretFiles | None,
    verify: bool,
) -> None:
    """Write the secrets that an earlier run could not write, execute the plan, and test if requested.

    Raises:
        JebbitctlError: a step or a test failed.
    """
    from jebbitctl.commands.integrations.apply_run import ApplyRun
    from jebbitctl.manifest.apply import Applier
    from jebbitctl.manifest.delivery_tests import send_tests

    applier = Applier(clients, plan, run.creations, secrets, alone=run.locked)
    applier.unsaved_secret = context.output.unsaved_secret
    for name in applier.write_pending_secrets(manifest.integrations):
        context.output.note(f"Wrote the shared secret of {name}, which an earlier run could not write.")
    tests = send_tests(clients, manifest.integrations, applier.ids) if verify else None
    ApplyRun(context.output, applier, plan.steps, tests).run()


def _dry_run(
    context: Context,
    file: str,
    manifest: Manifest,
    report: PlanReport,
    options: ApplyOptions,
    *,
    markdown: bool,
) -> None:
    """Print a plan that is not applied, also where GitHub shows it.

    Raises:
        UsageError: it would be refused.
    """
    from jebbitctl.commands.integrations.github import is_github, report_plan
    from jebbitctl.commands.integrations.plan_formats import show_plan
    from jebbitctl.commands.integrations.plan_output import in_sync, warn_of_unknown
    from jebbitctl.commands.integrations.unmatched_mappings import warn_of_unmatched
    from jebbitctl.manifest.guards import require_harmless

    refusal: UsageError | None = None
    try:
        require_harmless(report.plan, manifest, max_deletes=options.max_deletes)
    except UsageError as error:
        refusal = error
    show_plan(context, report, ok=refusal is None, markdown=markdown)
    if is_github(context):
        report_plan(context, file, manifest, report, "notice")
    else:
        warn_of_unmatched(context, report.unmatched)
    warn_of_unknown(context, report.plan, prune=options.prune)
    if refusal is not None:
        raise refusal
    if not report.plan.steps:
        context.output.note(in_sync(report.plan, manifest.name))


def _require_possible(
    context: Context, options: ApplyOptions, *, yes: bool, dry_run: bool, markdown: bool
) -> None:
    """Check, before anything else, that the options go together and that what they need is there.

    Raises:
        UsageError: they do not, or the backup or the confirmation is impossible.
    """
    from jebbitctl.commands.integrations.apply_run import CONFIRM_HINT
    from jebbitctl.commands.integrations.plan_formats import require_one_format
    from jebbitctl.storage.backup_files import require_backup_possible

    if markdown and not dry_run:
        raise UsageError("--markdown requires --dry-run")
    if dry_run and options.verify:
        raise UsageError("--dry-run and --verify are mutually exclusive")
    if options.max_deletes is not None and not options.prune:
        raise UsageError("--max-deletes requires --prune")
    if dry_run and options.backup is not None:
        raise UsageError("--dry-run and --backup are mutually exclusive")
    if options.secrets_dir == "":
        raise UsageError("--secrets-dir is empty")
    if options.replace_lost_secrets and options.secrets_dir is None:
        raise UsageError("--replace-lost-secrets requires --secrets-dir")
    if options.backup is not None:
        require_backup_possible(context.environment.expand_home(options.backup))
    require_one_format(context, markdown=markdown)
    if not (yes or dry_run):
        context.prompts.require("confirmation", hint=CONFIRM_HINT)
