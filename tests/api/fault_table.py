"""Every fault, and what is right for each kind of call: from what the design says, not from what happens."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.api.fault_proxy import PASSED, Down, Mangled
from tests.api.faults import drip, drop, http, last, reset, silence

if TYPE_CHECKING:
    from tests.api.fault_proxy import Genuine, Step
    from tests.api.faults import ScriptedResponse


@dataclass(frozen=True)
class Fault:
    """One way to go wrong.

    Attributes:
        expected: five cells, for token, GET, POST, PATCH and DELETE: the exit code, ``x``, how many such
            requests arrive. A ``?`` after the code: the error says that it may have been carried out, and
            how to look. A ``!``: it says what was not taken. ``+1`` at the end: one GET looks afterwards.
        steps: what such a call meets, the second such call, …; the last one meets all further ones.
        timeout: JEBBIT_TIMEOUT.
    """

    expected: str
    steps: tuple[Step, ...]
    timeout: float = 60


#         token GET POST  PATCH DELETE
FINE = "    0x1 0x1 0x1   0x1   0x1"
SECOND = "  0x2 0x2 0x2   0x2   0x2"
REFUSED = " 1x1 1x1 1x1   1x1   1x1"
FORBID = "  4x1 4x1 4x1   4x1   4x1"
BUSY = "    5x4 5x4 5x4   5x4   5x4"
"""Surely not taken: everything is tried again."""
PASSING = " 5x1 5x4 5?x1  5?x1  5?x4"
"""Reads and deletes are retried, however slow the response's body is; a token's POST is not."""
LASTING = " 5x1 5x1 5?x1  5?x1  5?x1"
"""Not retried: a failure that lasts, a response that has begun, or no time left."""
SENSELESS = "1x1 1x1 5?x1 5?x1  5?x1"
"""An answer that says success, and nothing else that can be read."""


def of(expected: str, *steps: Step, timeout: float = 60) -> Fault:
    return Fault(expected, steps, timeout)


def errors(status: int, **members: str) -> bytes:
    document = {"errors": [{"status": status, "title": "Scripted", **members}]}
    return http(status, json.dumps(document), Content_Type="application/vnd.api+json")


def page(status: int, **headers: str) -> bytes:
    html = f"<html><body><h1>{status}</h1>\n<p>nginx</p></body></html>"
    return http(status, html, Content_Type="text/html", **headers)


def said(body: bytes | str, **headers: str) -> bytes:
    return http(200, body, Content_Type="application/vnd.api+json", **headers)


def document(**members: Any) -> bytes:
    return said(json.dumps(members))


def moved(status: int, **headers: str) -> bytes:
    return http(status, "<html>moved", Content_Type="text/html", **headers)


def taken(answer: ScriptedResponse) -> Mangled:
    """The sandbox carries it out, and this is answered."""
    return Mangled(lambda _: answer)


def _raw(genuine: Genuine, line: str, *headers: str) -> bytes:
    return "\r\n".join([line, *headers, "", ""]).encode() + genuine.body


def _half(genuine: Genuine) -> ScriptedResponse:
    whole = genuine.http()
    return last(whole[: len(whole) - max(len(genuine.body) // 2, 1)])


def _chunked(genuine: Genuine, *, end: bytes) -> ScriptedResponse:
    head, _, _ = genuine.http(Transfer_Encoding="chunked").partition(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
    chunks = b"".join(b"%x;ext=1\r\n%c\r\n" % (1, byte) for byte in genuine.body)
    return last(head + b"\r\n\r\n" + chunks + end)


WRONG_TYPES = {
    "id": "L5m24mjs",
    "type": "integrations",
    "attributes": {
        "endpoint": 5,
        "region": ["us"],
        "is_active": "yes",
        "additional_options": "none",
        "shared_secret": {"a": 1},
        "created_at": -1,
    },
}
LIVE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e[red][/foo]:smile:"

STATUSES = {
    "400": of("4x1 1x1 1x1 1x1 1x1", errors(400)),
    "401": of(FORBID, http(401, "Unauthorized", Content_Type="text/plain")),
    "402": of(REFUSED, errors(402)),
    "403": of(FORBID, errors(403)),
    "404": of("1x1 3x1 3x1 3x1 3x1", http(404)),
    "404 page": of("1x1 3x1 3x1 3x1 3x1", page(404)),
    "405": of(REFUSED, page(405)),
    "408": of(LASTING, page(408)),
    "409": of(REFUSED, errors(409)),
    "413": of(REFUSED, page(413)),
    "415": of(REFUSED, errors(415)),
    "422": of(REFUSED, errors(422, detail="region is not included in the list")),
    "422 that is live": of(REFUSED, errors(422, title=LIVE, detail=LIVE)),
    "422 without errors": of(REFUSED, http(422, '{"errors": []}')),
    "422 with a text": of(REFUSED, http(422, '{"errors": "no"}')),
    "429": of(BUSY, errors(429)),
    "429 for a year": of(BUSY, http(429, Retry_After="31536000"), timeout=6),
    "429 for nothing": of(BUSY, http(429, Retry_After="-5")),
    "429 for abc": of(BUSY, http(429, Retry_After="abc")),
    "429 until 1999": of(BUSY, http(429, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")),
    "429 once": of(SECOND, http(429, Retry_After="0.1"), PASSED),
    "429, then dropped": of("5x2 5x4 5?x2 5?x2 5?x4", http(429, Retry_After="0.1"), drop),
    "429, then 404": of("1x2 3x2 3x2 3x2 3x2", http(429, Retry_After="0.1"), http(404)),
    "502, then 404": of("5x1 3x2 5?x1 5?x1 0x2", page(502), http(404)),
    "431": of(REFUSED, page(431)),
    "500": of(LASTING, errors(500)),
    "500 page": of(LASTING, page(500)),
    "500 that is live": of(LASTING, http(500, LIVE.encode() + b"\xff\x00")),
    "501": of(LASTING, http(501)),
    "502": of(PASSING, page(502)),
    "502 once": of("5x1 0x2 5?x1 5?x1 0x2", page(502), PASSED),
    "503": of(PASSING, errors(503)),
    "503 for abc": of(PASSING, http(503, Retry_After="abc")),
    "503 thrice": of("5x1 0x4 5?x1 5?x1 0x4", http(503), http(503), http(503), PASSED),
    "504": of(PASSING, http(504)),
    "504 once, after it was taken": of("5x1 0x2 5?x1 5?x1 0x2", taken(page(504)), PASSED),
    "511": of(LASTING, page(511)),
    "520": of(LASTING, page(520)),
    "999": of(LASTING, http(999)),
    "101": of(LASTING, http(101, Upgrade="websocket")),
    "103 and no answer": of(LASTING, last(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    "204 with a body": of("1x1 1x1 5?x1 1!x1+1 0x1", http(204, '{"data": null}')),
}

REDIRECTS = {
    "300": of(REFUSED, moved(300)),
    "301": of(REFUSED, moved(301, Location="ELSEWHERE/a")),
    "302": of(REFUSED, moved(302, Location="ELSEWHERE/a")),
    "303": of(REFUSED, moved(303, Location="ELSEWHERE/a")),
    "304": of(REFUSED, http(304)),
    "307": of(REFUSED, moved(307, Location="ELSEWHERE/oauth/token")),
    "308": of(REFUSED, moved(308, Location="ELSEWHERE/api/v1/integrations")),
    "307 to nowhere": of(REFUSED, moved(307)),
    "307 to itself": of(REFUSED, moved(307, Location="/api/v1/integrations")),
    "307 to a file": of(REFUSED, moved(307, Location="file:///etc/passwd")),
    "307 to no URL": of(REFUSED, moved(307, Location="http://[")),
    "200 that refreshes": of(SENSELESS, page(200, Refresh="0; url=ELSEWHERE/")),
}

CONNECTIONS = {
    "refused": of("5x0 5x0 5x0 5x0 5x0", Down(None)),
    "refused for a moment": of(FINE, Down(0.1)),
    "dropped": of(PASSING, drop),
    "dropped once": of("5x1 0x2 5?x1 5?x1 0x2", drop, PASSED),
    "dropped once, after it was taken": of("5x1 0x2 5?x1 5?x1 0x2", taken(drop), PASSED),
    "dropped after it was taken": of(PASSING, taken(drop)),
    "reset": of(PASSING, reset),
    "reset once, after it was taken": of("5x1 0x2 5?x1 5?x1 0x2", taken(reset), PASSED),
    "half a status line": of(PASSING, last(b"HTTP/1.1 2")),
    "another protocol": of(PASSING, last(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "HTTP/2": of(PASSING, last(b"HTTP/2 200\r\n\r\n{}")),
    "a TLS alert": of(PASSING, last(b"\x15\x03\x01\x00\x02\x02\x46")),
    "no status line": of(PASSING, last(b'{"data": []}')),
    "a long status line": of(PASSING, last(b"HTTP/1.1 200 " + b"O" * 70_000 + b"\r\n\r\n{}")),
    "a long header": of(PASSING, last(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n{}")),
    "many headers": of(PASSING, last(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 150 + b"\r\n{}")),
    "two lengths": of(LASTING, last(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")),
    "a short body": of(LASTING, last(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")),
    "a length of a petabyte": of(LASTING, last(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{}" % 10**15)),
    "half of the answer": of("5x1 5x1 5?x1 5?x1 0x1", Mangled(_half)),
    "a short chunk": of(LASTING, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}")),
    "no chunk": of(LASTING, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")),
    "no last chunk": of(LASTING, Mangled(lambda told: _chunked(told, end=b""))),
}

SLOW = {
    "silence": of(LASTING, silence, timeout=3),
    "silence after it was taken": of(LASTING, taken(silence), timeout=3),
    "slow headers": of(LASTING, drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"), timeout=3),
    "continues without end": of(LASTING, drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), timeout=3),
    "a slow body": of(LASTING, drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "), timeout=3),
    "a body without end": of(LASTING, drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "), timeout=3),
    "slow chunks": of(
        LASTING, drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), timeout=3
    ),
    "a slow 503": of(PASSING, drip(b"HTTP/1.1 503 No\r\nContent-Length: 9999\r\n\r\n", b" "), timeout=3),
}

HARMLESS = {
    "no reason": of(FINE, Mangled(lambda told: last(_raw(told, f"HTTP/1.1 {told.status}")))),
    "HTTP/1.0": of(FINE, Mangled(lambda told: last(_raw(told, f"HTTP/1.0 {told.status} OK")))),
    "a negative length": of(
        FINE, Mangled(lambda told: last(_raw(told, f"HTTP/1.1 {told.status} OK", "Content-Length: -5")))
    ),
    "a length of abc": of(
        FINE, Mangled(lambda told: last(_raw(told, f"HTTP/1.1 {told.status} OK", "Content-Length: abc")))
    ),
    "no media type": of(FINE, Mangled(lambda told: told.http(Content_Type=""))),
    "the wrong media type": of(FINE, Mangled(lambda told: told.http(Content_Type="text/html; charset=x"))),
    "chunks": of(FINE, Mangled(lambda told: _chunked(told, end=b"0\r\nX-Trailer: 1\r\n\r\n"))),
    "gzip": of(FINE, Mangled(lambda told: told.http(gzip.compress(told.body), Content_Encoding="gzip"))),
    "a few continues": of(FINE, Mangled(lambda told: b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + told.http())),
    "two answers": of(FINE, Mangled(lambda told: told.http() + said('{"data": [], "access_token": "x"}'))),
    "a cookie": of(FINE, Mangled(lambda told: told.http(Set_Cookie="a=b; Domain=127.0.0.1; Path=/"))),
}

BODIES = {
    "a page": of(SENSELESS, page(200)),
    "a page, created": of(SENSELESS, page(201)),
    "half a document": of(SENSELESS, said('{"data": {"id": "L5m24')),
    "nothing": of("1x1 1x1 5?x1 1!x1+1 0x1", said("")),
    "blanks": of("1x1 1x1 5?x1 1!x1+1 0x1", said(" \r\n")),
    "headers that end": of("1x1 1x1 5?x1 1!x1+1 0x1", last(b"HTTP/1.1 200 OK\r\nContent-Ty")),
    "null": of("1x1 1x1 5?x1 1!x1+1 0x1", said("null")),
    "a list": of("1x1 1x1 5?x1 5?x1 0x1", said("[1]")),
    "a number": of("1x1 1x1 5?x1 5?x1 0x1", said("5")),
    "a text": of("1x1 1x1 5?x1 5?x1 0x1", said('"text"')),
    "data: null": of("1x1 1x1 5?x1 5?x1 0x1", document(data=None)),
    "data: a list": of("1x1 1x1 5?x1 5?x1 0x1", document(data=[WRONG_TYPES])),
    "data: a text": of("1x1 1x1 5?x1 5?x1 0x1", document(data="L5m24mjs")),
    "attributes: a list": of("1x1 1x1 5?x1 5?x1 0x1", document(data={"id": "a", "attributes": []})),
    "data: nothing": of("1x1 0x1 5?x1 1!x1+1 0x1", document(data={})),
    "no id": of("1x1 0x1 1!x1 1!x1+1 0x1", document(data={"attributes": {"shared_secret": "once"}})),
    "wrong types": of("1x1 0x1 1!x1 1!x1+1 0x1", document(data=WRONG_TYPES)),
    "errors with 200": of(SENSELESS, document(errors=[{"status": "500", "title": "Scripted"}])),
    "deep": of(SENSELESS, said("[" * 100_000)),
    "deep and whole": of(SENSELESS, said("[" * 150 + "]" * 150)),
    "a long number": of(SENSELESS, said('{"data": ' + "9" * 5000 + "}")),
    "NaN": of(SENSELESS, said('{"data": NaN}')),
    "1e999": of(SENSELESS, said('{"data": 1e999}')),
    "NUL": of(SENSELESS, said(b"\x00" * 20)),
    "not UTF-8": of(SENSELESS, said(b'{"data": "\xff\xfe\xe9"}')),
    "a gzip bomb": of(SENSELESS, said(gzip.compress(bytes(2**20)) * 100, Content_Encoding="gzip")),
    "a gzip bomb with 422": of(
        REFUSED, http(422, gzip.compress(bytes(2**20)) * 100, Content_Encoding="gzip")
    ),
    "no gzip": of(LASTING, said("{}", Content_Encoding="gzip")),
    "half of gzip": of(
        LASTING, said(gzip.compress(b'{"data": "' + bytes(99))[:-20], Content_Encoding="gzip")
    ),
    "brotli": of(SENSELESS, said(b"\x0b\x02\x80{}\x03", Content_Encoding="br")),
}

FAULTS = {**STATUSES, **REDIRECTS, **CONNECTIONS, **SLOW, **HARMLESS, **BODIES}
