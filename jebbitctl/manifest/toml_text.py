"""Writes TOML: keys and values as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BARE_KEY = re.compile("[A-Za-z0-9_-]+")


def dotted_key(path: Iterable[str]) -> str:
    """Return a key below others, such as ``set.additional_options."a b"``."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else json_text(key) for key in path)


def inline_value(value: Any) -> str:
    """Return a value that JSON can represent, too; control characters are escaped as in JSON."""
    if isinstance(value, dict):
        return inline_table(value)
    if isinstance(value, list):
        return f"[{', '.join(map(inline_value, value))}]"
    return repr(value) if isinstance(value, float) else json_text(value)


def inline_table(table: Mapping[str, Any]) -> str:
    """Return a table on one line: a ``[table]`` of its own could not stand among an entry's keys."""
    return f"{{{', '.join(f'{dotted_key([key])} = {inline_value(value)}' for key, value in table.items())}}}"
