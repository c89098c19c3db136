"""``-f`` and ``-F`` of ``api``, as ``gh api`` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands.api.fields import as_document, as_query, parse_fields
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_fields_have_the_types_of_gh() -> None:
    typed = [
        "a=true",
        "b=false",
        "c=null",
        "d=-12",
        "e=007",
        "f=1.5",
        "g=",
        "h=" + "9" * 20,
        "i=a=b",
    ]
    fields = parse_fields(["z=true"], typed)
    assert list(as_document(fields).items()) == [
        *(("z", "true"), ("a", True), ("b", False), ("c", None), ("d", -12)),
        *(("e", "007"), ("f", "1.5"), ("g", ""), ("h", "9" * 20), ("i", "a=b")),
    ]
    assert as_query(fields)[:4] == [("z", "true"), ("a", "true"), ("b", "false"), ("c", "")]


def test_brackets_in_field_names_nest() -> None:
    names = ["a[b][c]=1", "a[b][d]=2", "l[]=3", "l[]=4", "m[][x]=5", "m[][y]=6", "m[][x]=7"]
    assert as_document(parse_fields([], names)) == {
        "a": {"b": {"c": 1, "d": 2}},
        "l": [3, 4],
        "m": [{"x": 5, "y": 6}, {"x": 7}],
    }


@pytest.mark.parametrize(
    "names",
    [
        *(["a=1", "a=2"], ["a=1", "a[b]=2"], ["a[b]=1", "a[]=2"], ["a[]=1", "a[b]=2"]),
        *(["a[=1"], ["[a]=1"], ["a[b]c=1"], ["a[][]=1"], ["a" + "[b]" * 30 + "=1"]),
    ],
)
def test_contradicting_fields_are_rejected(names: list[str]) -> None:
    with pytest.raises(UsageError):
        as_document(parse_fields(names, []))


def test_a_field_from_an_unreadable_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name in (tmp_path / "bytes", tmp_path, "/dev/zero", "a\0b"):
        with pytest.raises(UsageError):
            parse_fields([], [f"a=@{name}"])


def test_a_missing_file_is_named_as_it_was_typed() -> None:
    with pytest.raises(UsageError, match=r"^--field a=@/nope: No such file"):
        parse_fields([], ["a=@/nope"])
