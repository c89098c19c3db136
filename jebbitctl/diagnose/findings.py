"""What is found out about one step on a lead's way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Whether a step lets leads pass."""

    OK = "ok"
    WARNING = "warning"
    """It may keep leads back, which may be wanted."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It cannot be known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a step.

    Attributes:
        state: whether leads pass.
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
