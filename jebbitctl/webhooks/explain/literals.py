"""Bodies that were printed, quoted or escaped, and Base64."""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

from jebbitctl.webhooks.explain.causes import Cause, Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SIMPLE_ESCAPES = dict(zip([b"n", b"r", b"t", b"b", b"f", b"e", b"0"], b"\n\r\t\b\f\x1b\0", strict=True))
_MAX_DICT_BYTES = 64 * 1024


def from_quotes(body: bytes) -> Iterator[Change]:
    """Yield what a literal, a printed value or a quoted text stands for."""
    text = body.strip()
    literal = re.fullmatch(rb"""[bBuU]?(["'])(.*)\1""", text, re.DOTALL)
    if literal:
        is_bytes = text[:1] in b"bB"
        yield Change(
            Cause.BODY_REPR if is_bytes else Cause.BODY_QUOTES,
            literal[2],
            "a bytes literal" if is_bytes else "",
        )
        yield Change(Cause.BODY_REPR, _unescape(literal[2]), "a literal of Python or Ruby")
        yield Change(Cause.BODY_QUOTES, literal[2].replace(b'""', b'"'))
    for fence in (rb"```\w*\r?\n(.*?)\r?\n?```", rb"`(.*)`", "(?:“|„)(.*)(?:”|“)".encode()):
        fenced = re.fullmatch(fence, text, re.DOTALL)
        if fenced:
            yield Change(Cause.BODY_QUOTES, fenced[1])
    printed = re.fullmatch(rb"<Buffer ((?:[0-9a-f]{2} ?)+)>", text)
    if printed:
        yield Change(Cause.BODY_REPR, bytes.fromhex(printed[1].decode()), "a Buffer of Node")
    integers = re.fullmatch(rb"(?:bytearray\(|bytes\(|\[\]byte)?[\[{(]([-\d, ]+)[\]})]\)?", text)
    if integers:
        numbers = [int(number) for number in re.findall(rb"-?\d{1,3}", integers[1])]
        yield from from_integers(numbers, "a list of byte values")
    wrapped = re.fullmatch(rb"(?:bytearray|memoryview|bytes)\((?:b?)(['\"])(.*)\1\)", text, re.DOTALL)
    if wrapped:
        yield Change(Cause.BODY_REPR, _unescape(wrapped[2]), "a value of Python")
    yield from _from_dict(text)
    if b'\\"' in body:
        yield Change(Cause.BODY_JSON_STRING, body.replace(b"\\\\", b"\\").replace(b'\\"', b'"'))
        yield Change(Cause.BODY_JSON_STRING, body.replace(b'\\"', b'"'))
        yield Change(Cause.BODY_JSON_STRING, _unescape(body))


def _from_dict(text: bytes) -> Iterator[Change]:
    """Yield the JSON of a dict that Python has printed, as usual writers may have written it."""
    import ast

    if text[:2] != b"{'" or len(text) > _MAX_DICT_BYTES:
        return
    try:
        value = ast.literal_eval(text.decode())
        for ascii_only, separators in product((False, True), ((",", ":"), (", ", ": "))):
            written = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
            yield Change(Cause.BODY_REPR, written.encode("utf-8", "surrogatepass"), "a dict of Python")
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return


def _unescape(text: bytes) -> bytes:
    r"""Undo the escapes of a string literal: ``\x..`` stands for a byte, ``\u....`` for a character."""
    pattern = rb"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|(.))"
    joined = re.sub(pattern, _unescape_one, text, flags=re.DOTALL)
    if b"\xed" not in joined:
        return joined
    try:  # two halves of a surrogate pair become one character
        halves = joined.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return halves.decode("utf-16").encode()
    except UnicodeError:
        return joined


def _unescape_one(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2] or match[3]:
        number = int(match[2] or match[3], 16)
        return chr(number).encode("utf-8", "surrogatepass") if number <= sys.maxunicode else match[0]
    simple = _SIMPLE_ESCAPES.get(match[4])
    return match[4] if simple is None else bytes([simple])


def from_integers(values: Sequence[Any], name: str) -> Iterator[Change]:
    """Yield the bytes that a list of integers stands for, signed or not."""
    try:
        yield Change(Cause.BODY_REPR, bytes(value & 0xFF for value in values), name)
    except TypeError:
        return


def decode_base64(text: bytes) -> bytes | None:
    """Decode standard or URL-safe Base64 with or without padding; None for anything else."""
    standard = text.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    if not re.fullmatch(rb"[A-Za-z0-9+/]+", standard):
        return None
    try:
        return base64.b64decode(standard + b"=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        return None
