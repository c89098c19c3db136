"""A backfill that has something to send."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class BackfillJob:
    """How far a backfill is. One thread changes it.

    Attributes:
        begun: whether its first delivery has been sent.
        ended: whether it sends nothing more.
        changed_at: when that became so, in unix seconds of the state's clock.
    """

    changed_at: float
    begun: bool = False
    ended: bool = False
