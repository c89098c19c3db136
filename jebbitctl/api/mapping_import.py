"""Making an integration's mappings what a file says: first the plan, then the writes, a few at once."""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from jebbitctl.api import dependents, mapping_csv, mappings
from jebbitctl.errors import JebbitctlError, NotFoundError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.mapping_csv import Line

CREATE, UPDATE, KEEP, DELETE, FAIL = "create", "update", "unchanged", "delete", "failed"
DONE = {CREATE: "created", UPDATE: "updated", KEEP: KEEP, DELETE: "deleted", FAIL: FAIL}
"""What each action is called once it is done."""

AT_ONCE = 2
"""Writes under way at once, at the most: twenty times a loop of commands, and no burden for the service."""

A_MOMENT = 1.0
"""Seconds that an interrupted import gives the writes under way, to tell what became of them."""

IN_A_ROW = 3
"""Writes without an answer, line by line, that end an import: the service is not there."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one mapping, or was.

    Attributes:
        action: one of the five above.
        line: what the file says, None for a mapping that it does not name.
        current: what Jebbit has, None where it has none.
        error: why it failed, None where it did not.
        unavailable: it failed for a reason that may pass.
    """

    action: str
    line: Line | None
    current: Resource | None = None
    error: str | None = None
    unavailable: bool = False


def plan(lines: Iterable[Line], existing: Iterable[Resource], *, prune: bool = False) -> list[Step]:
    """Compare a file with what Jebbit has; mappings belong together by their ``jebbit_var``.

    With ``prune``, what the file does not name is to be deleted at the end; but nothing is while a line is
    bad, which may be the one that names it.
    """
    by_name: dict[str, list[Resource]] = defaultdict(list)
    for resource in existing:
        by_name[mapping_csv.text(resource.get("jebbit_var"))].append(resource)
    lines = list(lines)
    kept = [_kept(line, by_name) for line in lines]
    steps = [step or _step(line, by_name) for line, step in zip(lines, kept, strict=True)]
    if prune and not any(step.action == FAIL for step in steps):
        steps += [Step(DELETE, None, resource) for left in by_name.values() for resource in left]
    return steps


def carry_out(clients: Callable[[], Client], integration: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Do what is planned, a few steps at once, and yield each as it ended, in the plan's order.

    The first write goes alone: where it may not be made, no other is tried. A line that Jebbit refuses fails,
    and the rest goes on. Once a line has failed nothing is deleted: those steps are left out, since what to
    keep is not certain. Whatever ends it early, no further step begins, and those under way are yielded as
    well; after an interrupt, those that end within a moment.

    Args:
        clients: makes a client for each thread.
        integration: whose mappings these are.
        steps: the plan, deletions last.

    Raises:
        JebbitctlError: going on cannot help: the credentials do not suffice, or the service does not answer.
    """
    from concurrent.futures import wait

    from jebbitctl.api.side_by_side import side_by_side

    lines = [step for step in steps if step.action != DELETE]
    first = next((n for n, step in enumerate(lines, 1) if step.action in {CREATE, UPDATE}), 0)
    failed, silent = False, 0
    for part in (lines[:first], lines[first:], steps[len(lines) :]):
        if part and part[0].action == DELETE and failed:
            return
        answers = side_by_side(part, clients, partial(_carried_out, integration), at_once=AT_ONCE)
        coming = deque(zip(part, answers, strict=True))
        try:
            while coming:
                done = _ended(*coming[0])
                _, answer = coming.popleft()
                failed = failed or done.action == FAIL
                silent = silent + 1 if done.unavailable else 0
                yield done
                if silent == IN_A_ROW:
                    answer.result()
        except (JebbitctlError, KeyboardInterrupt, SystemExit) as error:
            _cancel(answers)
            begun = [answer for answer in answers if not answer.cancelled()]
            wait(begun, None if isinstance(error, JebbitctlError) else A_MOMENT)
            yield from _begun(coming)
            raise
        finally:
            _cancel(answers)


def _kept(line: Line, by_name: dict[str, list[Resource]]) -> Step | None:
    """Plan a line that is so already, and take its mapping off the rest; None for another."""
    same_name = by_name[line.jebbit_var]
    for position, resource in enumerate(same_name):
        if line.problem is None and _is_equal(resource, line):
            return Step(KEEP, line, same_name.pop(position))
    return None


def _step(line: Line, by_name: dict[str, list[Resource]]) -> Step:
    """Plan a line that is not so, and take the mapping that it changes off the rest."""
    if line.problem is not None:
        return Step(FAIL, line, error=line.problem)
    same_name = by_name[line.jebbit_var]
    return Step(UPDATE, line, same_name.pop(0)) if same_name else Step(CREATE, line)


def _is_equal(resource: Resource, line: Line) -> bool:
    written = [mapping_csv.text(resource.get(column)) for column in mapping_csv.COLUMNS]
    return written == [line.jebbit_var, line.client_var, line.default]


def given(line: Line) -> dict[str, str]:
    """Return the attributes of a new mapping; an empty default is none."""
    named = {"jebbit_var": line.jebbit_var, "client_var": line.client_var, "default": line.default}
    return {name: value for name, value in named.items() if value}


def changed(resource: Resource, line: Line) -> dict[str, str | None]:
    """Return what a line changes; an empty default is none."""
    wanted = {"client_var": line.client_var, "default": line.default}
    return {
        name: value or None for name, value in wanted.items() if mapping_csv.text(resource.get(name)) != value
    }


def _ended(step: Step, answer: Future[Step]) -> Step:
    """Wait for a step, and return how it ended.

    Raises:
        JebbitctlError: it failed for a reason that the others would fail for as well.
    """
    from jebbitctl.api.side_by_side import awaited

    try:
        return awaited(answer)
    except (RefusedError, NotFoundError) as error:
        return replace(step, action=FAIL, error=error.message)
    except UnavailableError as error:
        return replace(step, action=FAIL, error=error.message, unavailable=True)


def _begun(steps: Iterable[tuple[Step, Future[Step]]]) -> Iterator[Step]:
    """Yield how those steps ended that were under way when the others were cancelled."""
    for step, answer in steps:
        if answer.done() and not answer.cancelled():
            with suppress(JebbitctlError):  # the first one's is told
                yield _ended(step, answer)


def _cancel(answers: Iterable[Future[Step]]) -> None:
    for answer in answers:
        answer.cancel()


def _carried_out(integration: str, client: Client, step: Step) -> Step:
    if step.line is None:
        if step.current is not None:
            with suppress(NotFoundError):  # somebody else was faster
                mappings.delete(client, str(step.current["id"]))
        return step
    line = step.line
    if step.action == CREATE:
        resource, refused = mappings.create(client, {dependents.OWNER: integration, **given(line)})
    elif step.action == UPDATE and step.current is not None:
        resource, refused = mappings.update(client, step.current, changed(step.current, line))
    else:
        return step
    done = replace(step, current=resource)
    if refused:
        return replace(done, action=FAIL, error=dependents.not_taken(refused, look="").message)
    return done
