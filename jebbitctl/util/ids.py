"""The ids of Jebbit's resources, and the names that users give to their own things."""

from __future__ import annotations

import re

from jebbitctl.errors import UsageError

NAME_HINT = "use letters, digits, '-', '_' and '.'"
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
ID_PATTERN = r"[A-Za-z0-9_~.-]{1,128}"


def is_id(value: str) -> bool:
    """Whether a value is safe as a path segment and as a header value: no slash, not ``..``."""
    return re.fullmatch(ID_PATTERN, value) is not None and set(value) != {"."}


def is_name(value: str) -> bool:
    """Whether a value is valid as a profile's or an integration's name, and so as part of a file name."""
    return re.fullmatch(NAME_PATTERN, value) is not None


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
