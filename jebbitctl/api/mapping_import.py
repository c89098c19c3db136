"""Making an integration's mappings what a file says: first the plan, then one write after the other."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jebbitctl.api import dependents, mapping_csv, mappings
from jebbitctl.errors import NotFoundError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.mapping_csv import Line

CREATE, UPDATE, KEEP, DELETE, FAIL = "create", "update", "unchanged", "delete", "failed"
DONE = {CREATE: "created", UPDATE: "updated", KEEP: KEEP, DELETE: "deleted", FAIL: FAIL}
"""What each action is called once it is done."""

IN_A_ROW = 3
"""Writes without an answer, one after the other, that end an import: the service is not there."""


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
    steps = [_step(line, by_name) for line in lines]
    if prune and not any(step.action == FAIL for step in steps):
        steps += [Step(DELETE, None, resource) for left in by_name.values() for resource in left]
    return steps


def carry_out(client: Client, integration: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Do one step after the other and yield each as it ended.

    A line that Jebbit refuses fails, and the rest goes on. Once a line has failed nothing is deleted: those
    steps are left out, since what to keep is not certain.

    Raises:
        JebbitctlError: going on cannot help: the credentials do not suffice, or the service does not answer.
    """
    failed = False
    silent = 0
    for step in steps:
        if step.action == DELETE and failed:
            return
        try:
            done = _carried_out(client, integration, step)
            silent = 0
        except (RefusedError, NotFoundError) as error:
            done = replace(step, action=FAIL, error=error.message)
            silent = 0
        except UnavailableError as error:
            done = replace(step, action=FAIL, error=error.message, unavailable=True)
            silent += 1
            if silent == IN_A_ROW:
                yield done
                raise
        failed = failed or (done.action == FAIL and done.line is not None)
        yield done


def _step(line: Line, by_name: dict[str, list[Resource]]) -> Step:
    """Plan one line, and take the mapping that it names off the rest."""
    if line.problem is not None:
        return Step(FAIL, line, error=line.problem)
    same_name = by_name[line.jebbit_var]
    if not same_name:
        return Step(CREATE, line)
    equal = [resource for resource in same_name if _is_equal(resource, line)]
    current = (equal or same_name)[0]
    same_name.remove(current)
    return Step(KEEP if equal else UPDATE, line, current)


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


def _carried_out(client: Client, integration: str, step: Step) -> Step:
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
