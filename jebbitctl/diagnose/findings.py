"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What came out of a check. JSON has the values as ``state``."""

    OK = "ok"
    WARNING = "warning"
    """Something is odd, but may be wanted."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It cannot be known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of something that was checked.

    Attributes:
        state: what came out.
        seen: what was seen, or why it cannot be known.
        fix: what to do now; None if there is nothing to do.
    """

    state: State
    seen: str
    fix: str | None = None


def ok(seen: str) -> Finding:
    return Finding(State.OK, seen)


def warning(seen: str, fix: str | None = None) -> Finding:
    return Finding(State.WARNING, seen, fix)


def failed(seen: str, fix: str) -> Finding:
    return Finding(State.FAILED, seen, fix)


def unknown(reason: str, fix: str | None = None) -> Finding:
    return Finding(State.UNKNOWN, reason, fix)
