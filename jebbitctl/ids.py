"""Ids of Jebbit's resources, as people type them and as they stand in a URL."""

from __future__ import annotations

import re

from jebbitctl.errors import UsageError

_ID = r"[A-Za-z0-9_~.-]{1,128}"


def is_id(value: str) -> bool:
    """Whether ``value`` is safe as one path segment and as a header value: no slash, not ``..``."""
    return re.fullmatch(_ID, value) is not None and set(value) != {"."}


def require_id(value: str, *, what: str = "") -> str:
    """Return ``value`` unchanged if it is an id.

    Args:
        value: what the user typed.
        what: where it came from, for the message, such as ``--integration``.

    Raises:
        UsageError: it is not an id.
    """
    if not is_id(value):
        raise UsageError(f"{what} {value!r} is not an id".lstrip(), hint="ids look like L5m24mjs")
    return value
