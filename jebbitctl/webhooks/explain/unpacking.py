"""What a body at hand contains, if it is an encoding or a container of the signed one."""

from __future__ import annotations

import html
import re
import zlib
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_to_bytes

from jebbitctl.webhooks.explain.causes import Cause, Change
from jebbitctl.webhooks.explain.events import members_of_events
from jebbitctl.webhooks.explain.literals import decode_base64, from_quotes

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BYTES = 16 * 1024 * 1024
"""What decompression yields at most: a few bytes may stand for gigabytes."""
_MAX_PARTS = 40
FORM_NAMES = ("payload", "body", "data", "json")


def unpacked(body: bytes) -> Iterator[Change]:
    """Yield what a body at hand contains."""
    yield from _from_encodings(body)
    yield from _from_messages(body)
    yield from members_of_events(body)
    yield from from_quotes(body)
    yield from _as_before(body)


def _from_encodings(body: bytes) -> Iterator[Change]:
    bare = re.sub(rb"\s+", b"", re.sub(rb"^data:[^,]{0,100};base64,", b"", body.strip()))
    if re.fullmatch(rb"[0-9A-Fa-f]{2,}", bare) and len(bare) % 2 == 0:
        yield Change(Cause.BODY_HEX, bytes.fromhex(bare.decode()))
    decoded = decode_base64(bare)
    if decoded:
        yield Change(Cause.BODY_BASE64, decoded)
    for window, name in ((31, "gzip"), (15, "zlib"), (-15, "deflate")):
        inflated = _inflate(body, window)
        if inflated:
            yield Change(Cause.BODY_GZIP, inflated, name)
    if b"%" in body:
        yield Change(Cause.BODY_PERCENT_ENCODED, unquote_to_bytes(body))
        yield Change(Cause.BODY_PERCENT_ENCODED, unquote_to_bytes(body.replace(b"+", b" ")))
    if b"&" in body:
        text = html.unescape(body.decode("utf-8", "replace"))
        yield Change(Cause.BODY_HTML_ESCAPED, text.encode("utf-8", "surrogatepass"))


def _inflate(body: bytes, window: int) -> bytes | None:
    try:
        return zlib.decompressobj(window).decompress(body, _MAX_BYTES)
    except zlib.error:
        return None


def _from_messages(body: bytes) -> Iterator[Change]:
    dechunked = _dechunk(body)
    if dechunked is not None:
        yield Change(Cause.BODY_CHUNKED, dechunked)
    head, empty_line, rest = _split_head(body)
    if empty_line and re.match(rb"(?:[A-Z]{3,8} \S+ HTTP/|HTTP/\d|:?[\w-]+:\s)", head):
        yield Change(Cause.BODY_HTTP_HEAD, rest)
    yield from _from_forms(body)


def _from_forms(body: bytes) -> Iterator[Change]:
    boundary = re.match(rb"--[^\r\n]{1,200}\r?\n", body)
    if boundary:
        for part in body.split(boundary[0].rstrip())[1:_MAX_PARTS]:
            _, _, content = _split_head(part)
            yield Change(Cause.BODY_FORM, re.sub(rb"\r?\n$", b"", content), ", as multipart")
    for name in FORM_NAMES:
        if body.startswith(f"{name}=".encode()):
            yield Change(Cause.BODY_FORM, body.partition(b"=")[2], f" in the field {name}")
    text = body.strip()
    if re.fullmatch(rb"[^\s{}\[\]\"<>]+", text) and (b"=" in text or b"%" in text):
        for name, value in parse_qsl(text.decode("ascii", "replace"), keep_blank_values=True)[:_MAX_PARTS]:
            yield Change(Cause.BODY_FORM, value.encode(), f" in the field {name[:40]}")
            yield Change(Cause.BODY_FORM, name.encode(), " as a field's name")
    if text.endswith(b"="):
        yield Change(Cause.BODY_FORM, text.removesuffix(b"="), " as a field's name")


def _split_head(body: bytes) -> tuple[bytes, bytes, bytes]:
    match = re.search(rb"\r?\n\r?\n", body)
    return (body[: match.start()], match[0], body[match.end() :]) if match else (body, b"", b"")


def _dechunk(body: bytes) -> bytes | None:
    """Join the chunks of a body; None if it has no chunk sizes."""
    parts: list[bytes] = []
    at = 0
    while match := re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]{0,100})?\r?\n").match(body, at):
        size = int(match[1], 16)
        parts.append(body[match.end() : match.end() + size])
        if size == 0 or match.end() + size > len(body):
            break
        at = match.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return b"".join(parts) if parts else None


def without_surroundings(body: bytes) -> Iterator[Change]:
    """Yield the JSON that stands in some text. Containers that have a name are to be tried before."""
    for opening, closing in ((b"{", b"}"), (b"[", b"]")):
        start, end = body.find(opening), body.rfind(closing)
        if 0 <= start < end and (body[:start] + body[end + 1 :]).strip(b" \t\r\n\0\xef\xbb\xbf"):
            yield Change(Cause.BODY_SURROUNDED, body[start : end + 1])


def _as_before(body: bytes) -> Iterator[Change]:
    """Yield the body without repetition, and with its backslashes as they were."""
    half = len(body) // 2
    if half and body[:half] == body[half : 2 * half]:
        yield Change(Cause.BODY_REPEATED, body[:half])
    for separator in (b"\n", b"\r\n"):
        first, found, second = body.rpartition(separator)
        if found and first == second:
            yield Change(Cause.BODY_REPEATED, first)
    controls = {b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\b": b"\\b", b"\f": b"\\f"}
    if any(control in body.rstrip() for control in controls):
        restored = body
        for control, escape in controls.items():
            restored = restored.replace(control, escape)
        yield Change(Cause.BODY_ESCAPES, restored, "something has interpreted them")
        yield Change(Cause.BODY_ESCAPES, restored.removesuffix(b"\\n"), "something has interpreted them")
    if b"\\" in body:
        yield Change(Cause.BODY_ESCAPES, body.replace(b"\\\\", b"\\"), "they are doubled")
        yield Change(
            Cause.BODY_ESCAPES, body.replace(b"\\", b"\\\\"), "they are doubled in it", by_signer=True
        )
        yield Change(Cause.BODY_ESCAPES, body.replace(b"\\", b""), "they were removed", by_signer=True)
