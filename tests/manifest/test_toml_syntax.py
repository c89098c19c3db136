"""Syntax errors of manifests that newer TOML, Windows or another encoding explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.manifest.load import load
from jebbitctl.manifest.mistakes import InvalidManifestError
from jebbitctl.manifest.toml_syntax import explain_syntax

if TYPE_CHECKING:
    from jebbitctl.manifest.mistakes import ManifestMistake

HEAD = "version = 1\n\n[integrations.a]\n"
BREAK = "an inline table { … } has a line break, or a comma after its last value"


def mistake(content: str | bytes) -> ManifestMistake:
    with pytest.raises(InvalidManifestError) as caught:
        load(content.encode() if isinstance(content, str) else content, "jebbit.toml", {})
    (found,) = caught.value.mistakes
    return found


@pytest.mark.parametrize(
    "entry",
    [
        "additional_options = {\n  hash_pii = true\n}",
        "additional_options = { hash_pii = true, }",
        "additional_options = { hash_pii = true\n}",
        'mappings = [\n  # first\n  { jebbit_var = "a", client_var = "b", },\n]',
        'mappings = [\n  {\n    jebbit_var = "}{#", # {\n    client_var = "b",\n  },\n]',
        "set = { a = [{ b = 1 },\n], c = '''\n}''',\n}",
    ],
)
def test_an_inline_table_of_toml_1_1_is_named_with_a_way_to_write_it(entry: str) -> None:
    found = mistake(f'{HEAD}id = "x"\n{entry}\n')
    assert found.problem == BREAK
    assert found.line is not None
    assert found.line >= 5
    assert found.hint
    assert found.hint.startswith(
        "TOML 1.0 has neither: write it in one line, without that comma, or as a table"
    )


@pytest.mark.parametrize(
    "entry",
    [
        "set = { a = 1",
        "set = { a = 1, b }",
        "set = { a = [1,\n2,], b = }",
        "x = 1 2\nset = { a = 1,\n}",
        "a = '''\n{\n}",
    ],
)
def test_another_mistake_is_not_taken_for_an_inline_table_of_toml_1_1(entry: str) -> None:
    found = mistake(f'{HEAD}id = "x"\n{entry}\n')
    assert found.problem != BREAK
    assert found.hint == "see the TOML reference: https://toml.io/en/v1.0.0"


def test_a_backslash_gets_a_hint_how_to_write_it() -> None:
    plain = mistake(f'{HEAD}id = "C:\\hooks"\n')
    assert plain.hint == r"write \\ for a backslash, or put the text in single quotes"
    assert r"write \u001b and \u00HH" in str(mistake(f'{HEAD}id = "\\e[1m"\n').hint)
    assert r"write \u001b and \u00HH" in str(mistake(f'{HEAD}id = "\\x41"\n').hint)


@pytest.mark.parametrize(
    ("encoding", "line", "problem"),
    [
        ("utf-16", None, "not UTF-8 text, but UTF-16, as PowerShell's > writes it"),
        ("latin-1", 4, "invalid UTF-8: byte 0xFC, which is ü in Windows-1252"),
    ],
)
def test_another_encoding_is_named_with_its_cause(encoding: str, line: int | None, problem: str) -> None:
    found = mistake(f'{HEAD}id = "ü"\n'.encode(encoding))
    assert (found.line, found.problem, found.hint) == (line, problem, "save the file as UTF-8")


@given(st.text(st.sampled_from("{}[]=,#\n\"'\\ax1"), max_size=40), st.integers(1, 9))
def test_any_syntax_error_is_explained(text: str, line: int) -> None:
    line = min(line, text.count("\n") + 1)
    assert all(explain_syntax(text, line, "Unescaped"))
