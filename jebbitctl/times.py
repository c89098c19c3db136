"""Times as people type and read them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from jebbitctl.errors import UsageError

_UNIX = r"[0-9]{1,12}"


def rfc3339(seconds: float) -> str | None:
    """Return unix seconds as RFC 3339 in UTC, None for a time that is not known."""
    if not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def unix_seconds(text: str, *, what: str) -> int:
    """Return the time that was typed: unix seconds, or RFC 3339 (UTC where no offset is given).

    Raises:
        UsageError: it is neither.
    """
    if re.fullmatch(_UNIX, text):
        return int(text)
    try:
        time = datetime.fromisoformat(text)
        return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise UsageError(
            f"{what}: {text!r} is not a time", hint="use unix seconds, or 2026-01-31T12:00:00Z"
        ) from None
