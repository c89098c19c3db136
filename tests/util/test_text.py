from __future__ import annotations

import gc
import json
import sys
import unicodedata
from contextlib import suppress
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.util import text
from tests.strategies import BIDI, JSON

ANY = st.text(st.characters(exclude_categories=())) | st.text("\x1b\x9b\u202e\u2066\ud800\r\n\t[a")


def unsafe_characters(shown: str) -> list[str]:
    """Return the characters that a terminal interprets or cannot show."""
    return [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in BIDI]


@given(ANY)
def test_escaped_text_contains_no_unsafe_character(anything: str) -> None:
    shown = text.escape_controls(anything)
    assert unsafe_characters(shown) == []
    shown.encode()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain é 漢字 😀 [red] :smile:", "plain é 漢字 😀 [red] :smile:"),
        ("a\tb\nc\rd", r"a\tb\nc\rd"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b31m\x7f", r"\x9b31m\x7f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2028\ud800", r"\u2028\ud800"),
    ],
)
def test_control_characters_are_escaped(raw: str, shown: str) -> None:
    assert text.escape_controls(raw) == shown


@given(JSON, st.sampled_from([None, 0, 2]), st.booleans())
def test_json_text_parses_back_to_an_equal_value(value: object, indent: int | None, ascii_only: bool) -> None:
    shown = text.json_text(value, indent=indent, ascii_only=ascii_only)
    assert json.loads(shown) == value
    assert text.parse_json(shown) == value
    assert unsafe_characters(shown.replace("\n", "")) == []
    assert not ascii_only or shown.isascii()


@given(JSON)
def test_indented_json_is_laid_out_as_json_text_does(value: object) -> None:
    compact = json.dumps(value).encode()
    assert text.indented_json(compact) == text.json_text(value, indent=2)


def test_indented_json_keeps_what_a_parser_loses() -> None:
    document = (
        '\ufeff{"a":1.10, "a" : [ ], "b":{},"c":1E5,"d":-0,"e":123456789012345678.90,"caf\\u00e9":"\\u202e"}'
    )
    assert text.indented_json(document.encode()).splitlines() == [
        "{",
        '  "a": 1.10,',
        '  "a": [],',
        '  "b": {},',
        '  "c": 1E5,',
        '  "d": -0,',
        '  "e": 123456789012345678.90,',
        '  "caf\u00e9": "\\u202e"',
        "}",
    ]


@given(ANY)
def test_json_text_of_any_text_can_be_encoded(anything: str) -> None:
    shown = text.json_text({anything: anything})
    assert unsafe_characters(shown) == []
    assert len(json.loads(shown.encode())) == 1


def test_json_text_escapes_control_characters_only() -> None:
    assert text.json_text({"é": "漢\x1b\u202e"}) == '{"é": "漢\\u001b\\u202e"}'


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "NaN",
        "-Infinity",
        "[1e999]",
        "9" * 5000,
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 101 + "]" * 101,
        '{"a":' * 101 + "1" + "}" * 101,
        b"\xff\xfe\xff",
        b'"\xff"',
    ],
    ids=lambda document: repr(document[:10]),
)
def test_invalid_json_is_a_value_error(document: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        text.parse_json(document)


@pytest.mark.parametrize(
    "document", ["[" * 99 + "]" * 99, '{"a": [1.5, 2, "\\ud800"]}', b"\xef\xbb\xbf[]", "1e308"]
)
def test_valid_json_is_parsed(document: str | bytes) -> None:
    value = text.parse_json(document)
    assert value == json.loads(document)
    assert text.parse_json(text.json_text(value)) == value


def _documents(depth: int) -> st.SearchStrategy[str]:
    """Return JSON that nests that deep, or breaks off, with strings that hold brackets and quotes."""
    strings = st.sampled_from(['"]]}"', r'"\"[["', r'"\\"', '""', "1"])
    opening = st.tuples(st.sampled_from(["[", '{"a":', '{"]":']), strings)

    def written(pattern: list[tuple[str, str]], end: int) -> str:
        openings = islice(cycle(pattern), depth)
        before, after = [], []
        for start, string in openings:
            before.append(start + (f"{string}," if start == "[" else ""))
            after.append("]" if start == "[" else "}")
        return f"{''.join(before)}0{''.join(reversed(after))}"[: end or None]

    ends = st.just(0) | st.integers(-depth, -1)
    return st.builds(written, st.lists(opening, min_size=1, max_size=9), ends)


@given(st.sampled_from([1, 99, 100, 101, 150, 199, 200, 900]).flatmap(_documents))
def test_json_is_parsed_to_a_hundred_levels_and_not_beyond(document: str) -> None:
    try:
        value = json.loads(document)
    except ValueError:
        value = None
    if value is None:
        with pytest.raises(ValueError, match=r"."):
            text.parse_json(document)
    elif _depth(value) <= text.MAX_DEPTH:
        assert text.parse_json(document) == value
    else:
        with pytest.raises(ValueError, match="nested too deep"):
            text.parse_json(document)


def _depth(value: Any) -> int:
    levels = 0
    while isinstance(value, dict | list):
        value = [*value.values()][-1] if isinstance(value, dict) else value[-1]
        levels += 1
    return levels


@pytest.mark.parametrize(
    "document", ["[" * 5000, '{"a":' * 5000, b"[" * 5000], ids=["list", "object", "bytes"]
)
def test_no_finalizer_runs_out_of_stack_while_deep_json_is_refused(
    document: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda failure: failed.append(failure.exc_type))

    def needs_stack(levels: int = 20) -> None:
        if levels:
            needs_stack(levels - 1)

    def while_collecting(*_: object) -> None:  # what a collection runs stands for any finalizer
        needs_stack()

    threshold = gc.get_threshold()
    gc.callbacks.append(while_collecting)
    gc.set_threshold(1)
    try:
        with pytest.raises(ValueError, match="nested too deep"):
            text.parse_json(document)
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(while_collecting)
    assert failed == []


@given(st.binary() | st.text())
def test_parsing_any_input_raises_nothing_but_a_value_error(anything: str | bytes) -> None:
    with suppress(ValueError):
        text.json_text(text.parse_json(anything))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("a\nb", r"a\nb"),
        (True, "true"),
        (1.5, "1.5"),
        ([1, "\x1b"], r'[1, "\u001b"]'),
        ({}, "{}"),
    ],
)
def test_a_cell_is_a_string_or_json(value: object, shown: str) -> None:
    assert text.cell(value) == shown


def test_nested_members_have_dotted_names() -> None:
    nested = {"id": "1", "a": {"b": 1, "c": {"d": None}}, "e": {}, "f": [{"g": 1}]}
    assert text.flatten(nested) == [
        ("id", "1"),
        ("a.b", 1),
        ("a.c.d", None),
        ("e", {}),
        ("f", [{"g": 1}]),
    ]


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [(1, "day", "1 day"), (2, "day", "2 days"), (2, "delivery", "2 deliveries"), (0, "row", "0 rows")],
)
def test_a_count_has_the_plural_of_its_noun(count: int, noun: str, words: str) -> None:
    assert text.plural(count, noun) == words


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a ##[set-output name=a]b", r"a ##\u005bset-output name=a]b"),
        ("##vso[task.setvariable]###[x]", r"##vso\u005btask.setvariable]###\u005bx]"),
        ("## [a] # [b] ##", "## [a] # [b] ##"),
    ],
)
def test_no_text_is_a_command_for_a_pipeline(line: str, shown: str) -> None:
    assert text.escape_commands(line) == shown
