"""Strings from elsewhere are data: on a terminal they are shown, never obeyed."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

# C0, DEL, C1, line and paragraph separators, bidirectional controls, lone surrogates
_LIVE = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_NAMES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

_CONTAINERS = (dict, list)

MAX_DEPTH = 100
"""Levels of nesting: far below what Python can walk, and far above what anybody sends."""


def visible(text: str) -> str:
    """Return ``text`` on one line, with every control character written out as an escape sequence."""
    return text if text.isprintable() else re.sub(_LIVE, _written_out, text)


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return JSON that keeps people's letters, but no character that a terminal would obey."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text  # JSON has written out the other control characters of ASCII
    return re.sub(_LIVE, lambda m: m[0] if m[0] == "\n" else f"\\u{ord(m[0]):04x}", text)


def parse_json(text: str | bytes) -> Any:
    """Return JSON from elsewhere, made of what :func:`json_text` can write again.

    Raises:
        ValueError: it is not JSON, nests deeper than MAX_DEPTH, or holds a number that Python cannot hold.
    """
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    level: list[dict[str, Any] | list[Any]] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return value
    raise ValueError("nested too deep")


def cell(value: Any) -> str:
    """Return an attribute's value as one piece of text: JSON for anything but text, empty for null."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) else json_text(value)


def attributes(resource: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return a resource's attributes as names and values, nested ones under dotted names."""
    pairs: list[tuple[str, Any]] = []
    for name, value in resource.items():
        if isinstance(value, dict) and value:
            pairs += attributes(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def _written_out(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _NAMES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError("a number is too large")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
