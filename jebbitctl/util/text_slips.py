"""What a text from a command line or the environment can contain by mistake only: nobody types it."""

from __future__ import annotations

import re
from typing import NamedTuple

_NOT_TEXT = "[\ud800-\udfff]"
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""How Python keeps bytes of a command line or the environment that are not text (PEP 383)."""
_CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""C0, DEL and C1. A tab and a line feed can be meant."""
_NAMED = ": "
_FROM_WINDOWS = "it comes from a script or file saved on Windows; remove its carriage returns: tr -d '\\r'"


class Slip(NamedTuple):
    """What is wrong with a text, to follow its name, and what to do about it."""

    problem: str
    hint: str


def find_slip(text: str, *, secret: bool = False) -> Slip | None:
    """Return what a text contains by mistake, None if there is nothing.

    Args:
        text: its value is not repeated in what is returned.
        secret: whether not even one character is named.
    """
    if text.isprintable():
        return None
    slip = invalid_bytes(text) or carriage_return(text) or _control_character(text)
    return Slip(slip.problem.split(_NAMED)[0], slip.hint) if slip and secret else slip


def invalid_bytes(text: str) -> Slip | None:
    """Return the mistake of a text that contains bytes that are not UTF-8."""
    match = re.search(_NOT_TEXT, text)
    if match is None:
        return None
    from jebbitctl.util.text_encodings import name_invalid_byte

    code = ord(match[0])
    named = f"{_NAMED}{name_invalid_byte(code - 0xDC00)}" if code in _ESCAPED_BYTES else ""
    return Slip(
        f"is not UTF-8 text{named}", "save the script or file that it comes from as UTF-8, not as Latin-1"
    )


def carriage_return(text: str) -> Slip | None:
    """Return the mistake of a text that ends in a carriage return, or contains one."""
    if "\r" not in text:
        return None
    place = "ends in" if text.endswith("\r") else "contains"
    return Slip(f"{place} a carriage return", _FROM_WINDOWS)


def _control_character(text: str) -> Slip | None:
    match = re.search(_CONTROLS, text)
    if match is None:
        return None
    return Slip(
        f"contains a control character{_NAMED}U+{ord(match[0]):04X}",
        "remove it; keys that move the cursor leave such characters",
    )
