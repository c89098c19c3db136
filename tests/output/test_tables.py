"""Tables fit the terminal without breaking a word."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.output.tables import Table, key_value_lines

URL = "https://hooks.example.com/jebbit"
ROWS: list[list[Any]] = [["L5m24mjs", True, URL], ["abc", None, "none at all, as it seems"]]

ON_ONE_LINE = """\
ID        ACTIVE  ENDPOINT
L5m24mjs  true    https://hooks.example.com/jebbit
abc       -       none at all, as it seems"""
ONE_BELOW = """\
ID        ACTIVE  ENDPOINT
L5m24mjs  true
  https://hooks.example.com/jebbit
abc       -       none at all, as it
                  seems"""
WRAPPED = """\
ID   ACTIVE  ENDPOINT
abc  -       none at all, as it
             seems"""
ON_TWO_LINES = """\
ID        ACTIVE
  ENDPOINT
L5m24mjs  true
  https://hooks.example.com/jebbit
abc       -
  none at all, as it seems"""
RECORDS = """\
id
  L5m24mjs
is_active
  true
endpoint
  https://hooks.example.com/jebbit

id
  abc
is_active
  -
endpoint
  none at
  all, as
  it seems"""


def drawn(
    rows: list[list[Any]], width: int, *, columns: tuple[str, ...] = ("id", "is_active", "endpoint")
) -> str:
    return "\n".join(Table(columns, width, str).lines(rows))


@pytest.mark.parametrize(
    ("rows", "width", "shown"),
    [
        (ROWS, 60, ON_ONE_LINE),
        (ROWS[1:], 35, WRAPPED),
        (ROWS, 40, ONE_BELOW),
        (ROWS, 32, ON_TWO_LINES),
        (ROWS, 10, RECORDS),
    ],
)
def test_the_layout_depends_on_the_width(rows: list[list[Any]], width: int, shown: str) -> None:
    assert drawn(rows, width) == shown


def test_a_later_batch_is_laid_out_like_the_first() -> None:
    table = Table(("id", "endpoint"), 40, str)
    assert list(table.lines([["a", "b"]])) == ["ID  ENDPOINT", "a   b"]
    assert list(table.lines([["L5m24mjs", URL + URL]])) == ["L5m24mjs", f"  {URL}{URL}"]
    assert list(table.lines([["a", "b"]])) == ["a         b"]


def test_a_time_of_creation_is_shown_to_the_minute() -> None:
    rows: list[list[Any]] = [["a", "2021-12-16T17:48:14.098Z"], ["b", "yesterday"], ["c", None]]
    assert drawn(rows, 80, columns=("id", "created_at")).splitlines() == [
        "ID  CREATED",
        "a   2021-12-16 17:48Z",
        "b   yesterday",
        "c   -",
    ]


WORDS = st.text("aé語", min_size=1, max_size=30)
VALUES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@given(
    st.integers(1, 100),
    st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.lists(VALUES, min_size=n, max_size=n), min_size=1), min_size=1, max_size=3
        )
    ),
)
def test_no_width_breaks_or_hides_a_word(width: int, batches: list[list[list[str]]]) -> None:
    table = Table([f"column_{i}" for i in range(len(batches[0][0]))], width, str)
    for batch in batches:
        lines = list(table.lines(batch))
        shown = " ".join(lines).split()
        for word in (word for row in batch for value in row for word in value.split()):
            shown.remove(word)
        assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, [f"endpoint       {URL}", "shared_secret  -"]),
        (44, ["endpoint", f"  {URL}", "shared_secret  -"]),
        (10, ["endpoint", f"  {URL}", "shared_secret", "  -"]),
    ],
)
def test_a_value_stands_below_its_name_if_it_does_not_fit_beside_it(width: int, shown: list[str]) -> None:
    assert list(key_value_lines([("endpoint", URL), ("shared_secret", None)], width, str)) == shown


def test_numbers_are_aligned_to_the_right_on_one_line_and_on_two() -> None:
    rows: list[list[Any]] = [["5", "a", "1,000", "x" * 9], ["1,234", "bb", None, "y"]]
    table = Table(("views", "id", "leads", "title"), 40, str, {"views", "leads"})
    assert list(table.lines(rows)) == [
        "VIEWS  ID  LEADS  TITLE",
        "    5  a   1,000  xxxxxxxxx",
        "1,234  bb      -  y",
    ]
    narrow = Table(("views", "id", "leads", "title"), 17, str, {"views", "leads"})
    assert list(narrow.lines(rows)) == [
        "VIEWS  ID  LEADS",
        "  TITLE",
        "    5  a   1,000",
        "  xxxxxxxxx",
        "1,234  bb      -",
        "  y",
    ]
