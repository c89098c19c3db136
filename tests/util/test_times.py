from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from jebbitctl.util.times import rfc3339, rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.util.times import Precision


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("seconds", "2026-01-31T12:00:00Z"),
        ("milliseconds", "2026-01-31T12:00:00.123Z"),
        ("microseconds", "2026-01-31T12:00:00.123999Z"),
    ],
)
def test_a_time_has_the_requested_precision(precision: Precision, text: str) -> None:
    assert rfc3339(1769860800.123999, precision) == text


def test_a_whole_second_has_all_its_digits() -> None:
    assert rfc3339(1769860800, "milliseconds") == "2026-01-31T12:00:00.000Z"


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan, 1e18])
def test_a_time_that_is_out_of_range_is_none(seconds: float) -> None:
    assert rfc3339_or_none(seconds) is None
