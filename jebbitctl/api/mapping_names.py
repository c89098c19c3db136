"""What in the name of a mapping is most likely a slip: it is kept, since Jebbit takes any name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTES = ('""', "''", "“”", "„“", "\u2018\u2019", "«»", "``")
_INVISIBLE = {"Cc", "Cf"}
"""The categories of Unicode's control and format characters. Two format characters are part of words."""
_IN_WORDS = "\u200c\u200d"
"""They join or separate letters in Persian and in Indian languages."""


def find_oddity(names: Mapping[str, str]) -> str | None:
    """Return the first oddity in a mapping's names; None if there is none.

    Args:
        names: by attribute, such as ``client_var``.
    """
    return next(
        (f"{attribute} {found}" for attribute, name in names.items() if (found := oddity(name))), None
    )


def oddity(name: str) -> str | None:
    """Return what is odd about a name: spaces at an end, quotation marks around it, invisible characters."""
    if not name.isprintable() and (found := _unusual_character(name)):
        return found
    if name != name.strip():
        return "begins or ends with a space"
    if len(name) > 1 and any((name[0], name[-1]) == tuple(pair) for pair in _QUOTES):
        return "stands in quotation marks"
    return None


def _unusual_character(name: str) -> str | None:
    import unicodedata

    for character in name:
        invisible = unicodedata.category(character) in _INVISIBLE and character not in _IN_WORDS
        if invisible or (character.isspace() and character != " "):
            kind = unicodedata.name(character, "a control character").lower()
            return f"contains an unusual character, U+{ord(character):04X} ({kind})"
    return None
