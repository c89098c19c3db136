"""Writes a JSON value in the styles of common libraries."""

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
class JsonVariant:
    """A JSON value in one style.

    Attributes:
        body: the bytes.
        style: a description, such as ``without spaces, keys sorted``.
    """

    body: bytes
    style: str


def json_variants(body: bytes) -> Iterator[JsonVariant]:
    """Yield the JSON value of ``body`` in each known style, with and without a final newline.

    Yields nothing if ``body`` is not JSON.
    """
    try:
        value = json.loads(body)
        for layout, ascii_only, sort_keys in product(_LAYOUTS, (False, True), (False, True)):
            text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort_keys, **_LAYOUTS[layout])
            styles = [
                layout,
                "non-ASCII as \\u escapes" if ascii_only else "",
                "keys sorted" if sort_keys else "",
            ]
            for escaped, characters in _ESCAPES.items():
                table = {ord(character): _escape(character) for character in characters}
                written = text.translate(table).encode("utf-8", "surrogatepass")
                style = ", ".join(part for part in (*styles, escaped) if part)
                yield JsonVariant(written, style)
                yield JsonVariant(written + b"\n", f"{style}, a newline at the end")
    except (ValueError, RecursionError):
        return


def _escape(character: str) -> str:
    return "\\/" if character == "/" else f"\\u{ord(character):04x}"
