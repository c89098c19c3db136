"""Executing an import plan, a few writes at a time."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from jebbitctl.api import mappings
from jebbitctl.api.duplicates import Creation, identifying_keys
from jebbitctl.api.mapping_plan import Action
from jebbitctl.api.resources import OWNER, unapplied_error, unconfirmed
from jebbitctl.errors import JebbitctlError, NotFoundError, RejectedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.concurrency import ConcurrentCalls
    from jebbitctl.api.creations import Creations
    from jebbitctl.api.duplicates import Verdict
    from jebbitctl.api.mapping_plan import ImportStep

    _Outcome: TypeAlias = tuple[ImportStep, JebbitctlError | None]
    """The result of a step, and the error with which it failed."""

MAX_CONCURRENT_WRITES = 4
"""Concurrent writes: some twenty times faster than a loop of commands, and fewer than a browser sends.

If Jebbit stops responding, so many writes more begin before the import ends, with an unknown outcome."""

MAX_CONSECUTIVE_FAILURES = 3
"""Consecutive steps without a response that end an import: the service is down."""


class ImportRun:
    """Executes a plan; iterate over the result of each step, in the plan's order, as it becomes known.

    The first write runs alone: if it is forbidden, no other write is tried. A line that Jebbit rejects fails
    without stopping the others. If any line fails, nothing is deleted, since a failed line may be meant for a
    mapping to keep. After an error or an interrupt, call :meth:`stop`: no further step begins.

    The threads keep the results, since a signal may interrupt the iteration anywhere.

    Args:
        new_client: makes a client for each thread.
        integration: the id of the integration.
        steps: the plan, with deletions last.
        creations: gets each new mapping, to be checked for duplicates afterwards.
    """

    def __init__(
        self,
        new_client: Callable[[], Client],
        integration: str,
        steps: Sequence[ImportStep],
        creations: Creations,
    ) -> None:
        self._new_client = new_client
        self._execute_step = partial(_execute_step, integration, creations)
        self._steps = steps
        self._calls: ConcurrentCalls[int, Client, _Outcome] | None = None
        self._begun: set[int] = set()
        self._ended: dict[int, ImportStep] = {}

    @property
    def results(self) -> list[ImportStep]:
        """The results so far, in the plan's order."""
        return [self._ended[number] for number in sorted(self._ended)]

    @property
    def unclear(self) -> list[ImportStep]:
        """The steps under way, in the plan's order: they may have been carried out."""
        return [self._steps[number] for number in sorted(self._begun - self._ended.keys())]

    def __iter__(self) -> Iterator[ImportStep]:
        """Execute the plan.

        Raises:
            JebbitctlError: further writes would fail, too: they are forbidden, or Jebbit is down.
        """
        from jebbitctl.api.concurrency import ConcurrentCalls

        has_failed, unavailable = False, 0
        for batch in _batches(self._steps):
            if has_failed and self._steps[batch[0]].action is Action.DELETE:
                return
            with ConcurrentCalls(
                batch, self._new_client, self._execute, max_in_flight=MAX_CONCURRENT_WRITES
            ) as self._calls:
                for _, future in self._calls:
                    result, error = future.result()
                    has_failed = has_failed or result.action is Action.FAILED
                    unavailable = unavailable + 1 if result.unavailable else 0
                    yield result
                    if error and unavailable == MAX_CONSECUTIVE_FAILURES:
                        raise error

    def stop(self, timeout: float = math.inf) -> None:
        """Begin no further step, and wait up to ``timeout`` seconds for those under way."""
        if self._calls:
            self._calls.drain(timeout)

    def _execute(self, client: Client, number: int) -> _Outcome:
        """Execute a step and keep its result.

        Raises:
            JebbitctlError: the step failed for a reason that applies to the other steps, too.
        """
        step, failure = self._steps[number], None
        self._begun.add(number)
        try:
            result = self._execute_step(client, step)
        except (RejectedError, NotFoundError, UnavailableError) as error:
            unavailable = isinstance(error, UnavailableError)
            result = replace(step, action=Action.FAILED, error=error.message, unavailable=unavailable)
            failure = error
        except JebbitctlError:  # surely nothing was written
            self._begun.discard(number)
            raise
        self._ended[number] = result
        return result, failure


def _batches(steps: Sequence[ImportStep]) -> Iterable[range]:
    """Return the numbers of the steps up to the first write, of the other lines, and of the deletions."""
    writes = (Action.CREATE, Action.UPDATE)
    lines = sum(step.action is not Action.DELETE for step in steps)
    first = next((number for number, step in enumerate(steps, 1) if step.action in writes), 0)
    return filter(None, (range(first), range(first, lines), range(lines, len(steps))))


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
