"""The ids of Jebbit's resources."""

from __future__ import annotations

import re

from jebbitctl.errors import UsageError

_ID = r"[A-Za-z0-9_~.-]{1,128}"


def is_id(value: str) -> bool:
    """Whether a value is safe as a path segment and as a header value: no slash, not ``..``."""
    return re.fullmatch(_ID, value) is not None and set(value) != {"."}


def require_id(value: str, *, what: str = "") -> str:
    """Return a value unchanged if it is an id.

    Args:
        value: what the user typed.
        what: its name in the error, such as ``--integration``.

    Raises:
        UsageError: it is not an id.
    """
    if not is_id(value):
        raise UsageError(f"{what} {value!r} is not an id".lstrip(), hint="ids look like L5m24mjs")
    return value
