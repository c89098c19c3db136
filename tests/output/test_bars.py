"""Bars say no more than their numbers: nothing for 0, all of it only for 1."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.output.bars import WIDTH, Bars

BLOCKS, ASCII = Bars(), Bars(ascii_only=True)
SHARES = st.none() | st.floats(allow_nan=False) | st.integers(-(10**300), 10**300)


@pytest.mark.parametrize(
    ("share", "blocks", "in_ascii"),
    [
        (None, "", ""),
        (0, "", ""),
        (-1, "", ""),
        (1e-9, "▏", "#"),
        (0.5, "█████", "#####"),
        (0.55, "█████▌", "######"),
        (0.9999, "█████████▉", "#########"),
        (1, "██████████", "##########"),
        (7.5, "██████████", "##########"),
    ],
)
def test_a_bar_has_the_length_of_its_share(share: float | None, blocks: str, in_ascii: str) -> None:
    assert (BLOCKS.bar(share), ASCII.bar(share)) == (blocks, in_ascii)


def test_levels_are_relative_to_the_largest_number() -> None:
    assert BLOCKS.levels([800, 600, 50, 1, 0, None]) == "█▆▁▁_?"
    assert ASCII.levels([800, 600, 50, 1, 0, None]) == "#*.._?"
    assert BLOCKS.levels([10**17, 5]) == "█▁"


@pytest.mark.parametrize("numbers", [[], [0, 0], [None], [0, None]])
def test_there_are_no_levels_where_nothing_is_above_0(numbers: list[int | None]) -> None:
    assert BLOCKS.levels(numbers) is None


@given(SHARES, SHARES)
def test_a_longer_bar_is_a_larger_share(one: float | None, other: float | None) -> None:
    for bars in (BLOCKS, ASCII):
        first, second = bars.bar(one), bars.bar(other)
        assert len(first) <= WIDTH
        assert bool(first) is (one is not None and one > 0)
        if (one or 0) <= (other or 0):
            assert len(first) <= len(second)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437"])
def test_a_stream_that_cannot_encode_blocks_gets_ascii(encoding: str) -> None:
    bars = Bars.of(io.TextIOWrapper(io.BytesIO(), encoding))
    assert bars.ascii_only
    assert (bars.bar(0.37) + (bars.levels([3, 2, 1, 0]) or "")).isascii()


def test_a_stream_that_can_encode_blocks_gets_them() -> None:
    assert Bars.of(io.TextIOWrapper(io.BytesIO(), "utf-8")) == BLOCKS
    assert Bars.of(None).ascii_only
