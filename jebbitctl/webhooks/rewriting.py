"""The same JSON, written in the ways that common libraries write it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAYOUTS: dict[str, dict[str, Any]] = {
    "without spaces": {"separators": (",", ":")},
    "with a space after commas and colons": {"separators": (", ", ": ")},
    "with a space after colons": {"separators": (",", ": ")},
    "with a space after commas": {"separators": (", ", ":")},
    "indented by 2": {"indent": 2},
    "indented by 4": {"indent": 4},
    "indented by tabs": {"indent": "\t"},
}
_ESCAPES = {
    "": "",
    "/ escaped": "/",
    "<, > and & as \\u escapes": "<>&\u2028\u2029",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """One way to write a JSON value.

    Attributes:
        body: the bytes.
        how: the way, in words, such as ``without spaces, keys sorted``.
    """

    body: bytes
    how: str


def writings(body: bytes) -> Iterator[Writing]:
    """Yield ``body``'s JSON in every way we know, with and without a final newline; none without JSON."""
    try:
        value = json.loads(body)
        for layout, ascii_only, sort_keys in product(_LAYOUTS, (False, True), (False, True)):
            text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort_keys, **_LAYOUTS[layout])
            habits = [
                layout,
                "non-ASCII as \\u escapes" if ascii_only else "",
                "keys sorted" if sort_keys else "",
            ]
            for escaped, characters in _ESCAPES.items():
                table = {ord(character): _escape(character) for character in characters}
                written = text.translate(table).encode("utf-8", "surrogatepass")
                how = ", ".join(habit for habit in (*habits, escaped) if habit)
                yield Writing(written, how)
                yield Writing(written + b"\n", f"{how}, a newline at the end")
    except (ValueError, RecursionError):
        return


def _escape(character: str) -> str:
    return "\\/" if character == "/" else f"\\u{ord(character):04x}"
