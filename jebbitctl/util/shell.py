"""Quotes words for shells: POSIX ones, and zsh."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def quote(word: str) -> str:
    """Return a word for a command line. zsh takes an unquoted ``=ls`` for the path of ``ls``."""
    return f"'{word}'" if word.startswith("=") and "'" not in word else shlex.quote(word)


def join(words: Iterable[str]) -> str:
    """Return a command line."""
    return " ".join(map(quote, words))
