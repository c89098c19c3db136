"""Raw HTTP/1.1 messages, and heads with HTTP/2's pseudo-headers.

Framing: RFC 9112, sections 5 to 7. Line ends may be LF, as editors and viewers save them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks.captured_requests.captured_request import (
    CapturedRequest,
    CaptureFormat,
    content_length,
    join_headers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REQUEST_LINE = rb"[A-Z]{1,20} [^\s]+ HTTP/[0-9.]{1,3}[ \t]*\r?\n"
_START_LINE = re.compile(REQUEST_LINE + rb"|HTTP/[0-9.]{1,3} [0-9]{3}[^\n]*\n")
_FIELD_LINE = re.compile(rb":?[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*:")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_BREAKS = re.compile(rb"[\r\n]*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE_BREAK = re.compile(rb"(?:\r?\n)?")
_TRAILERS = re.compile(rb"(?:[^\r\n]+\r?\n)*(?:\r?\n)?")
_DAMAGED_CHUNKS = "the chunks of the body are incomplete or damaged"


class _Body(NamedTuple):
    """A body, and where it ends."""

    content: bytes | None
    end: int
    caveat: str = ""


def starts_message(content: bytes) -> bool:
    """Whether a file starts with a request line or a status line."""
    return _START_LINE.match(content) is not None


def starts_head(content: bytes) -> bool:
    """Whether a file starts with a header, such as the ``:method`` of HTTP/2."""
    return _FIELD_LINE.match(content) is not None


def read_messages(
    content: bytes, format_: CaptureFormat = CaptureFormat.HTTP, caveat: str = ""
) -> Iterator[CapturedRequest]:
    """Yield the messages in a file, one after the other; a status line is as good as a request line.

    Args:
        content: the file.
        format_: of the file that they come from.
        caveat: of that file.
    """
    position = 0
    while True:
        headers, position = _read_head(content, position)
        body = _read_body(content, position, headers)
        yield CapturedRequest(format_, headers, body.content, caveat=body.caveat or caveat)
        position = _next_message(content, body.end)
        if position == len(content):
            return


def _read_head(content: bytes, position: int) -> tuple[dict[str, str], int]:
    """Return the headers of a message, and where its body starts."""
    start = _START_LINE.match(content, position)
    first = start.end() if start else position
    # From the last byte of the start line on, as a head may be empty.
    found = _HEAD_END.search(content, max(first - 1, 0))
    end, after = (found.start(), found.end()) if found else (len(content), len(content))
    return join_headers(_fields(content[first:end])), after


def _fields(head: bytes) -> list[tuple[str, str]]:
    """Return names and values; a line that starts with white space continues the value before it."""
    found: list[tuple[str, list[str]]] = []
    for line in head.decode("latin-1").split("\n"):
        if found and line[:1] in (" ", "\t"):
            found[-1][1].append(line.strip())
        elif ":" in line[1:]:  # the first may be that of :method
            name, _, value = line[1:].partition(":")
            found.append((line[:1] + name, [value.strip()]))
    return [(name, " ".join(value)) for name, value in found]


def _read_body(content: bytes, start: int, headers: Mapping[str, str]) -> _Body:
    """Return the body that starts at a position. Without a valid length, it is all that follows."""
    length = content_length(headers)
    chunked = headers.get("transfer-encoding", "").lower().endswith("chunked")
    if start == len(content) and (length or chunked):
        return _Body(None, start)
    if chunked and _CHUNK_SIZE.match(content, start):  # otherwise, whoever captured it has joined the chunks
        return _join_chunks(content, start)
    if length is not None:
        end = min(start + length, len(content))
        if end == len(content) or _next_message(content, end) < len(content) or _is_blank(content, end):
            return _Body(content[start:end], end)
    return _Body(content[start:], len(content))


def _join_chunks(content: bytes, position: int) -> _Body:
    chunks: list[bytes] = []
    while size := _CHUNK_SIZE.match(content, position):
        length = int(size[1], 16)
        if not length:
            return _Body(b"".join(chunks), _end_of(_TRAILERS, content, size.end()))
        chunks.append(content[size.end() : size.end() + length])
        position = _end_of(_LINE_BREAK, content, size.end() + length)
    return _Body(b"".join(chunks), len(content), _DAMAGED_CHUNKS)


def _next_message(content: bytes, position: int) -> int:
    """Return where the next message starts, the end of the file if there is none."""
    after = _end_of(_LINE_BREAKS, content, position)
    return after if _START_LINE.match(content, after) else len(content)


def _is_blank(content: bytes, position: int) -> bool:
    """Whether only line breaks follow, which an editor or a viewer has added."""
    return _end_of(_LINE_BREAKS, content, position) == len(content)


def _end_of(pattern: re.Pattern[bytes], content: bytes, position: int) -> int:
    """Return the end of the match at a position; the position itself if there is none."""
    found = pattern.match(content, position)
    return found.end() if found else position
