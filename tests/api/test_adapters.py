from __future__ import annotations

import math
import time

from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.adapters import PatientRetry

DATES = st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT"))
VALUES = (
    st.text() | st.floats().map(str) | st.integers().map(str) | DATES | st.from_regex(r"[\d\s+:.-]{0,40}")
)


@given(VALUES, st.floats(0, 1000))
def test_any_retry_after_is_a_wait_within_bounds(value: str, left: float) -> None:
    retry = PatientRetry.ending(time.monotonic() + left)
    assert 0 <= retry.parse_retry_after(value) <= left / 4


def test_the_end_of_the_call_outlives_each_try() -> None:
    assert PatientRetry.ending(5).increment("GET", "/", error=None).until == 5
    assert PatientRetry().until == math.inf
