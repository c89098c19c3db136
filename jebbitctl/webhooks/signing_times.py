"""The time to sign at, so that standard and URL-safe Base64 of the signature differ."""

from __future__ import annotations

from jebbitctl.webhooks.signature import compute_signature

_MAX_AGE = 30
"""Seconds; a signature has a plus or a slash three times out of four."""


def time_with_plus_or_slash(secret: str, body: bytes, now: int) -> int:
    """Return the latest time up to ``now`` at which the correct signature of ``body`` has a plus or a slash.

    A receiver that expects URL-safe Base64 accepts other signatures, so its answers seem to vary.
    """
    times = range(now, now - _MAX_AGE, -1)
    return next((t for t in times if {"+", "/"} & {*compute_signature(secret, t, body)}), now)
