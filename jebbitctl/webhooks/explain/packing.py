"""What would have been signed if the signer had signed a container of the body, or nothing of it."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from jebbitctl.webhooks.explain.causes import Cause, Change
from jebbitctl.webhooks.explain.unpacking import FORM_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_PRINTED = 64 * 1024
"""The largest body whose printed forms are tried: they take up to five characters a byte."""
UNREAD = (
    *("[object Object]", "undefined", "null", "None", "nil", "{}", "[]", '""', "b''", "Array", "false"),
    *("map[]", "<nil>", "NULL", "[object ArrayBuffer]", "[object ReadableStream]", "[object Promise]"),
)
"""What stands for a body that was not read."""


def packed(body: bytes) -> Iterator[Change]:
    """Yield what would have been signed instead of the body; likely things first."""
    yield Change(Cause.BODY_EMPTY, b"", by_signer=True)
    for text in UNREAD:
        yield Change(Cause.BODY_NOT_READ, text.encode(), text, by_signer=True)
    standard, url_safe = base64.b64encode(body), base64.urlsafe_b64encode(body)
    for value in (
        *(standard, standard.rstrip(b"="), standard + b"\n", base64.encodebytes(body)),
        *(url_safe, url_safe.rstrip(b"="), b"data:application/json;base64," + standard),
    ):
        yield Change(Cause.BODY_BASE64, value, by_signer=True)
    for digits in (body.hex(), body.hex().upper()):
        yield Change(Cause.BODY_HEX, digits.encode(), by_signer=True)
    text = body.decode("utf-8", "replace")
    yield from _escaped(text)
    yield from _in_forms(body)
    yield from _in_chunks(body)
    if len(body) <= _MAX_PRINTED:
        yield from _printed(body, text)
    yield Change(Cause.BODY_REPEATED, body + body, by_signer=True)
    yield from _compressed(body)


def _escaped(text: str) -> Iterator[Change]:
    """Yield a text as a JSON string, in quotes, and escaped for HTML."""
    for string in (json.dumps(text, ensure_ascii=False), json.dumps(text)):
        for written in (string, string.replace("/", "\\/")):
            yield Change(Cause.BODY_JSON_STRING, _encode(written), by_signer=True)
            yield Change(Cause.BODY_JSON_STRING, _encode(written[1:-1]), by_signer=True)
    for quoted in (f'"{text}"', f"'{text}'", f"`{text}`", '"' + text.replace('"', '""') + '"'):
        yield Change(Cause.BODY_QUOTES, _encode(quoted), by_signer=True)
    bare = html.escape(text, quote=False)
    for double, single in (
        *(("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&#39;"), ("&quot;", "&#039;")),
        *(("&quot;", "&apos;"), ("&quot;", "'"), ('"', "'")),
    ):
        escaped = bare.replace('"', double).replace("'", single)
        yield Change(Cause.BODY_HTML_ESCAPED, _encode(escaped), by_signer=True)


def _in_forms(body: bytes) -> Iterator[Change]:
    percent = quote(body, safe="").encode()
    plus, with_slashes = percent.replace(b"%20", b"+"), percent.replace(b"%2F", b"/")
    javascript = re.sub(rb"%(?:21|27|28|29|2A)", lambda match: bytes.fromhex(match[0][1:].decode()), percent)
    for value in (percent, plus, javascript, with_slashes):
        yield Change(Cause.BODY_PERCENT_ENCODED, value, by_signer=True)
    for value in (plus, percent, javascript, body):
        yield Change(Cause.BODY_FORM, value + b"=", " as a field's name", by_signer=True)
        for name in FORM_NAMES:
            detail = f" in the field {name}"
            yield Change(Cause.BODY_FORM, name.encode() + b"=" + value, detail, by_signer=True)


def _in_chunks(body: bytes) -> Iterator[Change]:
    for newline in (b"\r\n", b"\n"):
        chunk = b"%x" % len(body) + newline + body + newline
        for end in (b"0" + newline + newline, b"0" + newline, b""):
            yield Change(Cause.BODY_CHUNKED, chunk + end, by_signer=True)


def _printed(body: bytes, text: str) -> Iterator[Change]:
    numbers = list(body)
    signed = [number - 256 if number >= 128 else number for number in numbers]  # noqa: PLR2004
    buffer = json.dumps({"type": "Buffer", "data": numbers}, separators=(",", ":"))
    ruby = re.sub(r"#(?=[{$@])", r"\\#", json.dumps(text, ensure_ascii=False))
    for printed, name in (
        (repr(body), "a bytes literal of Python"),
        (repr(text), "a string literal of Python"),
        (ruby, "a string literal of Ruby"),
        (buffer, "a Buffer of Node"),
        (str(numbers), "a list of byte values"),
        (str(numbers).replace(" ", ""), "a list of byte values"),
        (str(numbers).replace(",", ""), "a list of byte values in Go"),
        (str(signed), "a list of byte values in Java"),
        (",".join(map(str, numbers)), "a list of byte values"),
    ):
        yield Change(Cause.BODY_REPR, _encode(printed), name, by_signer=True)


def _compressed(body: bytes) -> Iterator[Change]:
    for level in (6, 9, 1):
        name = f"level {level}"
        yield Change(Cause.BODY_GZIP, gzip.compress(body, level, mtime=0), f"gzip, {name}", by_signer=True)
        yield Change(Cause.BODY_GZIP, zlib.compress(body, level), f"zlib, {name}", by_signer=True)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
