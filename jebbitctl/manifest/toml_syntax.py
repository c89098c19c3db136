r"""Explains syntax errors of TOML that come from newer versions of it, and from paths of Windows.

A manifest is TOML 1.0. In TOML 1.1 (https://toml.io/en/v1.1.0), an inline table may go over several lines and
end with a comma, and a string may contain the escapes ``\e`` and ``\xHH``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRING = r"""\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
_TOKENS = re.compile(rf"""{_STRING}|#[^\n]*|[][{{}},\n]|[^][\s{{}},"'#]+""", re.DOTALL)
_NEW_ESCAPES = re.compile(r"\\(?:e|x[0-9A-Fa-f]{2})")
REFERENCE = "see the TOML reference: https://toml.io/en/v1.0.0"


class SyntaxAdvice(NamedTuple):
    """What is wrong, in words for people, and how to write it."""

    problem: str
    hint: str


def explain_syntax(text: str, line: int, problem: str) -> SyntaxAdvice:
    """Return what a syntax error most likely means.

    Args:
        text: of the manifest.
        line: in which the parser stopped.
        problem: what the parser says.
    """
    if any(first <= line <= last for first, last in _newer_inline_tables(text)):
        return SyntaxAdvice(
            "an inline table { … } has a line break, or a comma after its last value",
            "TOML 1.0 has neither: write it in one line, without that comma, or as a table of its own, "
            "[integrations.NAME.KEY]",
        )
    if "Unescaped" in problem:
        broken = text.split("\n")[line - 1]
        newer = r"; for \e and \xHH, which TOML 1.0 does not have, write \u001b and \u00HH"
        return SyntaxAdvice(
            problem,
            r"write \\ for a backslash, or put the text in single quotes"
            + (newer if _NEW_ESCAPES.search(broken) else ""),
        )
    return SyntaxAdvice(problem, REFERENCE)


def _newer_inline_tables(text: str) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each inline table that only TOML 1.1 allows."""
    opened: list[str] = []
    first_lines: list[int] = []
    broken: set[int] = set()
    line, last = 1, ""
    for match in _TOKENS.finditer(text):
        word = match[0]
        if word in "[{":
            opened.append(word)
            first_lines.append(line)
        elif word in "]}" and opened:
            depth, first = len(opened), first_lines.pop()
            if opened.pop() == "{" and word == "}" and (depth in broken or last == ","):
                yield first, line
            broken.discard(depth)
        elif word == "\n" and opened[-1:] == ["{"]:
            broken.add(len(opened))
        line += word.count("\n")
        if word != "\n" and not word.startswith("#"):
            last = word
