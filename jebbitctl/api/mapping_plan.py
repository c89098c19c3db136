"""Planning an import: compare a file's mappings with those of an integration."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.api import mapping_csv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.mapping_csv import CsvLine
    from jebbitctl.api.resources import Resource

    Unmatched: TypeAlias = dict[str, list[Resource]]


class ImportAction(StrEnum):
    """The action of a step, as a plan shows it."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    DELETE = "delete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportStep:
    """The action for one mapping, planned or executed.

    Attributes:
        action: FAILED for an invalid line, and for a step that failed when it was executed.
        line: the file's line, None for a mapping that is not in the file.
        current: the mapping at Jebbit, None if there is none.
        error: why the step failed.
        unavailable: whether the step failed because Jebbit could not be reached or did not answer.
    """

    action: ImportAction
    line: CsvLine | None
    current: Resource | None = None
    error: str | None = None
    unavailable: bool = False

    @property
    def desired(self) -> dict[str, Any]:
        """The attributes to create or update the mapping with; empty for a deletion."""
        if self.line is None:
            return {}
        if self.current is None:
            return _new_attributes(self.line)
        return changed_attributes(self.current, self.line)


def plan_import(
    lines: Iterable[CsvLine], existing: Iterable[Resource], *, prune: bool = False
) -> list[ImportStep]:
    """Return a step for each line, then, with ``prune``, the deletions of mappings that no line names.

    Lines and mappings are matched by ``jebbit_var``. If Jebbit has several mappings with the same one, a line
    is matched with an equal mapping first: an update of another one would send the attribute twice.
    Nothing is deleted if any line is invalid, since that line may be meant for a mapping to keep.
    """
    unmatched: Unmatched = defaultdict(list)
    for mapping in existing:
        unmatched[mapping_csv.to_cell(mapping.attributes.get("jebbit_var"))].append(mapping)
    lines = list(lines)
    equal = [_match_equal(line, unmatched) for line in lines]
    steps = [step or _plan_line(line, unmatched) for line, step in zip(lines, equal, strict=True)]
    if prune and not any(step.action is ImportAction.FAILED for step in steps):
        steps += [
            ImportStep(ImportAction.DELETE, None, mapping) for rest in unmatched.values() for mapping in rest
        ]
    return steps


def changed_attributes(mapping: Resource, line: CsvLine) -> dict[str, str | None]:
    """Return the attributes in which a line differs from a mapping; an empty default becomes None."""
    desired = {"client_var": line.client_var, "default": line.default}
    return {
        name: value or None
        for name, value in desired.items()
        if mapping_csv.to_cell(mapping.attributes.get(name)) != value
    }


def _new_attributes(line: CsvLine) -> dict[str, str]:
    """Return the attributes to create a mapping with; an empty default is left out."""
    attributes = {"jebbit_var": line.jebbit_var, "client_var": line.client_var, "default": line.default}
    return {name: value for name, value in attributes.items() if value}


def _match_equal(line: CsvLine, unmatched: Unmatched) -> ImportStep | None:
    """Return the step for a line that equals a mapping, None if it equals none."""
    candidates = unmatched[line.jebbit_var]
    for position, mapping in enumerate(candidates):
        if line.problem is None and not changed_attributes(mapping, line):
            return ImportStep(ImportAction.UNCHANGED, line, candidates.pop(position))
    return None


def _plan_line(line: CsvLine, unmatched: Unmatched) -> ImportStep:
    """Return the step for a line that equals no mapping."""
    if line.problem is not None:
        return ImportStep(ImportAction.FAILED, line, error=line.problem)
    if candidates := unmatched[line.jebbit_var]:
        return ImportStep(ImportAction.UPDATE, line, candidates.pop(0))
    return ImportStep(ImportAction.CREATE, line)
