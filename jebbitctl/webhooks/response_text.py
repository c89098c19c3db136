"""What an endpoint's response says, decompressed if need be. What is forwarded stays as it came."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

MAX_DECODED_BYTES = 16 * 1024
"""The maximum size of a decompressed body; the rest is not decompressed."""
_MAX_ENCODINGS = 3
_PIECE = 64
"""Bytes that are decompressed at a time."""
_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {
    "gzip": (_GZIP,),
    "x-gzip": (_GZIP,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),  # many servers leave out zlib's header
}
"""What can be decompressed, and the ``wbits`` to try. Source: RFC 9110, section 8.4.1."""


def readable_body(response: EndpointResponse) -> bytes | None:
    """Return the start of a body without its content encodings; None if it cannot be decompressed.

    A body that is cut off, as only its start is kept, gives what can be decompressed of it. One that is not
    compressed, although its header says so, is returned as it is.
    """
    body = response.start
    encodings = _encodings(response)
    if len(encodings) > _MAX_ENCODINGS or not _WINDOWS.keys() >= set(encodings):
        return None
    for encoding in reversed(encodings):
        decoded = next(filter(None, (_inflate(body, bits) for bits in _WINDOWS[encoding])), b"")
        if body and not decoded:
            return body if _is_text(body) else None
        body = decoded
    return body


def response_text(response: EndpointResponse) -> str:
    """Return the start of a body as text, or in parentheses why it cannot be read."""
    body = readable_body(response)
    if body is None:
        return f"(compressed, cannot be shown: {', '.join(_encodings(response))[:40]})"
    return body.decode("utf-8", "replace")


def _encodings(response: EndpointResponse) -> list[str]:
    """Return the content encodings in the order in which they were applied."""
    names = (name.strip().lower() for name in response.headers.get("content-encoding", "").split(","))
    return [name for name in names if name not in {"", "identity"}]


def _inflate(body: bytes, window_bits: int) -> bytes:
    """Return as much as can be decompressed, at most MAX_DECODED_BYTES."""
    decompressor = zlib.decompressobj(window_bits)
    decoded = b""
    with suppress(zlib.error):  # what comes before an invalid part counts
        for start in range(0, len(body), _PIECE):
            piece = body[start : start + _PIECE]
            decoded += decompressor.decompress(piece, MAX_DECODED_BYTES - len(decoded))
            if len(decoded) == MAX_DECODED_BYTES:
                break
    return decoded


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
