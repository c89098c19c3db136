"""CSV is what a CSV reader reads back, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.output.csv_rows import write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

CELLS = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]))


def written(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    stdout = io.TextIOWrapper(out, "ascii", newline="\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        write_csv(rows)
        stdout.flush()
    return out.getvalue()


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width))))
def test_csv_is_read_back_and_no_text_is_a_formula(rows: list[list[Any]]) -> None:
    read = list(csv.reader(io.StringIO(written(rows).decode(), newline="")))
    assert len(read) == len(rows)
    for row, cells in zip(rows, read, strict=True):
        for value, cell in zip(row, cells, strict=True):
            if isinstance(value, str):
                assert cell in {value, f"'{value}"}
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_text_that_begins_like_a_formula_is_neutralised(start: str) -> None:
    (row,) = csv.reader(io.StringIO(written([[f"{start}1+1", "a=b", -5, 1.5]]).decode(), newline=""))
    assert row == [f"'{start}1+1", "a=b", "-5", "1.5"]


def test_lines_end_with_crlf_and_quotes_are_doubled() -> None:
    assert written([["a,b", 'c"d', None, True], ["e\nf", "", "\u00e9", False]]) == (
        b'"a,b","c""d",,true\r\n"e\nf",,\xc3\xa9,false\r\n'
    )


def test_what_some_spreadsheets_split_at_is_in_quotation_marks() -> None:
    assert written([["a;=1+1", "b\t=1+1", "c"]]) == b'"a;=1+1","b\t=1+1",c\r\n'


def test_a_row_is_written_before_the_next_is_made() -> None:
    out = io.BytesIO()
    stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        rows = iter([["1"], ["2"]])
        write_csv(row for row in rows if row == ["1"] or out.getvalue() == b"1\r\n")
        stdout.flush()
    assert out.getvalue() == b"1\r\n2\r\n"
