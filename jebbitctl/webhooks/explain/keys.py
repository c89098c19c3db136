"""What happens to secrets on their way into a program."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_to_bytes

from jebbitctl.util.text import load_json
from jebbitctl.webhooks.explain.causes import Cause, Change
from jebbitctl.webhooks.explain.literals import decode_base64
from jebbitctl.webhooks.explain.text_changes import BOM

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIXES = (
    "whsec_",
    "secret_",
    "Bearer ",
    "sha256=",
    "v1=",
    "v1,",
    "t=",
    "shared_secret=",
    "secret:",
    "sk_",
)
_UNSET = (
    "undefined",
    "null",
    "None",
    "nil",
    "secret",
    "test",
    "changeme",
    "your-secret",
    "[object Object]",
    "false",
)
_MIN_PART = 6
_MAX_LENGTH = 256
_MAX_STRINGS = 40
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.$!#%&*"


def changed_keys(key: bytes) -> Iterator[Change]:
    """Yield the secrets that may have been used instead of ``key``; likely ones first."""
    yield from _without_surroundings(key)
    yield from _decoded(key)
    yield from _encoded(key)
    yield from _with_surroundings(key)
    yield Change(Cause.KEY_UNSET, b"", "the key is empty", by_signer=True)
    for text in _UNSET:
        yield Change(Cause.KEY_UNSET, text.encode(), f"the key is the text {text}", by_signer=True)
    for case in (key.lower(), key.upper()):
        yield Change(Cause.KEY_CASE, case)
    yield Change(Cause.KEY_REPEATED, key + key)
    half = len(key) // 2
    if key[:half] == key[half:]:
        yield Change(Cause.KEY_REPEATED, key[:half])
    yield from _hashed(key)
    yield from _truncated(key)


def _without_surroundings(key: bytes) -> Iterator[Change]:
    stripped = key.strip()
    yield Change(Cause.KEY_WHITESPACE, stripped)
    quoted = re.fullmatch(rb"""[bB]?(["'`])(.*)\1[,;]?""", stripped, re.DOTALL)
    if quoted:
        yield Change(Cause.KEY_QUOTES, quoted[2])
    yield Change(Cause.KEY_BOM, key.removeprefix(BOM))
    yield Change(Cause.KEY_BOM, stripped.removeprefix(BOM))
    yield from _from_json(stripped)
    yield from _from_lines(stripped)
    for whitespace in (b"\n", b"\r\n", b" ", b"\r", b"\t", b"\0"):
        yield Change(Cause.KEY_WHITESPACE, stripped + whitespace)
    yield Change(Cause.KEY_WHITESPACE, key.strip(b" \t\r\n\0"))
    yield Change(Cause.KEY_WHITESPACE, re.sub(rb"\s+", b"", key))
    yield Change(Cause.KEY_WHITESPACE, b" " + stripped)
    for separator in (b"_", b":", b",", b" ", b"-", b"=", b"."):
        before, found, after = stripped.partition(separator)
        if found:
            yield Change(Cause.KEY_PREFIXED, after)
            yield Change(Cause.KEY_PREFIXED, before)


def _from_lines(key: bytes) -> Iterator[Change]:
    """Yield the lines of a file, and the values of those that are assignments."""
    lines = [line.strip() for line in key.splitlines() if line.strip()][:_MAX_STRINGS]
    for line in lines:
        assigned = re.match(rb"""(?:export\s+|set\s+|\$env:|-\s+)?[\w.\-"']+\s*[:=]\s*(.+?)[,;]?$""", line)
        if assigned:
            yield Change(Cause.KEY_ASSIGNMENT, assigned[1])
            yield Change(Cause.KEY_ASSIGNMENT, assigned[1].strip(b"\"'`"))
        if len(lines) > 1:
            yield Change(Cause.KEY_LINES, line)


def _from_json(key: bytes) -> Iterator[Change]:
    try:
        document = load_json(key.decode())
    except ValueError:
        return
    for text in _strings(document, depth=4):
        yield Change(
            Cause.KEY_QUOTES if text is document else Cause.KEY_JSON, text.encode("utf-8", "surrogatepass")
        )


def _strings(value: Any, depth: int) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for member in members if depth for text in _strings(member, depth - 1)][:_MAX_STRINGS]


def _decoded(key: bytes) -> Iterator[Change]:
    stripped = key.strip()
    decoded = decode_base64(stripped)
    if decoded:
        yield Change(Cause.KEY_DECODED, decoded, "Base64")
        yield Change(Cause.KEY_DECODED, decoded.strip(), "Base64")
    with suppress(ValueError):
        yield Change(Cause.KEY_DECODED, binascii.unhexlify(stripped), "hex")
    if b"%" in key:
        yield Change(Cause.KEY_DECODED, unquote_to_bytes(key), "percent-encoding")
        yield Change(Cause.KEY_DECODED, unquote_to_bytes(key.replace(b"+", b" ")), "percent-encoding")
    if b"+" in key:
        yield Change(Cause.KEY_DECODED, key.replace(b"+", b" "), "percent-encoding")
    if b"&" in key:
        yield Change(Cause.KEY_DECODED, _text(html.unescape(key.decode("utf-8", "replace"))), "HTML")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        try:
            text = key.decode(encoding).removeprefix("\ufeff")
        except UnicodeError:
            continue
        yield Change(Cause.KEY_ENCODING, _text(text), "UTF-16")
        yield Change(Cause.KEY_ENCODING, _text(text.strip()), "UTF-16")


def _encoded(key: bytes) -> Iterator[Change]:
    for value, name in (
        (base64.b64encode(key), "Base64"),
        (base64.b64encode(key).rstrip(b"="), "Base64"),
        (base64.urlsafe_b64encode(key), "Base64"),
        (base64.b64encode(key + b"\n"), "Base64"),
        (key.hex().encode(), "hex"),
        (key.hex().upper().encode(), "hex"),
        (quote(key, safe="").encode(), "percent-encoding"),
        (quote_plus(key).encode(), "percent-encoding"),
        (_text(html.escape(key.decode("utf-8", "replace"))), "HTML"),
    ):
        yield Change(Cause.KEY_ENCODED, value, name)
    text = key.decode("utf-8", "replace")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        yield Change(Cause.KEY_ENCODING, text.encode(encoding, "surrogatepass"), "UTF-16")


def _with_surroundings(key: bytes) -> Iterator[Change]:
    for mark in (b'"', b"'", b"`"):
        yield Change(Cause.KEY_QUOTES, mark + key + mark, by_signer=True)
    yield Change(Cause.KEY_QUOTES, _text(repr(key)), by_signer=True)
    yield Change(Cause.KEY_BOM, BOM + key)
    for prefix in _PREFIXES:
        yield Change(Cause.KEY_PREFIXED, prefix.encode() + key, prefix.strip(), by_signer=True)
    for name in (b"JEBBIT_WEBHOOK_SECRET", b"JEBBIT_SECRET", b"WEBHOOK_SECRET", b"SHARED_SECRET", b"SECRET"):
        yield Change(Cause.KEY_ASSIGNMENT, name + b"=" + key, by_signer=True)


def _hashed(key: bytes) -> Iterator[Change]:
    for name in ("sha256", "sha1", "sha512", "md5"):
        digest = hashlib.new(name, key, usedforsecurity=False)
        title = name.upper()
        yield Change(Cause.KEY_HASHED, digest.digest(), title)
        yield Change(Cause.KEY_HASHED, digest.hexdigest().encode(), title)
        yield Change(Cause.KEY_HASHED, base64.b64encode(digest.digest()), title)


def _truncated(key: bytes) -> Iterator[Change]:
    """Yield the beginnings and ends of a secret, and the secret with one more character."""
    if len(key) > _MAX_LENGTH:
        return
    for length in range(len(key) - 1, _MIN_PART - 1, -1):
        yield Change(Cause.KEY_TRUNCATED, key[:length], "the beginning", by_signer=True)
        yield Change(Cause.KEY_TRUNCATED, key[-length:], "the end", by_signer=True)
    for letter in _LETTERS:
        yield Change(Cause.KEY_TRUNCATED, key + bytes([letter]), "its last character")
        yield Change(Cause.KEY_TRUNCATED, bytes([letter]) + key, "its first character")


def _text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
