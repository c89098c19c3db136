"""Whether something is brand-wide, from an attribute whose values are not documented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.attachments import inherited_count, is_brand_wide

JSON: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            (value, True)
            for value in ("brand", "Brand", "brands", "both", "business", ["campaigns", "brand"])
        ),
        *((value, True) for value in ("account-wide", "brand_and_campaigns")),
        *((value, False) for value in ("campaigns", "campaign", ["campaigns"], "experience")),
        *(
            (value, None)
            for value in (None, "", " ", [], [""], {"to": "brand"}, True, 3, [None], ["brand", 1])
        ),
        *((value, None) for value in ("all", "global", "none", "unknown", "n/a", "Def56789", ["Def56789"])),
        *((value, None) for value in ("not_brand", "2021-12-16T17:48:14.098Z", ["2021-12-16"])),
    ],
)
def test_brand_wide_is_told_by_the_words_of_attached_at(value: object, expected: bool | None) -> None:
    assert is_brand_wide({"attached_at": value, "brand": True}) is expected


def test_a_missing_attached_at_says_nothing() -> None:
    assert is_brand_wide({"brand": True}) is None


@given(JSON)
def test_any_attached_at_has_an_answer(value: object) -> None:
    assert is_brand_wide({"attached_at": value}) in {True, False, None}
    assert inherited_count({"integration_counts": value}, "integration_counts") is None


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({"direct": 1, "inherited": 2}, 2), ({"inherited": 0}, 0), ({"inherited": True}, None), ({}, None)],
)
def test_the_inherited_count_of_a_campaign_is_a_number_or_unknown(
    counts: dict[str, object], expected: int | None
) -> None:
    assert inherited_count({"uploader_counts": counts}, "uploader_counts") == expected
    assert inherited_count({"uploader_counts": counts}, "integration_counts") is None
