from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api import mapping_csv
from jebbitctl.api.mapping_plan import Action, plan_import
from jebbitctl.errors import UsageError
from tests.api.mapping_files import HEADER, mapping, parse, stored_mappings

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource


@settings(deadline=None)
@given(stored_mappings, st.booleans())
def test_csv_round_trips_and_importing_it_changes_nothing(stored: list[Resource], bom: bool) -> None:
    written = "".join(f"{record}\n" for record in mapping_csv.write(stored))
    lines = parse(("\ufeff" if bom else "") + written)
    assert [(line.jebbit_var, line.client_var, line.default) for line in lines] == [
        (found["jebbit_var"], found["client_var"], found["default"] or "")
        for found in (mapping.attributes for mapping in stored)
    ]
    assert all(step.action == Action.UNCHANGED for step in plan_import(lines, stored, prune=True))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_content_is_parsed_or_a_usage_error(content: bytes) -> None:
    for data in (content, HEADER.encode() + content):
        with suppress(UsageError):
            assert all(line.problem or line.jebbit_var.strip() for line in parse(data))


def test_lines_are_numbered_as_in_an_editor() -> None:
    text = 'default,client_var,jebbit_var,note\r\n\r\n,"a\nb",A,\r\n,x,B,y\r\n,,,\r\n,x,,\r\nx,B\r\n,z,A,\r\n'
    assert [(spec.line, spec.problem) for spec in parse(text)] == [
        (3, None),
        (5, None),
        (7, "jebbit_var is empty"),
        (8, "expected 4 cells, found 2"),
        (9, "duplicate jebbit_var A, first used in line 3"),
    ]


def test_semicolons_as_separators_get_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        parse("jebbit_var;client_var;default\n")
    assert caught.value.hint == "separate the columns with commas"


@pytest.mark.parametrize("text", ["=cmd()", "-1", "@x", "'=cmd()", "'", "'x", "a=b"])
def test_a_formula_is_neutralised_in_the_file_only(text: str) -> None:
    stored = [mapping("a", jebbit_var=text, client_var="x", default=text)]
    _, line = mapping_csv.write(stored)
    assert line.startswith(("'", "a"))
    assert not line.startswith(("=", "-", "@"))
    (spec,) = parse(f"{HEADER}{line}\n")
    assert (spec.jebbit_var, spec.default) == (text, text)
