"""The encodings in which programs save text files: UTF-8, or UTF-16 and UTF-32 with a byte order mark."""

from __future__ import annotations

import codecs

from jebbitctl.util.text import count_line_ends

_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
SAVE_AS_UTF_8 = "save the file as UTF-8"


class EncodingError(ValueError):
    """Content that is not text in a known encoding.

    Args:
        line: the number of the line, None if it is not known.
        problem: what is wrong.
    """

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def decode(content: bytes) -> str:
    """Return a file's text without its byte order mark; without one, it is taken for UTF-8.

    Raises:
        EncodingError: it is not text, or has a NUL character, as UTF-16 without a byte order mark does.
    """
    if encoding := _wide_encoding(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise EncodingError(None, f"begins like {encoding}, but is not: {error.reason}") from None
    else:
        text = decode_utf_8(content)
    before, nul, _ = text.partition("\0")
    if nul and len(before) <= 1:  # every second byte of ASCII text
        raise EncodingError(1, "looks like UTF-16 without a byte order mark")
    if nul:
        raise EncodingError(count_line_ends(before) + 1, "contains a NUL character")
    return text


def decode_utf_8(content: bytes) -> str:
    """Return the text of a file in UTF-8, without its byte order mark.

    Raises:
        EncodingError: it is in another encoding.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if _wide_encoding(content):
            raise EncodingError(None, not_utf_8(content)) from None
        line = count_line_ends(content[: error.start].decode()) + 1
        raise EncodingError(line, f"invalid UTF-8: {name_invalid_byte(content[error.start])}") from None


def not_utf_8(content: bytes) -> str:
    """Return what content that is not UTF-8 is instead; no part of it is named, as it may be a secret."""
    encoding = _wide_encoding(content)
    return f"not UTF-8 text, but {encoding}, as PowerShell's > writes it" if encoding else "not UTF-8 text"


def name_invalid_byte(byte: int) -> str:
    """Return a byte that is not UTF-8, and what it most likely was meant as."""
    meant = bytes([byte]).decode("cp1252", "ignore")
    return f"byte 0x{byte:02X}" + (
        f", which is {meant} in Windows-1252" if meant.isprintable() and meant else ""
    )


def _wide_encoding(content: bytes) -> str | None:
    """Return the encoding whose byte order mark content begins with, None if it is not UTF-16 or UTF-32."""
    return next((encoding for mark, encoding in _WIDE.items() if content.startswith(mark)), None)
