"""Text and JSON from outside, made safe to parse and to print on a terminal."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

# C0, DEL, C1, line and paragraph separators, bidirectional controls, lone surrogates
_CONTROLS = "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_COLOUR = "\x1b\\[(?:[01]|[39][0-7])m"
"""Bold, a colour, or the end of either: the only escape sequences that jebbitctl writes itself."""
_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

_JSON_PARTS = r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+'
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")
_OTHER_BYTES = bytes(set(range(256)) - set(b'"[]{}'))
_NOT_BEFORE_VALUES = bytes(set(range(256)) - set(b",[{"))

LINE_END = r"\r\n|\r|\n"
"""A pattern for the line ends of all systems."""

MAX_DEPTH = 100
"""Levels of nesting: well below Python's recursion limit, and more than any real document has."""

MAX_JSON_VALUES = 2_000_000
"""Ten times as many as the largest collection has. Python takes up to 200 bytes for each, even if the text
has only three."""


def escape_controls(text: str) -> str:
    """Return text on one line, with control characters replaced by escape sequences."""
    return text if text.isprintable() else re.sub(_CONTROLS, _escape, text)


def escape_for_terminal(text: str) -> str:
    """Return text with control characters escaped, except for line feeds, tabs and plain colours."""
    if text.isprintable():
        return text
    return re.sub(rf"({_COLOUR}|[\n\t])|{_CONTROLS}", lambda match: match[1] or _escape(match), text)


def escape_commands(text: str) -> str:
    """Return text for the log of a pipeline, in which nothing is a command such as ``##[error]``.

    GitHub's runner obeys it anywhere in a line (see ``TryParse`` in
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs), Azure's agent ``##vso[``.
    """
    return re.sub(r"(##[A-Za-z]*)\[", r"\1\\u005b", text) if "##" in text else text


def count_line_ends(text: str) -> int:
    """Return how many lines end in a text."""
    return len(re.findall(LINE_END, text))


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return JSON with all control characters escaped; other non-ASCII characters are kept by default.

    Raises:
        TypeError, ValueError: the value cannot be written as JSON, such as infinity.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text  # json.dumps has escaped the other control characters
    return re.sub(_CONTROLS, lambda m: m[0] if m[0] == "\n" else f"\\u{ord(m[0]):04x}", text)


def indented_json(text: str | bytes) -> str:
    """Return JSON with indentation, and with what a parser loses: names that come twice, the zero of 1.10.

    Its strings are written as :func:`json_text` writes them.

    Args:
        text: JSON that :func:`parse_json` accepts.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    parts: list[str] = []
    depth, previous = 0, ""
    for token in re.findall(_JSON_PARTS, text):
        opened = previous in ("[", "{")
        closes = token in ("]", "}")
        depth -= closes
        if previous == ":":
            parts.append(" ")
        elif previous == "," or opened != closes:  # but nothing goes between [ and ]
            parts.append("\n" + "  " * depth)
        parts.append(json_text(json.loads(token)) if token[0] == '"' else token)
        depth += token in ("[", "{")
        previous = token
    return "".join(parts)


def count_json_values(text: str | bytes) -> int:
    """Return at least the number of values in JSON, without parsing it."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    return 1 + len(text.translate(None, _NOT_BEFORE_VALUES))


def load_json(text: str | bytes, **options: Any) -> Any:
    """Parse JSON as :func:`json.loads` does, but never at the end of Python's stack.

    The depth is known before the parser recurses. Deep in a recursion, Python can collect garbage; then the
    finalizer of any object fails with a RecursionError, which Python prints and nothing can catch.

    Args:
        text: the JSON.
        options: of :func:`json.loads`.

    Raises:
        ValueError: it is not JSON, or nests deeper than MAX_DEPTH.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    levels_left = _levels_beyond_max(text)
    if levels_left > MAX_DEPTH:
        raise ValueError("nested too deep")
    value = json.loads(text, **options)  # of text that breaks off, fewer levels can be left
    if levels_left:
        raise ValueError("nested too deep")
    return value


def _levels_beyond_max(text: str) -> int:
    """Return how many brackets stay open or hold others when MAX_DEPTH levels are taken off; 0 if none."""
    document = text.encode("utf-8", "surrogatepass")
    if b"\\" in document:
        document = re.sub(rb"\\.", b"", document, flags=re.DOTALL)
    quotes_and_brackets = document.translate(_AS_ARRAYS, _OTHER_BYTES)
    # The end of a string and the beginning of the next one: what is left is inside or outside as before.
    brackets = re.sub(rb'"[^"]*"?', b"", quotes_and_brackets.replace(b'""', b""))
    for _ in range(MAX_DEPTH):
        if b"[]" not in brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return brackets.count(b"[")


def parse_json(text: str | bytes) -> Any:
    """Parse JSON into a value that :func:`json_text` can write again.

    Raises:
        ValueError: it is not JSON, nests deeper than MAX_DEPTH, has more values than MAX_JSON_VALUES, or has
            a number that Python cannot represent.
    """
    if len(text) > MAX_JSON_VALUES and count_json_values(text) > MAX_JSON_VALUES:
        raise ValueError("too many values")
    return load_json(text, parse_float=_finite, parse_constant=_refuse_constant)


def plain_text(body: bytes) -> str | None:
    """Return a text of words, None if it is not UTF-8, or if it is markup or meant as JSON."""
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        return None
    return text if text and text[0] not in '<{["' else None


def cell(value: Any) -> str:
    """Return a value as a table cell: a string as it is, null as empty text, anything else as JSON."""
    if value is None:
        return ""
    return escape_controls(value) if isinstance(value, str) else json_text(value)


def flatten(resource: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return the members of a JSON object as names and values; nested members have dotted names."""
    pairs: list[tuple[str, Any]] = []
    for name, value in resource.items():
        if isinstance(value, dict) and value:
            pairs += flatten(value, f"{prefix}{name}.")
        else:
            pairs.append((f"{prefix}{name}", value))
    return pairs


def as_reason(sentence: str) -> str:
    """Return a sentence as errors and hints write it: with a small letter first, without the full stop.

    Several sentences keep their full stops.
    """
    text = f"{sentence[:1].lower()}{sentence[1:]}"
    return text if ". " in text else text.removesuffix(".")


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 mapping``, ``2 mappings``, ``3 deliveries``, ``4,000 days``."""
    if count == 1:
        return f"1 {noun}"
    ends_in_ies = noun.endswith("y") and noun[-2:-1] not in set("aeiou")
    return f"{count:,} {noun[:-1]}ies" if ends_in_ies else f"{count:,} {noun}s"


def singular(noun: str) -> str:
    """Return the singular of a noun: ``mapping`` for ``mappings``, ``business`` for ``businesses``."""
    for plural_ending, ending in (("sses", "ss"), ("ies", "y"), ("s", "")):
        if noun.endswith(plural_ending):
            return noun.removesuffix(plural_ending) + ending
    return noun


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError("a number is too large")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
