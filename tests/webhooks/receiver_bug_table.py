"""Receivers that refuse valid deliveries, each by one or two usual mistakes of a few lines.

They share no code with what finds their mistakes: what other languages write stands here by literal rules.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    Expected = Callable[[str, bytes], str]
    """Returns the v1 that a receiver expects, from t and the body."""


@dataclass(frozen=True)
class Mistake:
    """A receiver with a mistake, and what a diagnosis has to say about it.

    Attributes:
        name: of this row.
        code: of the diagnosis.
        mentions: parts of its finding and its fix.
        accepts: whether it accepts a signature header with a body.
        secret: the integration's.
        compact: whether it accepts compact ASCII JSON, so that only unusual bodies are refused.
    """

    name: str
    code: str
    mentions: tuple[str, ...]
    accepts: Callable[[str, bytes], bool]
    secret: str = SECRET
    compact: bool = False


def mac(message: bytes, key: bytes = SECRET.encode(), algorithm: str = "sha256") -> bytes:
    return hmac.new(key, message, algorithm).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed(text: bytes, t: str) -> str:
    return b64(mac(t.encode() + b"." + text))


def parts(header: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in header.split(",") if "=" in part)


def by_v1(expected: Expected) -> Callable[[str, bytes], bool]:
    """Return a receiver that checks the time and then compares v1."""

    def accepts(header: str, body: bytes) -> bool:
        fields = parts(header)
        t = fields.get("t", "")
        recent = t.isdigit() and abs(time.time() - int(t)) <= 300
        return recent and hmac.compare_digest(fields.get("v1", "").encode(), expected(t, body).encode())

    return accepts


def reads(change: Callable[[bytes], bytes | str]) -> Callable[[str, bytes], bool]:
    """Return a receiver that signs something else than the body."""

    def expected(t: str, body: bytes) -> str:
        text = change(body)
        return signed(text.encode() if isinstance(text, str) else text, t)

    return by_v1(expected)


def keyed(key: bytes) -> Callable[[str, bytes], bool]:
    return by_v1(lambda t, body: b64(mac(t.encode() + b"." + body, key)))


def compact(document: object, *, ascii_only: bool = False, sort_keys: bool = False) -> str:
    return json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":"), sort_keys=sort_keys)


def indices_first(value: object) -> object:
    """Return JSON in the order of keys that JavaScript has."""
    if isinstance(value, list):
        return [indices_first(one) for one in value]
    if not isinstance(value, dict):
        return value
    keys = sorted((key for key in value if key.isdigit()), key=int)
    return {key: indices_first(value[key]) for key in [*keys, *(key for key in value if key not in keys)]}


def escaped(text: str, characters: str) -> str:
    return re.sub(f"[{characters}]", lambda match: f"\\u{ord(match[0]):04x}", text)


def javascript(body: bytes, indent: int | None = None) -> str:
    document = indices_first(json.loads(body))
    return json.dumps(document, ensure_ascii=False, indent=indent) if indent else compact(document)


def php(body: bytes) -> str:
    return compact(json.loads(body), ascii_only=True).replace("\\u007f", "\x7f").replace("/", "\\/")


def php_pretty(body: bytes) -> str:
    text = json.dumps(json.loads(body), indent=4).replace("\\u007f", "\x7f")
    return text.replace("/", "\\/")


def rails(body: bytes) -> str:
    return escaped(compact(json.loads(body)), "<>&\u2028\u2029")


def go_map(body: bytes) -> str:
    return escaped(compact(json.loads(body), sort_keys=True), "<>&\u2028\u2029")


def gson(body: bytes) -> str:
    return escaped(compact(json.loads(body)), "<>&='\u2028\u2029")


def gson_objects(body: bytes) -> str:
    return gson(body).replace('"event_number":0', '"event_number":0.0')


def jackson_pretty(body: bytes) -> str:
    text = json.dumps(json.loads(body), ensure_ascii=False, indent=2).replace('": ', '" : ')
    text = re.sub(r"\[\s+", "[ ", re.sub(r"\s+\]", " ]", text))
    return re.sub(r'",\s+"(?=[^"]*"(?:,| \]))(?![^"]*" :)', '", "', text)


def java_arrays(body: bytes) -> str:
    return "[" + ", ".join(str(byte if byte < 128 else byte - 256) for byte in body) + "]"


def dict_text(body: bytes) -> str:
    return str(json.loads(body))


def millisecond_clock(header: str, body: bytes) -> bool:
    """Compare a timestamp in seconds with a time in milliseconds."""
    fields = parts(header)
    t = fields.get("t", "0")
    late = time.time() * 1000 - int(t) > 300 * 1000
    return not late and hmac.compare_digest(fields.get("v1", ""), signed(body, t))


def whole_header(expected: Callable[[bytes], str]) -> Callable[[str, bytes], bool]:
    return lambda header, body: hmac.compare_digest(header, expected(body))


def at_hours(hours: float, *, future: bool) -> Callable[[str, bytes], bool]:
    """Return a receiver whose local time differs; it may accept any timestamp in the future."""

    def accepts(header: str, body: bytes) -> bool:
        fields = parts(header)
        t = fields.get("t", "0")
        age = time.time() + hours * 3600 - int(t)
        recent = age <= 300 and (future or age >= -300)
        return recent and hmac.compare_digest(fields.get("v1", ""), signed(body, t))

    return accepts


JSON = "json_rewritten"
ODD = 'a"b#c$d+e%41 f='
"""A secret with characters that files, shells and decoders change."""
ROWS = (
    # JSON that was parsed and written again
    Mistake("JSON.stringify", JSON, ("JSON.stringify(JSON.parse(body)) in JavaScript", "express.raw"),
            reads(javascript), compact=True),
    Mistake("JSON.stringify, 2", JSON, ("JSON.stringify(JSON.parse(body), null, 2)",),
            reads(lambda body: javascript(body, 2))),
    Mistake("json.dumps", JSON, ("json.dumps(json.loads(body)) in Python", "request.get_data()"),
            reads(lambda body: json.dumps(json.loads(body)))),
    Mistake("json.dumps, Unicode", JSON, ("ensure_ascii=False) in Python",),
            reads(lambda body: json.dumps(json.loads(body), ensure_ascii=False))),
    Mistake("json.dumps, sorted", JSON, ("sort_keys=True) in Python",),
            reads(lambda body: json.dumps(json.loads(body), sort_keys=True))),
    Mistake("json.dumps, compact and sorted", JSON, ("sort_keys=True) in Python",),
            reads(lambda body: compact(json.loads(body), sort_keys=True, ascii_only=True))),
    Mistake("json.dumps, indent", JSON, ("json.dumps(json.loads(body), indent=2) in Python",),
            reads(lambda body: json.dumps(json.loads(body), indent=2))),
    Mistake("json.dumps, compact", JSON, ('json.dumps(json.loads(body), separators=(",", ":")) in Python',),
            reads(lambda body: compact(json.loads(body), ascii_only=True)), compact=True),
    Mistake("str(dict)", JSON, ("str(json.loads(body)) in Python",), reads(dict_text)),
    Mistake("json_encode", JSON, ("json_encode(json_decode($body)) in PHP", "php://input"),
            reads(php), compact=True),
    Mistake("json_encode, pretty", JSON, ("json_encode(json_decode($body), JSON_PRETTY_PRINT) in PHP",),
            reads(php_pretty)),
    Mistake("JSON.generate", JSON,
            ("JSON.generate(JSON.parse(body)) in Ruby", "json.loads(body)", "raw_post"),
            reads(lambda body: compact(json.loads(body))), compact=True),
    Mistake("to_json in Rails", JSON,
            ("JSON.parse(body).to_json (Rails) in Ruby", "json.Marshal of a struct"),
            reads(rails), compact=True),
    Mistake("json.Marshal", JSON, ("json.Marshal of a map in Go", "io.ReadAll"), reads(go_map)),
    Mistake("json.Encoder", JSON, ("json.NewEncoder(w).Encode of a map in Go",),
            reads(lambda body: f"{go_map(body)}\n")),
    Mistake("Gson", JSON, ("new Gson().toJson(JsonParser.parseString(body)) in Java", "@RequestBody"),
            reads(gson), compact=True),
    Mistake("Gson, objects", JSON, ("new Gson().fromJson(body, Object.class)",), reads(gson_objects)),
    Mistake("Jackson, pretty", JSON, ("writerWithDefaultPrettyPrinter",), reads(jackson_pretty)),
    Mistake("data only", "data_only", (), reads(lambda body: compact(json.loads(body)["data"]))),
    # what is not the body at all
    Mistake("empty", "body_empty", ("has read the body before",), reads(lambda _: "")),
    Mistake("{}", "body_empty_object", ("express.raw",), reads(lambda _: "{}")),
    Mistake("[]", "body_empty_array", ("$_POST",), reads(lambda _: "[]")),
    Mistake("null", "body_null", (), reads(lambda _: "null")),
    Mistake("None", "body_none", ("get_data",), reads(lambda _: "None")),
    Mistake("undefined", "body_undefined", ("express.raw",), reads(lambda _: "undefined")),
    Mistake("object", "body_object", ("express.raw",), reads(lambda _: "[object Object]")),
    Mistake("promise", "body_promise", ("await",), reads(lambda _: "[object Promise]")),
    Mistake("stream", "body_stream", ("await",), reads(lambda _: "[object ReadableStream]")),
    Mistake("array buffer", "body_array_buffer", (), reads(lambda _: "[object ArrayBuffer]")),
    Mistake("request.form", "body_form", ("request.form",), reads(lambda _: "ImmutableMultiDict([])")),
    Mistake("request.POST", "body_form", ("request.POST",), reads(lambda _: "<QueryDict: {}>")),
    Mistake("b'...'", "bytes_as_text", ("str(body)",), reads(str)),
    Mistake("Buffer", "bytes_as_text", ("JSON.stringify(buffer)",),
            reads(lambda body: compact({"type": "Buffer", "data": list(body)}))),
    Mistake("<Buffer ...>", "bytes_as_text", ("util.inspect",),
            reads(lambda body: f"<Buffer {body[:50].hex(' ')} ... {len(body) - 50} more bytes>")),
    Mistake("Uint8Array", "bytes_as_text", ("uint8Array",),
            reads(lambda body: ",".join(str(byte) for byte in body))),
    Mistake("fmt.Sprint", "bytes_as_text", ("fmt.Sprint",),
            reads(lambda body: f"[{' '.join(str(byte) for byte in body)}]")),
    Mistake("Arrays.toString", "bytes_as_text", ("Arrays.toString",), reads(java_arrays)),
    # other bytes of the same text
    Mistake("Base64 body", "body_base64", ("isBase64Encoded",), reads(base64.b64encode)),
    Mistake("hex body", "body_hex", (), reads(bytes.hex)),
    Mistake("JSON twice", "body_json_string", (),
            reads(lambda body: json.dumps(body.decode(), ensure_ascii=False))),
    Mistake("Latin-1", "body_latin1", ("UTF-8",), reads(lambda body: body.decode("latin-1")), compact=True),
    Mistake("Windows-1252", "body_cp1252", ("UTF-8",), reads(lambda body: body.decode("cp1252")),
            compact=True),
    Mistake("ASCII", "body_ascii", ("UTF-8",), reads(lambda body: body.decode("ascii", "replace")),
            compact=True),
    Mistake("binary", "body_to_binary", ("Node.js",),
            reads(lambda body: body.decode().encode("utf-16-le")[::2]), compact=True),
    Mistake("to Latin-1", "body_to_latin1", (),
            reads(lambda body: body.decode().encode("latin-1", "replace")), compact=True),
    Mistake("no other letters", "non_ascii_lost", (),
            reads(lambda body: bytes(byte for byte in body if byte < 128)), compact=True),
    Mistake("byte-order mark", "bom_added", (), reads(lambda body: b"\xef\xbb\xbf" + body)),
    Mistake("trimmed", "body_trimmed", (), reads(bytes.strip), compact=True),
    Mistake("chomped", "newline_removed", (), reads(lambda body: body.rstrip(b"\r\n")), compact=True),
    Mistake("newline", "newline_added", (), reads(lambda body: body + b"\n")),
    Mistake("line ends", "line_ends", (), reads(lambda body: body.replace(b"\r\n", b"\n")), compact=True),
    Mistake("lines joined", "lines_joined", ("getInputStream",),
            reads(lambda body: body.replace(b"\r\n", b"").replace(b"\n", b"")), compact=True),
    Mistake("no spaces", "spaces_removed", (), reads(lambda body: re.sub(r"\s", "", body.decode()))),
    Mistake("htmlspecialchars", "html_escaped", ("htmlspecialchars",),
            reads(lambda body: html.escape(body.decode()).replace("&#x27;", "&#039;"))),
    Mistake("html.escape", "html_escaped", (), reads(lambda body: html.escape(body.decode()))),
    Mistake("addslashes", "slashes_added", ("addslashes",),
            reads(lambda body: re.sub(rb"(['\"\\])", rb"\\\1", body))),
    Mistake("stripslashes", "slashes_removed", (), reads(lambda body: body.replace(b"\\", b"")),
            compact=True),
    Mistake("encodeURIComponent", "percent_encoded", ("encodeURIComponent",),
            reads(lambda body: quote(body, safe="!'()*"))),
    Mistake("form", "form_parsed", (), reads(lambda body: compact(
        {key: values[-1] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}))),
    Mistake("normal form", "unicode_normalised", (),
            reads(lambda body: unicodedata.normalize("NFC", body.decode())), compact=True),
    # how the signature is made
    Mistake("hex", "hex", ("Base64",), by_v1(lambda t, body: mac(f"{t}.".encode() + body).hex())),
    Mistake("upper-case hex", "hex_upper", ("Base64",),
            by_v1(lambda t, body: mac(f"{t}.".encode() + body).hex().upper())),
    Mistake("Base64 of hex", "base64_of_hex", ("true)",),
            by_v1(lambda t, body: b64(mac(f"{t}.".encode() + body).hex().encode()))),
    Mistake("no padding", "padding_lost", (), by_v1(lambda t, body: signed(body, t).rstrip("="))),
    Mistake("base64url", "url_safe_base64", (),
            by_v1(lambda t, body: signed(body, t).replace("+", "-").replace("/", "_").rstrip("="))),
    Mistake("base64url, padded", "url_safe_base64", ("standard",),
            by_v1(lambda t, body: signed(body, t).replace("+", "-").replace("/", "_"))),
    Mistake("no timestamp", "no_timestamp", ("<t>.",), by_v1(lambda _, body: b64(mac(body)))),
    Mistake("no timestamp, hex", "no_timestamp", ("in hex",), by_v1(lambda _, body: mac(body).hex())),
    Mistake("as Shopify", "header_not_parsed", ("Base64",), whole_header(lambda body: b64(mac(body)))),
    Mistake("as GitHub", "header_not_parsed", ("sha256=",),
            whole_header(lambda body: f"sha256={mac(body).hex()}")),
    Mistake("no dot", "no_dot", (), by_v1(lambda t, body: b64(mac(t.encode() + body)))),
    Mistake("colon", "separator", ("colon",), by_v1(lambda t, body: b64(mac(f"{t}:".encode() + body)))),
    Mistake("newline between", "separator", ("newline",),
            by_v1(lambda t, body: b64(mac(f"{t}\n".encode() + body)))),
    Mistake("as Slack", "separator", ("v1:",),
            by_v1(lambda t, body: b64(mac(f"v1:{t}:".encode() + body)))),
    Mistake("body first", "order", (), by_v1(lambda t, body: b64(mac(body + f".{t}".encode())))),
    Mistake("float", "timestamp_rewritten", ("fraction",),
            by_v1(lambda t, body: signed(body, str(float(t))))),
    Mistake("milliseconds signed", "timestamp_rewritten", ("milliseconds",),
            by_v1(lambda t, body: signed(body, f"{t}000"))),
    Mistake("date", "timestamp_rewritten", ("date",), by_v1(lambda t, body: signed(
        body, time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(int(t)))))),
    Mistake("Date.now()", "milliseconds", ("Date.now() / 1000",), millisecond_clock),
    Mistake("UTF-16", "utf16", ("UTF8",), by_v1(lambda t, body: b64(mac(
        f"{t}.{body.decode()}".encode("utf-16-le"))))),
    Mistake("SHA-1", "hash", ("SHA-1",),
            by_v1(lambda t, body: b64(mac(f"{t}.".encode() + body, algorithm="sha1")))),
    Mistake("SHA-512", "hash", ("SHA-512",),
            by_v1(lambda t, body: b64(mac(f"{t}.".encode() + body, algorithm="sha512")))),
    Mistake("arguments swapped", "arguments_swapped", (),
            by_v1(lambda t, body: b64(mac(SECRET.encode(), f"{t}.".encode() + body)))),
    Mistake("no HMAC", "no_hmac", (), by_v1(lambda t, body: b64(hashlib.sha256(
        SECRET.encode() + f"{t}.".encode() + body).digest()))),
    Mistake("no secret", "no_hmac", ("anyone",), by_v1(lambda t, body: b64(hashlib.sha256(
        f"{t}.".encode() + body).digest()))),
    # the secret and the clock
    Mistake("secret empty", "secret_missing", ("empty", "anyone"), keyed(b"")),
    Mistake("secret undefined", "secret_missing", ("undefined",), keyed(b"undefined")),
    Mistake("secret with a newline", "secret_whitespace", ("newline",), keyed(SECRET.encode() + b"\n")),
    Mistake("secret in quotes", "secret_quotes", ("double quotes",), keyed(f'"{SECRET}"'.encode())),
    Mistake("secret decoded", "secret_decoded", ("Base64",), keyed(base64.b64decode(SECRET + "=="))),
    Mistake("secret encoded", "secret_encoded", ("Base64",), keyed(base64.b64encode(SECRET.encode()))),
    Mistake("secret in hex", "secret_decoded", ("hex",), keyed(bytes.fromhex("00ff" * 16)),
            secret="00ff" * 16),
    Mistake("secret up to #", "secret_cut", ("#",), keyed(b'a"b'), secret=ODD),
    Mistake("secret up to $", "secret_cut", ("$",), keyed(b'a"b#c'), secret=ODD),
    Mistake("secret percent-decoded", "secret_decoded", ("%",), keyed(b'a"b#c$d eA f='), secret=ODD),
    Mistake("ahead", "time_zone", ("2 h ahead",), at_hours(2, future=True)),
    Mistake("behind", "time_zone", ("5 h behind",), at_hours(-5, future=False)),
    # two at a time
    Mistake("JSON.stringify in hex", f"hex+{JSON}",
            ("JSON.stringify(JSON.parse(body)) in JavaScript", "Base64"),
            by_v1(lambda t, body: mac(f"{t}.{javascript(body)}".encode()).hex())),
    Mistake("json.dumps in hex, no timestamp", f"no_timestamp+{JSON}",
            ("json.dumps(json.loads(body)) in Python",),
            by_v1(lambda _, body: mac(json.dumps(json.loads(body)).encode()).hex())),
    Mistake("json_encode as Shopify", f"header_not_parsed+{JSON}", ("PHP",),
            whole_header(lambda body: b64(mac(php(body).encode())))),
    Mistake("trimmed, newline in the secret", "secret_whitespace+body_trimmed", (), by_v1(
        lambda t, body: b64(mac(f"{t}.".encode() + body.strip(), SECRET.encode() + b"\n")))),
    Mistake("Latin-1 without a dot", "no_dot+body_latin1", (),
            by_v1(lambda t, body: b64(mac(f"{t}{body.decode('latin-1')}".encode())))),
)  # fmt: skip
"""The receivers, by kind of mistake."""
