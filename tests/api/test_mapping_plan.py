from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings

from jebbitctl.api import mapping_csv
from jebbitctl.api.mapping_plan import Action, plan_import
from tests.api.mapping_files import HEADER, mapping, parse, stored_mappings

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource


@settings(deadline=None)
@given(stored_mappings, stored_mappings)
def test_a_plan_has_one_step_a_line_and_prunes_only_mappings_that_no_line_names(
    desired: list[Resource], stored: list[Resource]
) -> None:
    lines = parse("".join(f"{record}\n" for record in mapping_csv.write(desired)))
    steps = plan_import(lines, stored, prune=True)
    assert [step.spec for step in steps if step.spec] == lines
    existing = {mapping.attributes["jebbit_var"] for mapping in stored}
    for step in steps:
        if step.spec:
            assert (step.action == Action.CREATE) is (step.spec.jebbit_var not in existing)
    deleted = {
        step.current.attributes["jebbit_var"]
        for step in steps
        if step.action == Action.DELETE and step.current
    }
    assert deleted == existing - {mapping.attributes["jebbit_var"] for mapping in desired}


def test_duplicates_at_jebbit_stay_unless_pruned_and_an_equal_one_is_unchanged() -> None:
    twins = [
        mapping("1", jebbit_var="a", client_var="x", default=None),
        mapping("2", jebbit_var="a", client_var="y", default=""),
    ]
    lines = parse(HEADER + "a,y,\n")
    assert [(step.action, step.current) for step in plan_import(lines, twins)] == [
        (Action.UNCHANGED, twins[1])
    ]
    pruned = plan_import(lines, twins, prune=True)
    assert [(step.action, step.current) for step in pruned] == [
        (Action.UNCHANGED, twins[1]),
        (Action.DELETE, twins[0]),
    ]


def test_no_deletion_is_planned_if_a_line_is_invalid() -> None:
    stored = [mapping("1", jebbit_var="a", client_var="x", default=None)]
    steps = plan_import(parse(HEADER + "a,,\nb,c,\n"), stored, prune=True)
    assert [step.action for step in steps] == [Action.FAILED, Action.CREATE]
