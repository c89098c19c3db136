"""``integrations diagnose``."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.shared.arguments import Markdown
from jebbitctl.commands.shared.interruptions import last_report
from jebbitctl.errors import (
    ForbiddenError,
    JebbitctlError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UsageError,
)
from jebbitctl.util.ids import require_id
from jebbitctl.util.urls import require_https

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from jebbitctl.api.resources import Resource
    from jebbitctl.commands.integrations.diagnose_output import DiagnoseOutput
    from jebbitctl.commands.shared.junit_file import JunitFile
    from jebbitctl.diagnose.diagnosis import DiagnosisRun, Extras, IntegrationReport
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.receipts import Receipts
    from jebbitctl.output.progress import Progress


class DiagnoseOptions(NamedTuple):
    """What to diagnose besides what Jebbit says."""

    probe: Annotated[
        bool, typer.Option("--probe", help="Also send test deliveries to the endpoints, without asking.")
    ] = False
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="URL of the endpoint, if Jebbit does not say it. For one id."),
    ] = None
    receipts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Look in this recording or log for Jebbit's deliveries.",
            exists=True,
            dir_okay=False,
        ),
    ] = None


@command(
    example="jebbitctl integrations diagnose L5m24mjs\n"
    "jebbitctl integrations diagnose --all --quiet\n"
    "jebbitctl integrations diagnose L5m24mjs --probe --junit leads.xml",
    common=(*API_OPTIONS, "csv"),
)
def diagnose(
    context: Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID…]",
            help="Integration ids, also of inactive ones.",
            show_default=False,
            autocompletion=values.webhooks,
        ),
    ] = None,
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Diagnose every active webhook of the business.")
    ] = False,
    options: DiagnoseOptions,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print only integrations with ✗; nothing if there are none.")
    ] = False,
    markdown: Markdown = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")
    ] = None,
) -> None:
    """Find out why no data arrives.

    Follows a lead from the campaign to the endpoint, and says of each step whether it lets leads pass: ✓ it
    does, ✗ it does not, ! it may keep some back, which may be wanted, or – it cannot be known. → says what to
    do. Of several integrations, only ✗ and ! are listed, and those without a ✗ have one line each.

    Only reads, and sends an endpoint no more than an unsigned HEAD, unless --probe or your answer on a
    terminal permits test deliveries.

    --all leaves out inactive webhooks. To notice that one is inactive, give its id.

    Exits 6 if there is a ✗, 3 if none of the ids exists, 4 if the credentials do not permit listing
    integrations, and 5 if Jebbit cannot be reached. ! and – alone are success.
    """  # noqa: RUF002 - an en dash
    from jebbitctl.commands.integrations.diagnose_output import DiagnoseOutput, failure
    from jebbitctl.commands.integrations.plan_formats import require_one_format
    from jebbitctl.commands.shared.command_lines import command_line
    from jebbitctl.diagnose.diagnosis import DiagnosisRun
    from jebbitctl.diagnose.facts import Facts
    from jebbitctl.diagnose.receipts import Receipts

    require_one_format(context, markdown=markdown)
    file = _begin_junit(junit)
    asked = _asked(ids or [], options, all_=all_)
    receipts = Receipts(options.receipts) if options.receipts else None
    facts = Facts(context.client, command=partial(command_line, context))
    chosen, unreadable = _chosen(context, facts, asked, quiet=quiet)
    shown = DiagnoseOutput(context.output, facts.command, asked, quiet, markdown, file)
    is_for_people = not (context.output.json or context.output.plain or markdown or quiet)
    may_probe = options.probe or (is_for_people and _may_probe(context, len(chosen)))
    extras = _extras(context, options, receipts, may_probe=may_probe)
    reports = _run(context, DiagnosisRun(chosen, facts, context.clients(), extras), shown)
    error = failure(reports) or unreadable
    shown.end(reports, error)
    if error:
        raise error


def _begin_junit(path: Path | None) -> JunitFile | None:
    """Return the file of ``--junit``, if one is named; it no longer holds the results of an older run."""
    from jebbitctl.commands.integrations.diagnose_formats import junit_document
    from jebbitctl.commands.shared.junit_file import JunitFile

    if path is None:
        return None
    file = JunitFile(path)
    file.begin(junit_document([], file.started, ended=False))
    return file


def _asked(ids: list[str], options: DiagnoseOptions, *, all_: bool) -> list[str]:
    """Return the ids that are asked for, each once; none for all.

    Raises:
        UsageError: neither ids nor ``--all`` are given, or both, or something is not valid.
    """
    if bool(ids) == all_:
        raise UsageError(
            "ids and --all are mutually exclusive" if ids else "no integration given",
            hint="give ids, or --all for every active webhook; list ids: jebbitctl integrations list",
        )
    asked = list(dict.fromkeys(map(require_id, ids)))
    if options.endpoint is not None:
        if len(asked) != 1:
            raise UsageError("--endpoint is for one integration", hint="give its id")
        require_https(options.endpoint, what="--endpoint")
    return asked


def _chosen(
    context: Context, facts: Facts, asked: list[str], *, quiet: bool
) -> tuple[list[str], JebbitctlError | None]:
    """Return the ids of the integrations to diagnose, and why Jebbit lists none, if that is so.

    Raises:
        JebbitctlError: Jebbit cannot be reached, no business is chosen, or all integrations were asked for
            and Jebbit does not list them.
        NotFoundError: it has none with one of the ids.
    """
    from jebbitctl.diagnose.case import Case

    try:
        with suppress(ForbiddenError, NotFoundError, RejectedError):  # a line says so
            facts.business()
        listed = facts.integrations()
        found = [id_ for id_ in asked if Case(id_, facts, context.client).integration is not None]
    except (UnavailableError, UsageError):
        raise
    except JebbitctlError as error:
        if not asked:
            raise
        return asked, error
    if asked and not found:
        what = "integration" if len(asked) == 1 else "integrations"
        raise NotFoundError(
            f"{what} {', '.join(asked)} not found", hint=f"list them: {facts.command('integrations', 'list')}"
        )
    if not asked and listed.doubt:
        context.output.warn(listed.doubt)  # also if quiet: what is missing is not diagnosed
    return asked or _active(context, listed, quiet=quiet), None


def _active(context: Context, listed: Mapping[str, Resource], *, quiet: bool) -> list[str]:
    """Return the ids of the active webhooks, and say how many integrations are left out."""
    from jebbitctl.diagnose.selection import active_webhooks

    found = active_webhooks(listed)
    kinds = ((found.inactive, "inactive"), (found.others, "of another service"))
    left_out = [f"{count} {kind}" for count, kind in kinds if count]
    if not found.ids:
        context.output.note("There is no active webhook to diagnose.")  # also if quiet: nothing was checked
    if left_out and not quiet:
        context.output.note(f"Left out: {', '.join(left_out)}.")
    return found.ids


def _may_probe(context: Context, count: int) -> bool:
    """Return whether the user agrees to test deliveries; no if nobody can be asked."""
    if not count:
        return False
    where = "its endpoint" if count == 1 else f"{count} endpoints"
    return context.prompts.agrees(f"Also send test deliveries to {where}?")


def _extras(
    context: Context, options: DiagnoseOptions, receipts: Receipts | None, *, may_probe: bool
) -> Extras:
    """Return what is diagnosed besides what Jebbit says."""
    from jebbitctl.diagnose.diagnosis import Extras
    from jebbitctl.diagnose.network import Network

    network = Network(context.environment.trusted_certificates(), context.settings.api_url.value)
    return Extras(options.endpoint, may_probe, receipts, network)


def _run(context: Context, diagnosis: DiagnosisRun, shown: DiagnoseOutput) -> list[IntegrationReport]:
    """Return the reports about all integrations; if that is interrupted, print what is known so far."""
    reports = []
    try:
        with _progress(context, diagnosis.ids, quiet=shown.quiet) as progress:
            for report in diagnosis.run():
                reports.append(report)
                progress.advance()
    except (KeyboardInterrupt, SystemExit):
        with last_report(context.output):
            shown.interrupted(diagnosis)
        raise
    return reports


def _progress(context: Context, ids: Sequence[str], *, quiet: bool) -> AbstractContextManager[Progress]:
    """Show how many integrations are done, unless there must be no output."""
    from jebbitctl.output.progress import Progress

    if quiet:
        return nullcontext(Progress())
    if len(ids) == 1:
        return context.output.progress(f"Diagnosing {ids[0]}")
    return context.output.progress("Diagnosing", len(ids))
