"""The endpoint's clock, as its responses tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import TOLERANCE

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

NOTABLE_SECONDS = 5
"""A difference up to this is not mentioned: ``Date`` has whole seconds, and a request takes time."""


def http_date(text: str | None) -> float | None:
    """Return an HTTP date in unix seconds; None for anything else."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError, OverflowError):
        return None


def clock_difference(response: EndpointResponse, received: float) -> float | None:
    """Return the seconds that the endpoint's clock is ahead of this one; None if it does not tell the time.

    Args:
        response: with its ``Date`` header.
        received: when it was received, in unix seconds of this machine.
    """
    date = http_date(response.headers.get("date"))
    if date is None:
        return None
    # The date is rounded down to a second, and was made while the request was on its way.
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
    return f"Its clock is {in_words(difference)} this machine's."


def in_words(difference: float) -> str:
    """Return a difference such as ``2 hours ahead of``, to be followed by the other clock."""
    return f"{_duration(abs(difference))} {'ahead of' if difference > 0 else 'behind'}"


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.9 * size:  # 2 hours, also if a second is missing
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} seconds"
