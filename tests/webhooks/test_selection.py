from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.recordings.numbers import parse_numbers
from jebbitctl.webhooks.recordings.reading import RecordedDelivery
from jebbitctl.webhooks.recordings.selection import select

from .support import make_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator


def recorded(count: int = 3) -> Iterator[RecordedDelivery]:
    return (RecordedDelivery(number, make_delivery(number * 10)) for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("only", "since", "selected"),
    [
        (None, None, [1, 2, 3]),
        ("3,1", None, [1, 3]),
        ("2-3", None, [2, 3]),
        ("1-2, 2 , 3-9", None, [1, 2, 3]),
        (None, 20, [2, 3]),
        ("1,2", 20, [2]),
    ],
)
def test_deliveries_are_selected_in_the_order_of_the_recording(
    only: str | None, since: float | None, selected: list[int]
) -> None:
    numbers = parse_numbers(only) if only else None
    assert [one.number for one in select(recorded(), numbers=numbers, since=since)] == selected


@pytest.mark.parametrize(
    ("only", "missing"), [("1,7", "7"), ("7-9,2", "7 to 9"), ("9,5-6", "5 to 6"), ("9" * 18, "9" * 18)]
)
def test_a_number_or_range_without_a_delivery_is_an_error(only: str, missing: str) -> None:
    with pytest.raises(UsageError, match=f"^the recording has no delivery {missing}$"):
        list(select(recorded(), numbers=parse_numbers(only)))


def test_a_delivery_is_handed_on_before_the_next_is_read() -> None:
    source = recorded()
    assert next(select(source)).number == 1
    assert next(source).number == 2


@pytest.mark.parametrize("text", ["", "x", "1,", "-1", "1-", "3-1", "1-2-3", "0x1", "1" * 19, "\u0661"])
def test_text_that_is_no_list_of_numbers_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="is not a list of numbers"):
        parse_numbers(text)
