"""What editors, terminals and decoding do to the text of a body."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from itertools import chain, cycle, groupby
from typing import TYPE_CHECKING, Literal

from jebbitctl.webhooks.explain.causes import Cause, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

BOM = b"\xef\xbb\xbf"
_TRIMMED = b" \t\r\n\0\x0b\x0c"
_SINGLE_BYTE = {
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "mac-roman": "Mac Roman",
    "cp437": "code page 437",
}
_OPEN_IN_CP1252 = "([\x81\x8d\x8f\x90\x9d]+)"
"""The bytes that Windows-1252 leaves open; browsers keep them as they are."""
_UTF_16 = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_MAX_ACCENTS = 30
"""In a row: as many as the Stream-Safe Text Format of Unicode (UAX 15) allows."""
_MAYBE_ACCENTS = re.compile(f"[\u0300-\U0010ffff]{{{_MAX_ACCENTS},}}")
_TYPOGRAPHY = {
    "typographic quotes": {"“": '"', "”": '"', "„": '"', "\u2018": "'", "\u2019": "'"},
    "non-breaking spaces": {"\xa0": " ", "\u202f": " "},
    "invisible characters": dict.fromkeys("\u200b\u200c\u200d\u2060\xad", ""),
}


def line_ends(body: bytes) -> Iterator[Change]:
    """Yield bodies with other line ends, white space at their ends and byte-order marks."""
    for newline in (b"\r\n", b"\n"):
        yield Change(Cause.NEWLINE_LOST, body + newline)
        if body.endswith(newline):
            yield Change(Cause.NEWLINE_ADDED, body.removesuffix(newline))
    yield Change(Cause.NEWLINE_ADDED, body.rstrip(b"\r\n"))
    unix = body.replace(b"\r\n", b"\n")
    yield Change(Cause.CRLF, unix)
    yield Change(Cause.CRLF, unix.replace(b"\n", b"\r\n"))
    yield Change(Cause.CRLF, unix.replace(b"\n", b"\r"))
    yield Change(Cause.CRLF, unix.replace(b"\r", b"\n"))
    yield Change(Cause.BOM_ADDED, body.removeprefix(BOM))
    yield Change(Cause.BOM_LOST, BOM + body)
    for trimmed in (body.strip(_TRIMMED), body.rstrip(_TRIMMED), body.lstrip(_TRIMMED)):
        yield Change(Cause.BODY_WHITESPACE, trimmed)
    for space in (b" ", b"\n", b"\t", b"\0", b"\r", b"\n\n", b"\r\n\r\n", b"  "):
        yield Change(Cause.BODY_WHITESPACE, body + space, by_signer=True)
        yield Change(Cause.BODY_WHITESPACE, space + body, by_signer=True)
    yield Change(Cause.BODY_WHITESPACE, b" " + body + b" ", by_signer=True)
    yield Change(Cause.BODY_WRAPPED, re.sub(rb"\r?\n", b"", body))
    yield Change(Cause.BODY_WRAPPED, re.sub(rb"\r?\n", b" ", body))
    yield Change(Cause.BODY_WRAPPED, re.sub(rb"\r?\n[ \t]*", b"", body))


def characters(body: bytes) -> Iterator[Change]:
    """Yield bodies in other encodings, normal forms and spellings."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        yield from _decoded(body)
        text = None
    if b"\0" in body or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield from _from_utf_16(body)
    if text is None:
        return
    if not text.isascii():
        yield from _mojibake(text, body)
        yield from _typography(text)
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            yield Change(Cause.UNICODE_NORMAL_FORM, _normalized(form, text).encode(), form)
    for encoding, name in _SINGLE_BYTE.items():
        yield from _encoded(text, encoding, name)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield from _encoded(text, encoding, encoding.upper())
    if not text.isascii():
        yield from _lossy(text, body)


def _decoded(body: bytes) -> Iterator[Change]:
    """Yield a body that is not UTF-8, decoded and written as UTF-8."""
    for encoding, name in _SINGLE_BYTE.items():
        with suppress(UnicodeDecodeError):
            yield Change(Cause.ENCODING, body.decode(encoding).encode(), name)


def _from_utf_16(body: bytes) -> Iterator[Change]:
    for encoding, name in _UTF_16.items():
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        yield Change(Cause.ENCODING, text.removeprefix("\ufeff").encode("utf-8", "surrogatepass"), name)


def _mojibake(text: str, body: bytes) -> Iterator[Change]:
    for encoding, name in _SINGLE_BYTE.items():
        once = _reinterpreted(text, encoding)
        if once is not None:
            yield Change(Cause.MOJIBAKE, once.encode(), name)
            twice = _reinterpreted(once, encoding)
            if twice is not None:
                yield Change(Cause.MOJIBAKE, twice.encode(), f"{name} twice")
        with suppress(UnicodeDecodeError):
            yield Change(Cause.MOJIBAKE, body.decode(encoding).encode(), name, by_signer=True)


def _reinterpreted(text: str, encoding: str) -> str | None:
    """Undo that a text's UTF-8 was read in another encoding; return None if it was not."""
    try:
        pieces = re.split(_OPEN_IN_CP1252, text) if encoding == "cp1252" else [text]
        encodings = cycle((encoding, "latin-1"))
        return b"".join(map(str.encode, pieces, encodings)).decode()
    except UnicodeError:
        return None


def _typography(text: str) -> Iterator[Change]:
    plain = text
    for name, replacements in _TYPOGRAPHY.items():
        present = {ord(character): other for character, other in replacements.items() if character in text}
        if present:
            plain = plain.translate(present)
            yield Change(Cause.TYPOGRAPHY, text.translate(present).encode(), name)
    if plain != text:
        yield Change(Cause.TYPOGRAPHY, plain.encode(), "typographic characters")


def _normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form, as it is if it has more accents in a row than any language.

    To put them in order takes time that grows with the square of their number.
    """
    runs = _MAYBE_ACCENTS.findall(text)
    return text if any(_has_many_accents(run) for run in runs) else unicodedata.normalize(form, text)


def _has_many_accents(text: str) -> bool:
    parts = chain.from_iterable(unicodedata.normalize("NFD", character) for character in text)
    runs = groupby(bool(unicodedata.combining(part)) for part in parts)
    return any(are_accents and sum(1 for _ in run) > _MAX_ACCENTS for are_accents, run in runs)


def _lossy(text: str, body: bytes) -> Iterator[Change]:
    """Yield a text as encodings write it that lack some of its characters."""
    decomposed = _normalized("NFKD", text)
    for lost, characters in (
        (text.encode("ascii", "replace"), "ASCII"),
        (text.encode("ascii", "ignore"), "ASCII"),
        (decomposed.encode("ascii", "ignore"), "ASCII"),
        (body.decode("ascii", "replace").encode(), "ASCII"),
        (body.decode("ascii", "replace").encode("ascii", "replace"), "ASCII"),
        (text.encode("latin-1", "replace"), "Latin-1"),
        (text.encode("latin-1", "replace").decode("latin-1").encode(), "Latin-1"),
        (text.encode("latin-1", "ignore").decode("latin-1").encode(), "Latin-1"),
        (text.encode("cp1252", "replace"), "Windows-1252"),
        (re.sub("[^\0-\uffff]", "\ufffd", text).encode(), "the basic plane of Unicode"),
        (re.sub("[^\0-\uffff]", "\ufffd\ufffd", text).encode(), "the basic plane of Unicode"),
        (re.sub("[^\0-\uffff]", "?", text).encode(), "the basic plane of Unicode"),
        (re.sub("[^\0-\uffff]", "", text).encode(), "the basic plane of Unicode"),
        (text.encode("utf-16-le", "surrogatepass")[::2], "Latin-1"),
    ):
        yield Change(Cause.CHARACTERS_LOST, lost, characters, by_signer=True)


def _encoded(text: str, encoding: str, name: str) -> Iterator[Change]:
    try:
        yield Change(Cause.ENCODING, text.encode(encoding), name, by_signer=True)
    except UnicodeEncodeError:
        return
