"""``mappings import``: bring an integration's mappings in line with a CSV file."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.api import mapping_import, mappings
from jebbitctl.api.mapping_plan import Action, plan_import, unknown_default
from jebbitctl.commands.base import Context, DryRun, Yes, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.mappings.csv_file import Delimiter, note_trimmed, read_specs, warn_of_odd_names
from jebbitctl.commands.shared.interruptions import NOTHING_CHANGED, last_report, note_if_interrupted
from jebbitctl.errors import ConflictError, JebbitctlError, RejectedError, UnavailableError
from jebbitctl.util.ids import require_id
from jebbitctl.util.signals import deferred_signals
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.creations import Creations
    from jebbitctl.api.mapping_import import ImportRun
    from jebbitctl.api.mapping_plan import ImportStep
    from jebbitctl.api.mappings import MappingSpec
    from jebbitctl.commands.shared.exclusive import ExclusiveRun

COLUMNS = ("line", "result", *mappings.ATTRIBUTES)
CONFIRM_HINT = "add --yes to delete them without confirmation"
RUN_AGAIN = "run the command again"
UNCHECKED = (
    "Stopped: everything was imported, but not yet checked for mappings that another run created meanwhile. "
    "Run the command again to check."
)
INTERRUPT_GRACE = 1.0
"""Seconds that an interrupted import waits for the writes under way, to report their results."""
UNKNOWN = "unknown"
"""The result of a write that an interrupt left without a response."""
MAX_NAMED_FAILURES = 20
"""Failed lines that the final error lists by number."""

RESULTS = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.UNCHANGED: "unchanged",
    Action.DELETE: "deleted",
    Action.FAILED: "failed",
}
PLANNED = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.UNCHANGED: "unchanged",
    Action.DELETE: "to delete",
    Action.FAILED: "failed",
}


@command(name="import", example="jebbitctl mappings import L5m24mjs mappings.csv --prune --dry-run")
def import_(
    context: Context,
    integration_id: Annotated[
        str,
        typer.Argument(
            metavar="INTEGRATION_ID",
            help="Integration id.",
            show_default=False,
            autocompletion=values.integrations,
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="CSV file; - reads standard input.", show_default=False),
    ],
    *,
    delimiter: Delimiter = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete the mappings that are not in the file.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Import an integration's mappings from a CSV file.

    The header names the columns jebbit_var, client_var and default, in any order. Commas, semicolons and tabs
    are recognised as delimiters. An empty or missing last cell means no default. Spaces around a cell are
    left out, unless they are inside quotation marks. The file is UTF-8, or UTF-16 with a byte order mark.
    Mappings are matched by jebbit_var. Those that are up to date are left unchanged, so it is safe to run an
    import again. Invalid lines are reported and skipped. If a line fails, --prune deletes nothing. If another
    run creates the same mapping at the same time, one of the two is removed, or both are named. Warns of
    names that contain unusual characters, and of mappings of attributes that Jebbit does not have, if the
    token may read attributes.
    """
    from jebbitctl.commands.mappings.missing_attributes import warn_of_missing_attributes
    from jebbitctl.commands.shared.exclusive import ExclusiveRun

    require_id(integration_id, what="INTEGRATION_ID")
    if prune and not (yes or dry_run):
        context.prompts.require("confirmation", hint=CONFIRM_HINT)
    specs = read_specs(file, delimiter)
    note_trimmed(context, specs)
    if dry_run:
        _dry_run(context, integration_id, _plan(context, integration_id, specs, prune=prune), prune=prune)
        return
    with ExclusiveRun(context, {None: context.client}) as run:
        with note_if_interrupted(context.output, NOTHING_CHANGED):
            steps = _confirmed_plan(context, run, integration_id, specs, prune=prune, yes=yes)
        _warn_of_unknown(context, steps)
        warn_of_odd_names(context, steps)
        results = _execute(context, integration_id, steps, run.creations[None])
        with _report_if_interrupted(context, integration_id, results):
            results, error = _settle(context, results, run.creations[None])
    _print_report(context, integration_id, results, dry_run=False, complete=error is None)
    warn_of_missing_attributes(context, _written(results), integration=integration_id)
    if error:
        raise error
    _raise_if_failed(context, results, prune=prune)


def _dry_run(context: Context, integration_id: str, steps: list[ImportStep], *, prune: bool) -> None:
    """Print what an import would do, with its warnings; fail as it would."""
    from jebbitctl.commands.mappings.missing_attributes import warn_of_missing_attributes

    _warn_of_unknown(context, steps)
    warn_of_odd_names(context, steps)
    for step in steps:
        _warn_if_failed(context, step)
    _print_report(context, integration_id, steps, dry_run=True, complete=True)
    warn_of_missing_attributes(context, _written(steps))
    _raise_if_failed(context, steps, prune=prune)


def _plan(
    context: Context, integration: str, specs: Sequence[MappingSpec], *, prune: bool
) -> list[ImportStep]:
    existing = mappings.list_identified(context.client, mappings.ATTRIBUTES, integration, whole=True)
    return plan_import(specs, existing, prune=prune)


def _confirmed_plan(
    context: Context,
    run: ExclusiveRun,
    integration: str,
    specs: Sequence[MappingSpec],
    *,
    prune: bool,
    yes: bool,
) -> list[ImportStep]:
    """Return the plan once its deletions are confirmed; other runs may go first while a person thinks.

    Raises:
        CancelledError: the user declined.
        ConflictError: the plan now deletes mappings that were not confirmed.
    """
    steps = _plan(context, integration, specs, prune=prune)
    confirmed = _deletions(steps)
    if yes or not confirmed:
        return steps
    with run.paused():
        _confirm_deletions(context, len(confirmed))
    steps = _plan(context, integration, specs, prune=prune)
    if not _deletions(steps) <= confirmed:
        raise ConflictError("someone else has just changed the mappings", hint=RUN_AGAIN)
    return steps


def _written(steps: Iterable[ImportStep]) -> list[str]:
    """Return the attributes of the mappings that are created or updated."""
    written = (Action.CREATE, Action.UPDATE)
    return [step.spec.jebbit_var for step in steps if step.action in written and step.spec]


def _deletions(steps: Sequence[ImportStep]) -> set[str]:
    """Return the ids of the mappings that a plan deletes."""
    return {str(step.current.id) for step in steps if step.action is Action.DELETE and step.current}


def _settle(
    context: Context, steps: Sequence[ImportStep], creations: Creations
) -> tuple[list[ImportStep], JebbitctlError | None]:
    """Check whether another run has imported at the same time; return the results, and what is wrong."""
    try:
        verdicts = creations.settle(context.client)
    except JebbitctlError as error:
        prefix = "imported, but could not check whether another run has created the same mappings: "
        return [*steps], error.with_context(prefix).with_hint(RUN_AGAIN)
    if not verdicts:
        return [*steps], None
    errors = [verdict.error for verdict in verdicts if verdict.error]
    results = mapping_import.with_verdicts(steps, verdicts)
    for before, result in zip(steps, results, strict=True):
        if result is not before:
            _warn_if_failed(context, result)
    for verdict in verdicts:
        if verdict.error and not verdict.creation.id:
            context.output.warn(verdict.error.message)
    more = f" (and {plural(len(errors) - 1, 'other mapping')})" if len(errors) > 1 else ""
    return results, errors[0].with_context(suffix=more)


@contextmanager
def _report_if_interrupted(
    context: Context, integration: str, results: Sequence[ImportStep]
) -> Iterator[None]:
    """Print the results, and that they are unchecked, if the block is interrupted."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        with last_report(context.output):
            _print_report(context, integration, results, dry_run=False, complete=False)
            context.output.note(UNCHECKED)
        raise


def _confirm_deletions(context: Context, count: int) -> None:
    mappings_are = "mapping that is" if count == 1 else "mappings that are"
    context.prompts.confirm(f"Delete {count} {mappings_are} not in the file?", hint=CONFIRM_HINT)


def _execute(
    context: Context, integration: str, steps: Sequence[ImportStep], creations: Creations
) -> list[ImportStep]:
    """Execute a plan and return the results; if it ends early, print a report of the results so far."""
    run, shown = mapping_import.ImportRun(context.clients(), integration, steps, creations), 0
    try:
        with context.output.progress("Importing", total=len(steps)) as bar:
            for step in run:
                shown += 1
                _warn_if_failed(context, step)
                bar.advance()
    except JebbitctlError:
        try:
            run.stop()
        except BaseException:
            with last_report(context.output):
                _report_end(context, integration, run, shown, len(steps))
            raise
        _report_end(context, integration, run, shown, len(steps))
        raise
    except BaseException:
        with deferred_signals():  # timeout and some shells send each signal twice
            run.stop(INTERRUPT_GRACE)
            with last_report(context.output):
                _report_end(context, integration, run, shown, len(steps))
        raise
    return run.results


def _report_end(context: Context, integration: str, run: ImportRun, shown: int, total: int) -> None:
    """Report what an import that ends early has done, and what it may have done.

    Args:
        context: of the command.
        integration: the id of the integration.
        run: the import, which begins no further step.
        shown: the number of results whose failures have been printed.
        total: the number of steps.
    """
    results, unclear = run.results, run.unclear
    for step in results[shown:]:
        _warn_if_failed(context, step)
    if results or unclear:
        _print_report(context, integration, results, dry_run=False, complete=False, unclear=unclear)
    maybe = f", {len(unclear)} more may have been done" if unclear else ""
    context.output.note(
        f"Stopped after {len(results)} of {total}{maybe}. {RUN_AGAIN.capitalize()} to import the rest."
    )


def _warn_of_unknown(context: Context, steps: Sequence[ImportStep]) -> None:
    """Warn of defaults that are left alone, since Jebbit does not say what they are now."""
    for step in steps:
        if unknown_default(step) and step.current:
            context.output.warn(
                f"{_name(step)}: Jebbit does not say the default: neither compared nor changed; "
                f"to set it: jebbitctl mappings update {step.current.id}"
            )


def _warn_if_failed(context: Context, step: ImportStep) -> None:
    if step.action is Action.FAILED and not context.output.json_requested:
        context.output.warn(f"{_name(step)}: {step.error}")


def _name(step: ImportStep) -> str:
    return f"line {step.spec.line}" if step.spec else f"mapping {step.current.id if step.current else None}"


def _print_report(
    context: Context,
    integration: str,
    steps: Sequence[ImportStep],
    *,
    dry_run: bool,
    complete: bool,
    unclear: Sequence[ImportStep] = (),
) -> None:
    rows = [_row(step, step.action.value if dry_run else RESULTS[step.action]) for step in steps]
    rows += [_row(step, UNKNOWN) for step in unclear]
    counts = Counter(step.action for step in steps)
    if context.output.json:
        ok = complete and not counts[Action.FAILED]
        head = {"ok": ok, "integration_id": integration, "dry_run": dry_run}
        totals = {result: counts[action] for action, result in RESULTS.items()}
        with context.output.best_effort():
            context.output.document({**head, **totals, "lines": rows})
        return
    with context.output.best_effort():
        context.output.table(rows, COLUMNS)
    words = PLANNED if dry_run else RESULTS
    summary = ", ".join(f"{counts[action]} {word}" for action, word in words.items() if counts[action])
    if unclear:
        summary = f"{summary}{', ' if summary else ''}{len(unclear)} {UNKNOWN}"
    summary = summary or "no lines"
    context.output.note(
        f"Dry run: {summary}. Nothing was changed." if dry_run else f"{summary.capitalize()}."
    )


def _row(step: ImportStep, result: str) -> dict[str, Any]:
    attributes = step.current.attributes if step.current else {}
    cells = {
        column: getattr(step.spec, column) if step.spec else attributes.get(column)
        for column in mappings.ATTRIBUTES
    }
    return {
        "line": step.spec.line if step.spec else None,
        "result": result,
        "id": step.current.id if step.current else None,
        **{column: value or None for column, value in cells.items()},
        "error": step.error,
    }


def _raise_if_failed(context: Context, steps: Sequence[ImportStep], *, prune: bool) -> None:
    """Raise an error if any step failed.

    Raises:
        UnavailableError: every failed step may succeed later.
        RejectedError: some of them will not.
    """
    failed = [step for step in steps if step.action is Action.FAILED]
    if not failed:
        return
    if prune and any(step.spec for step in failed):
        context.output.warn("--prune deleted nothing because a line failed")
    names = ", ".join(map(_name, failed[:MAX_NAMED_FAILURES]))
    more = f" and {len(failed) - MAX_NAMED_FAILURES} more" if len(failed) > MAX_NAMED_FAILURES else ""
    message = f"{len(failed)} of {len(steps)} failed: {names}{more}"
    if all(step.unavailable for step in failed):
        raise UnavailableError(message, hint="run the command again; finished lines are left unchanged")
    raise RejectedError(
        message,
        hint="fix these lines and run the command again; imported lines stay unchanged",
    )
