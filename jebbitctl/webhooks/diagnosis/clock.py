"""The endpoint's clock, as its responses tell it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import TOLERANCE

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

NOTABLE_SECONDS = 5
"""A difference up to this is not mentioned: ``Date`` has whole seconds, and a request takes time."""


def clock_difference(response: EndpointResponse, received: float) -> float | None:
    """Return the seconds that the endpoint's clock is ahead of this one; None if it does not tell the time.

    Args:
        response: with its ``Date`` header.
        received: when it was received, in unix seconds of this machine.
    """
    try:
        date = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return date + 0.5 - (received - response.elapsed / 2)


def is_notable(difference: float | None) -> bool:
    return difference is not None and abs(difference) > NOTABLE_SECONDS


def is_intolerable(difference: float | None) -> bool:
    """Whether a correct receiver with this clock would refuse a delivery that is signed now."""
    return difference is not None and abs(difference) > TOLERANCE - NOTABLE_SECONDS


def describe_clock(difference: float | None) -> str:
    """Return a sentence about the endpoint's clock."""
    if difference is None:
        return "It sends no Date, so its clock is unknown."
    if not is_notable(difference):
        return "Its clock agrees with this machine's."
    direction = "ahead of" if difference > 0 else "behind"
    return f"Its clock is {_duration(abs(difference))} {direction} this machine's."


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} seconds"
