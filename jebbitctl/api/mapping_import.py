"""Executing an import plan, a few writes at a time."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from jebbitctl.api import mappings
from jebbitctl.api.duplicates import Creation, identifying_keys
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import OWNER, unapplied_error, unconfirmed
from jebbitctl.errors import JebbitctlError, NotFoundError, RejectedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from jebbitctl.api.client import Client
    from jebbitctl.api.creations import Creations
    from jebbitctl.api.duplicates import Verdict
    from jebbitctl.api.mapping_plan import ImportStep

MAX_CONCURRENT_WRITES = 4
"""Concurrent writes: some twenty times faster than a loop of commands, and fewer than a browser sends.

If Jebbit stops responding, so many writes more begin before the import ends, with an unknown outcome."""

INTERRUPT_GRACE = 1.0
"""Seconds that an interrupted import waits for the writes in flight, to report their results."""

MAX_CONSECUTIVE_FAILURES = 3
"""Consecutive steps without a response that end an import: the service is down."""


def execute(
    new_client: Callable[[], Client], integration: str, steps: Sequence[ImportStep], creations: Creations
) -> Iterator[ImportStep]:
    """Execute a plan and yield the result of each step, in the plan's order.

    The first write runs alone: if it is forbidden, no other write is tried. A line that Jebbit rejects fails
    without stopping the others. If any line fails, nothing is deleted, since a failed line may be meant for a
    mapping to keep. After an error or an interrupt no further step begins. The steps in flight are yielded as
    well; after an interrupt, only those that end within INTERRUPT_GRACE.

    Args:
        new_client: makes a client for each thread.
        integration: the id of the integration.
        steps: the plan, with deletions last.
        creations: gets each new mapping, to be checked for duplicates afterwards.

    Raises:
        JebbitctlError: further writes would fail, too: they are forbidden, or Jebbit is down.
    """
    from jebbitctl.api.concurrency import ConcurrentCalls

    has_failed, unavailable = False, 0
    execute_step = partial(_execute_step, integration, creations)
    for batch in _batches(steps):
        if has_failed and batch[0].action is Action.DELETE:
            return
        with ConcurrentCalls(batch, new_client, execute_step, max_in_flight=MAX_CONCURRENT_WRITES) as calls:
            try:
                for step, future in calls:
                    result = _result(step, future)
                    has_failed = has_failed or result.action is Action.FAILED
                    unavailable = unavailable + 1 if result.unavailable else 0
                    yield result
                    if unavailable == MAX_CONSECUTIVE_FAILURES:
                        future.result()  # raises the step's error
            except (JebbitctlError, KeyboardInterrupt, SystemExit) as error:
                timeout = math.inf if isinstance(error, JebbitctlError) else INTERRUPT_GRACE
                for step, future in calls.drain(timeout):
                    with suppress(JebbitctlError):  # the first error is the one to report
                        yield _result(step, future)
                raise


def _batches(steps: Sequence[ImportStep]) -> Iterable[Sequence[ImportStep]]:
    """Return the steps up to the first write, the other lines, and the deletions; none of them empty."""
    lines = [step for step in steps if step.action is not Action.DELETE]
    writes = (Action.CREATE, Action.UPDATE)
    first = next((number for number, step in enumerate(lines, 1) if step.action in writes), 0)
    return filter(None, (lines[:first], lines[first:], steps[len(lines) :]))


def _result(step: ImportStep, future: Future[ImportStep]) -> ImportStep:
    """Return the result of a finished step.

    Raises:
        JebbitctlError: the step failed for a reason that applies to the other steps, too.
    """
    try:
        return future.result()
    except (RejectedError, NotFoundError) as error:
        return replace(step, action=Action.FAILED, error=error.message)
    except UnavailableError as error:
        return replace(step, action=Action.FAILED, error=error.message, unavailable=True)


def _execute_step(integration: str, creations: Creations, client: Client, step: ImportStep) -> ImportStep:
    if step.action is Action.DELETE and step.current:
        with suppress(NotFoundError):  # someone else has deleted it
            mappings.delete(client, str(step.current.id))
        return step
    if step.action is Action.CREATE:
        desired = {OWNER: integration, **step.desired}
        creation = Creation(mappings.TYPE, identifying_keys(mappings.TYPE, desired)[0])
        mapping, unapplied = creations.create(creation, lambda: mappings.create(client, desired))
    elif step.action is Action.UPDATE and step.current:
        mapping, unapplied = mappings.update(client, step.current, step.desired)
    else:
        return step
    result = replace(step, current=mapping)
    if unclear := unconfirmed(mapping.attributes, step.desired):
        message = f"Jebbit does not say whether it applied {', '.join(unclear)}"
        return replace(result, action=Action.FAILED, error=message)
    if unapplied:
        error = unapplied_error(unapplied, command=f"jebbitctl mappings get {mapping.id}")
        return replace(result, action=Action.FAILED, error=error.message)
    return result


def with_verdicts(steps: Iterable[ImportStep], verdicts: Iterable[Verdict]) -> list[ImportStep]:
    """Return results in which a line has failed if its new mapping was, or is, a duplicate."""
    errors = {verdict.creation.id: verdict.error for verdict in verdicts}
    return [
        replace(step, action=Action.FAILED, error=error.message)
        if step.action is Action.CREATE
        and step.current
        and step.current.id
        and (error := errors.get(step.current.id))
        else step
        for step in steps
    ]
