"""Lines of values in a TOML file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.manifest import positions
from jebbitctl.manifest.positions import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.manifest.validation import KeyPath

TEXT = """\
version = 1 # [integrations.a]
inline.table = { deep = [1, 2] }

[integrations.a]
id = "x"
list = [
  ["integrations"],
  { b = 1 },
  [2],
]

  [integrations."b.c"] # [x]
endpoint = "[integrations.a]"

[[integrations.a.mappings]]
jebbit_var = "one"

[[integrations.a.mappings]]
jebbit_var = "two"

[integrations.d.additional_options]
hash_pii = true
"""


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def in_string(text: str) -> str:
    return text.replace('"[integrations.a]"', '"""\n[integrations.a]\nid = "x"\n"""')


IN_ARRAY = TEXT.replace("\n\n[integrations.d", "\n[integrations.a.mappings.more]\nx = 1\n[integrations.d")


@pytest.mark.parametrize("text", [TEXT, in_string(TEXT), IN_ARRAY])
def test_the_line_of_each_value_is_the_same_with_and_without_sections(text: str) -> None:
    for path in paths(tomllib.loads(text)):
        for asked in (path, (*path, "missing")):
            assert line_of(text, asked) == positions._line_in(text, asked), asked  # noqa: SLF001


def test_an_array_in_an_inline_table_has_lines_of_its_own() -> None:
    text = 'a = { id = "x", b = [\n  { c = 1 },\n\n  { c = 2 },\n], d = 1 }\n'
    asked: list[KeyPath] = [("a", "id"), ("a", "b", 0), ("a", "b", 1, "c"), ("a", "d")]
    assert [line_of(text, path) for path in asked] == [1, 2, 4, 5]


def test_lines_of_a_large_file_are_found_without_parsing_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [f'[integrations.a{number}]\nid = "x"\nregion = "us"\n\n' for number in range(1000)]
    text = "version = 1\n" + "".join(entries)
    positions._sections(text)  # noqa: SLF001
    parsed: list[int] = []
    loads = tomllib.loads

    def counting(text: str) -> dict[str, Any]:
        parsed.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counting)
    assert [line_of(text, ("integrations", f"a{number}", "region")) for number in (0, 500)] == [4, 2004]
    assert sum(parsed) < len(text)
