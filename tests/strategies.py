"""Text and JSON for property tests."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that change the direction of text."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.text("\x1b\x9b\u202e"), inner),
    max_leaves=20,
)
"""Any JSON value."""

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["data", "attributes", "errors", "links", "next", "id", "title", "source"])
            | st.text(),
            inner,
        )
    ),
    max_leaves=20,
)
"""Any JSON value, often with the keys of JSON:API."""


def fewer_examples(divisor: int) -> settings:
    """Return settings with a share of the profile's examples, for tests whose examples take long."""
    assert settings.default
    return settings(max_examples=settings.default.max_examples // divisor)
