"""What receivers sign in place of the raw body."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

from jebbitctl.util.text import load_json
from jebbitctl.webhooks.diagnosis.receiver_bug import ReceiverBug
from jebbitctl.webhooks.json_variants import json_variants
from jebbitctl.webhooks.raw_bodies import READ_RAW, read_raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.webhooks.diagnosis.receiver_bug import Read

JSON_REWRITTEN = "json_rewritten"
"""The code of all bugs that parse JSON and write it again."""
_BUFFER_SHOWN = 50
"""Bytes that Node.js shows of a Buffer."""


def _constant(text: str) -> Read:
    return lambda _body: text.encode()


def _text(change: Callable[[str], str]) -> Read:
    """Return a reader that changes the body as text."""
    return lambda body: change(body.decode("utf-8", "replace")).encode("utf-8", "replace")


_NEVER_READ = "Read the bytes of the request once, before any middleware or parser does, and sign those."
_AWAIT = read_raw("JavaScript")


_CONSTANTS: tuple[tuple[str, str | None, str, str, str], ...] = (
    ("body_empty", None, "", "It signs an empty body: something has read the body before.", _NEVER_READ),
    (
        "body_empty_object",
        None,
        "{}",
        "It signs {} instead of the body: no parser has filled the object that it writes as JSON.",
        read_raw("JavaScript"),
    ),
    (
        "body_undefined",
        "JavaScript",
        "undefined",
        "It signs the word undefined instead of the body.",
        read_raw("JavaScript"),
    ),
    (
        "body_object",
        "JavaScript",
        "[object Object]",
        "It signs the text [object Object] instead of the body.",
        read_raw("JavaScript"),
    ),
    (
        "body_promise",
        "JavaScript",
        "[object Promise]",
        "It signs the text [object Promise] instead of the body: await is missing.",
        _AWAIT,
    ),
    (
        "body_stream",
        "JavaScript",
        "[object ReadableStream]",
        "It signs the text [object ReadableStream] instead of the body, which is not read.",
        _AWAIT,
    ),
    (
        "body_array_buffer",
        "JavaScript",
        "[object ArrayBuffer]",
        "It signs the text [object ArrayBuffer] instead of the body.",
        "Sign Buffer.from(await request.arrayBuffer()).",
    ),
    ("body_null", None, "null", "It signs the word null instead of the body.", _NEVER_READ),
    ("body_none", "Python", "None", "It signs the word None instead of the body.", read_raw("Python")),
    (
        "body_empty_array",
        "PHP",
        "[]",
        "It signs [] instead of the body: $_POST is empty for JSON.",
        read_raw("PHP"),
    ),
    (
        "body_form",
        "Python",
        "ImmutableMultiDict([])",
        "It signs the text of request.form, which is empty for JSON, instead of the body.",
        read_raw("Python"),
    ),
    (
        "body_form",
        "Python",
        "<QueryDict: {}>",
        "It signs the text of request.POST, which is empty for JSON, instead of the body.",
        read_raw("Python"),
    ),
)
"""Texts that are signed instead of the body: code, language, text, finding, fix."""


def _constants() -> Iterator[ReceiverBug]:
    for code, language, text, finding, fix in _CONSTANTS:
        yield ReceiverBug(code, finding, fix, language, _constant(text))


def _buffer_text(body: bytes) -> bytes:
    shown = body[:_BUFFER_SHOWN].hex(" ")
    more = len(body) - _BUFFER_SHOWN
    rest = f" ... {more} more byte{'s' * (more > 1)}" if more > 0 else ""
    return f"<Buffer {shown}{rest}>".encode()


def _signed(body: bytes) -> list[int]:
    """Return bytes as Java has them."""
    return [byte - 256 if byte > 127 else byte for byte in body]  # noqa: PLR2004


def _bytes_as_text() -> Iterator[ReceiverBug]:
    for language, code, read in (
        ("Python", "str(body)", lambda body: repr(body).encode()),
        (
            "JavaScript",
            "JSON.stringify(buffer)",
            lambda body: json.dumps({"type": "Buffer", "data": [*body]}, separators=(",", ":")).encode(),
        ),
        ("JavaScript", "`${uint8Array}`", lambda body: ",".join(map(str, body)).encode()),
        ("JavaScript", "util.inspect(buffer)", _buffer_text),
        ("Go", "fmt.Sprint(body)", lambda body: str([*body]).replace(",", "").encode()),
        ("Java", "Arrays.toString(body)", lambda body: str(_signed(body)).encode()),
        (None, "a list of the bytes", lambda body: str([*body]).encode()),
    ):
        finding = f"It signs the text of an object that holds the bytes ({code}), not the bytes."
        yield ReceiverBug("bytes_as_text", finding, read_raw(language or ""), language, read)


def _encodings() -> Iterator[ReceiverBug]:
    yield ReceiverBug(
        "body_base64",
        "It signs the Base64 of the body.",
        "Decode the body first: API Gateway and load balancers pass it in Base64 if isBase64Encoded is true.",
        read=base64.b64encode,
    )
    yield ReceiverBug(
        "body_hex", "It signs the body in hex.", READ_RAW, read=lambda body: body.hex().encode()
    )
    yield ReceiverBug(
        "body_json_string",
        "It signs the body as a JSON string, in quotes: JSON is written twice.",
        READ_RAW,
        read=_text(lambda text: json.dumps(text, ensure_ascii=False)),
    )
    utf8 = "Decode the body as UTF-8, or better sign its bytes."
    for code, name, read in (
        ("body_latin1", "Latin-1", lambda body: body.decode("latin-1").encode()),
        ("body_cp1252", "Windows-1252", lambda body: body.decode("cp1252", "replace").encode()),
        ("body_ascii", "ASCII", lambda body: body.decode("ascii", "replace").encode()),
    ):
        finding = f"It decodes the body as {name}, so that letters other than a-z are changed."
        yield ReceiverBug(code, finding, utf8, read=read)
    for code, finding, encode in (
        (
            "body_to_latin1",
            "It signs the text in Latin-1.",
            lambda text: text.encode("latin-1", "replace"),
        ),
        (
            "body_to_binary",
            "It signs the low bytes of the text's characters: in Node.js, the encoding binary or latin1.",
            lambda text: text.encode("utf-16-le")[::2],
        ),
        ("body_to_ascii", "It signs the text in ASCII.", lambda text: text.encode("ascii", "replace")),
        (
            "non_ascii_lost",
            "It drops letters other than a-z from the body.",
            lambda text: text.encode("ascii", "ignore"),
        ),
        (
            "bom_added",
            "It signs a byte-order mark in front of the body.",
            lambda text: text.encode("utf-8-sig"),
        ),
    ):
        yield _encoding_bug(code, finding, encode)


def _encoding_bug(code: str, finding: str, encode: Callable[[str], bytes]) -> ReceiverBug:
    fix = "Sign the bytes as they came. Where text is signed, encode it as UTF-8 without a byte-order mark."
    return ReceiverBug(code, finding, fix, read=lambda body: encode(body.decode("utf-8", "replace")))


def _php_html(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&quot;").replace("'", "&#039;")


def _form(text: str) -> str:
    return json.dumps(
        dict(parse_qsl(text, keep_blank_values=True)), ensure_ascii=False, separators=(",", ":")
    )


def _texts() -> Iterator[ReceiverBug]:
    for code, language, finding, change in (
        ("newline_added", None, "It signs the body with a newline at its end.", lambda text: f"{text}\n"),
        ("body_trimmed", None, "It trims the body.", str.strip),
        (
            "newline_removed",
            None,
            "It removes the newline at the body's end.",
            lambda text: text.rstrip("\r\n"),
        ),
        (
            "line_ends",
            None,
            "It changes the body's line ends from CRLF to LF.",
            lambda text: text.replace("\r\n", "\n"),
        ),
        (
            "lines_joined",
            "Java",
            "It joins the lines of the body without the line ends.",
            lambda text: re.sub("\r\n|\r|\n", "", text),
        ),
        (
            "spaces_removed",
            None,
            "It removes all white space from the body.",
            lambda text: re.sub(r"\s", "", text),
        ),
        ("html_escaped", "PHP", "It signs the body escaped for HTML (htmlspecialchars).", _php_html),
        ("html_escaped", None, "It signs the body escaped for HTML.", html.escape),
        (
            "slashes_added",
            "PHP",
            "It signs the body with backslashes before quotes (addslashes, or WordPress' own).",
            lambda text: re.sub(r"(['\"\\])", r"\\\1", text),
        ),
        (
            "slashes_removed",
            "PHP",
            "It removes backslashes from the body.",
            lambda text: text.replace("\\", ""),
        ),
        ("percent_decoded", None, "It decodes + and % in the body, as in a URL.", unquote_plus),
        (
            "percent_encoded",
            "JavaScript",
            "It signs the body encoded for a URL (encodeURIComponent).",
            lambda text: quote(text, safe="!'()*"),
        ),
        ("percent_encoded", None, "It signs the body encoded for a form.", quote_plus),
        ("form_parsed", None, "It parses the body as a form, and writes the fields as JSON.", _form),
        (
            "unicode_normalised",
            None,
            "It changes the body to Unicode's normal form C.",
            lambda text: unicodedata.normalize("NFC", text),
        ),
    ):
        yield ReceiverBug(code, finding, read_raw(language or ""), language, _text(change))


def _json_member(separators: tuple[str, str], body: bytes) -> bytes:
    try:
        document: Any = load_json(body)
        return json.dumps(document["data"], ensure_ascii=False, separators=separators).encode(
            "utf-8", "replace"
        )
    except (ValueError, TypeError, KeyError):
        return body


def _members() -> Iterator[ReceiverBug]:
    finding = "It signs only the JSON's data, not the whole body."
    for separators in ((",", ":"), (", ", ": ")):
        yield ReceiverBug("data_only", finding, READ_RAW, read=partial(_json_member, separators))


@lru_cache(maxsize=16)
def _rewritten(body: bytes) -> dict[tuple[str, str], bytes]:
    return {(one.language, one.code): one.body for one in json_variants(body) if one.language and one.code}


def _rewrite(language: str, code: str, body: bytes) -> bytes:
    return _rewritten(body).get((language, code), body)


def rewriting_bugs(example: bytes) -> list[ReceiverBug]:
    """Return the serialisers that change this JSON; ``finding`` is the call that a developer recognises."""
    return [
        ReceiverBug(
            JSON_REWRITTEN,
            code,
            read_raw(language),
            language,
            partial(_rewrite, language, code),
        )
        for language, code in _rewritten(example)
    ]


def body_bugs() -> list[ReceiverBug]:
    """Return the mistakes other than rewritten JSON, the likely ones first."""
    return [*_constants(), *_bytes_as_text(), *_encodings(), *_members(), *_texts()]
