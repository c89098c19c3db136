"""Keys and values written as TOML are read back as they were."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.manifest.toml_text import dotted_key, inline_value
from jebbitctl.manifest.validation import is_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(TEXT, min_size=1, max_size=4), VALUES)
def test_any_key_and_any_value_of_a_manifest_are_read_back(path: list[str], value: object) -> None:
    assert is_json(value)
    line = f"{dotted_key(path)} = {inline_value(value)}\n"
    found = tomllib.loads(line)
    for key in path:
        found = found[key]
    assert repr(found) == repr(value)  # true is not 1, and 1 is not 1.0
    assert line.count("\n") == 1
    assert line[:-1].isprintable() or not any(ord(c) < 32 or ord(c) in range(0x7F, 0xA0) for c in line[:-1])
