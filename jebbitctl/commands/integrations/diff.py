"""``integrations diff``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.arguments import ManifestFile, ManifestVariables, Markdown
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util import shell
from jebbitctl.util.redaction import scrub_registered

if TYPE_CHECKING:
    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.manifest.load import Manifest


class DiffOptions(NamedTuple):
    """What counts as a difference."""

    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Count what is unmanaged or unknown as a difference; show what apply --prune would do.",
        ),
    ] = False
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME.ATTRIBUTE",
            help="Leave out a known difference: NAME.region, NAME.mappings.VARIABLE. Repeatable.",
        ),
    ] = None
    offline: Annotated[
        bool, typer.Option("--offline", help="Only check the manifest, without credentials or requests.")
    ] = False


@command(
    example="jebbitctl integrations diff jebbit.toml --strict\n"
    "jebbitctl integrations diff jebbit.toml --ignore spring-leads.is_active\n"
    "jebbitctl integrations diff jebbit.toml --offline"
)
def diff(
    context: Context,
    file: ManifestFile,
    *,
    var: ManifestVariables = None,
    options: DiffOptions,
    markdown: Markdown = False,
) -> None:
    """Compare Jebbit with a manifest.

    Prints the differences and changes nothing. Exits 0 if there are none, otherwise 6. Also lists what is not
    in the manifest, as unmanaged, and what Jebbit does not say, as unknown; --strict counts both as a
    difference. All mistakes of a manifest are reported at once, with exit code 2. Warns of new mappings of
    attributes that Jebbit does not have, if the token may read attributes.
    """
    from jebbitctl.commands.integrations.github import is_github, report_plan
    from jebbitctl.commands.integrations.manifest_check import check_manifest, mistakes_shown
    from jebbitctl.commands.integrations.plan_formats import require_one_format, show_plan
    from jebbitctl.commands.integrations.plan_output import in_sync
    from jebbitctl.commands.integrations.unmatched_mappings import warn_of_unmatched

    require_one_format(context, markdown=markdown)
    if options.offline:
        if options.strict or options.ignore or markdown:
            raise UsageError("--offline cannot be used with --strict, --ignore or --markdown")
        check_manifest(context, file, var)
        return
    with mistakes_shown(context, file):
        manifest, report = _compare(context, file, var, options)
    with context.output.best_effort():
        show_plan(context, report, ok=not report.drift, markdown=markdown)
    if is_github(context):
        report_plan(context, file, manifest, report, "warning")
    else:
        warn_of_unmatched(context, report.unmatched)
    if not report.drift:
        context.output.note(in_sync(report.plan, manifest.name, ignored=report.ignored))
        return
    is_text = not (context.output.json or context.output.plain_requested or markdown)
    numbers = "" if is_text else f": {', '.join(report.drift)}"  # the text has a summary
    raise CheckFailedError(
        f"Jebbit differs from {manifest.name}{numbers}", hint=_hint(context, file, var or [], report)
    )


def _compare(
    context: Context, file: str, var: list[str] | None, options: DiffOptions
) -> tuple[Manifest, PlanReport]:
    """Return a manifest, and its plan without known differences."""
    from jebbitctl.commands.integrations.manifests import clients_for, make_plan, read_manifest
    from jebbitctl.commands.integrations.plan_output import PlanReport
    from jebbitctl.commands.integrations.unmatched_mappings import unmatched_steps
    from jebbitctl.manifest.ignore import ignore, parse_known_difference

    manifest = read_manifest(context, file, var)
    known = [parse_known_difference(text, manifest) for text in options.ignore or ()]
    clients = clients_for(context, manifest.businesses)
    plan = make_plan(manifest, clients)
    plan, counts = ignore(plan, known)
    for one in dict.fromkeys(known):
        if not counts[one]:
            context.output.warn(f"--ignore {one.name}.{one.attribute} matches no difference")
    unmatched = unmatched_steps(context, clients, plan)
    return manifest, PlanReport(manifest.name, plan, options.strict, counts.total(), unmatched)


def _hint(context: Context, file: str, var: list[str], report: PlanReport) -> str:
    """Return what to do about the differences."""
    plan, hints = report.plan, []
    deletes = report.strict and any(not step.unsaid for step in plan.unmanaged)
    if report.strict and plan.unmanaged:
        into = _command(context, ["export", "--into", "FILE" if file == "-" else file], var)
        hints.append(f"to keep what is at Jebbit: {into}")
    if plan.steps or deletes:
        what = "the manifest and remove what is unmanaged" if deletes else "the manifest"
        what += ", also what is ignored" if report.ignored else ""
        hints.append(f"to apply {what}: {_command(context, ['apply', file], var, *['--prune'] * deletes)}")
    return "; ".join(hints) or "compare what Jebbit does not say in its dashboard, or leave out --strict"


def _command(context: Context, words: list[str], var: list[str], *flags: str) -> str:
    """Return a command for the same account, business and variables."""
    from jebbitctl.commands.integrations.manifests import account_options

    variables = [word for text in var for word in ("--var", scrub_registered(text))]  # before it is quoted
    return shell.join(["jebbitctl", "integrations", *words, *account_options(context), *variables, *flags])
