"""What curl prints about a request: ``--verbose``, ``--trace`` and ``--trace-ascii``.

Format: curl's ``src/tool_cb_dbg.c``.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks.captured_requests.captured_request import CaptureFormat
from jebbitctl.webhooks.captured_requests.http_messages import REQUEST_LINE, read_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.captured_requests.captured_request import CapturedRequest

_PREFIX = rb"^(?:[0-9:.]{8,15} )?(?:\[[^\]\n]*\] )?"
"""What --trace-time and --trace-ids add."""
_SECTION = re.compile(_PREFIX + rb"(?:=>|<=|==) (?:Send (header|data), ([0-9]{1,12}) bytes)?", re.MULTILINE)
_TRACE = re.compile(_PREFIX + rb"=> Send header, [0-9]", re.MULTILINE)
_VERBOSE = re.compile(rb"^> " + REQUEST_LINE, re.MULTILINE)
_ROW = re.compile(rb"^([0-9a-f]{4,12}): ?([^\r\n]*)", re.MULTILINE)
_HEX = re.compile(rb"((?:[0-9a-f]{2} ){1,16})")
_DOTS = "curl --trace-ascii shows line feeds and other special characters as dots; use curl --trace"
_DAMAGED = "the bytes that curl has shown are incomplete"


class _Row(NamedTuple):
    """A line of a section of a trace: the offset of its first byte, and what stands there."""

    offset: int
    shown: bytes


class _Dump(NamedTuple):
    """The bytes of a section of a trace; with dots, a dot may stand for another byte."""

    content: bytes
    caveat: str = ""
    has_dots: bool = False


def is_trace(content: bytes) -> bool:
    return _TRACE.search(content) is not None


def is_verbose(content: bytes) -> bool:
    return _VERBOSE.search(content) is not None


def read_verbose(content: bytes) -> Iterator[CapturedRequest]:
    """Yield the requests in the output of ``curl --verbose``, which leaves out their bodies."""
    marks = [found.start() for found in _VERBOSE.finditer(content)]
    for start, end in pairwise([*marks, len(content)]):
        # An editor may have removed the space from the empty line that ends the head.
        lines = (
            line[2:]
            for line in content[start:end].split(b"\n")
            if line.startswith((b"> ", b">\r")) or line == b">"
        )
        yield from read_messages(b"\n".join(lines) + b"\n", CaptureFormat.CURL_VERBOSE)


def read_trace(content: bytes) -> Iterator[CapturedRequest]:
    """Yield the requests in the output of ``curl --trace`` or ``--trace-ascii``."""
    request: list[_Dump] = []
    marks = list(_SECTION.finditer(content))
    ends = chain((mark.start() for mark in marks[1:]), [len(content)])
    in_hex = False
    for mark, end in zip(marks, ends, strict=True):
        if mark[1] is None:
            continue
        rows = _read_rows(content[mark.end() : end])
        if mark[1] == b"header":
            yield from _join(request)
            request = []
            in_hex = bool(rows and _HEX.match(rows[0].shown))
        if request or mark[1] == b"header":
            dump = _from_hex if in_hex else _from_ascii
            request.append(dump(rows, int(mark[2])))
    yield from _join(request)


def _read_rows(section: bytes) -> list[_Row]:
    return [_Row(int(found[1], 16), found[2]) for found in _ROW.finditer(section)]


def _join(dumps: list[_Dump]) -> Iterator[CapturedRequest]:
    """Yield the request whose head and data these are, if there are any."""
    if dumps:
        caveat = next((dump.caveat for dump in dumps if dump.caveat), "")
        if not caveat and any(b"." in dump.content for dump in dumps[1:] if dump.has_dots):
            caveat = _DOTS
        yield from read_messages(b"".join(dump.content for dump in dumps), CaptureFormat.CURL_TRACE, caveat)


def _from_hex(rows: list[_Row], size: int) -> _Dump:
    """Return the bytes of a section of ``--trace``."""
    content = b"".join(bytes.fromhex(found[1].decode()) for row in rows if (found := _HEX.match(row.shown)))
    return _Dump(content, "" if len(content) == size else _DAMAGED)


def _from_ascii(rows: list[_Row], size: int) -> _Dump:
    """Return the bytes of a section of ``--trace-ascii``, where CR LF is a gap of two between the offsets."""
    content: list[bytes] = []
    caveat = "" if rows or not size else _DAMAGED
    for row, next_offset in zip(rows, [*(row.offset for row in rows), size][1:], strict=True):
        gap = next_offset - row.offset - len(row.shown)
        content += [row.shown, b"\r\n" if gap == len(b"\r\n") else b""]
        if gap not in (0, len(b"\r\n")):
            caveat = _DAMAGED
    return _Dump(b"".join(content), caveat, has_dots=True)
