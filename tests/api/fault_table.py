"""Every fault, with the expected outcome for each kind of call, derived from the design."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.api.fault_proxy import UNCHANGED, Altered, Down
from tests.api.faults import drip, drop, http, last, reset, silence

if TYPE_CHECKING:
    from tests.api.fault_proxy import SandboxResponse, Step
    from tests.api.faults import ScriptedResponse


@dataclass(frozen=True)
class Fault:
    """One fault of the other side.

    Attributes:
        expected: five cells, for token, GET, POST, PATCH and DELETE: the exit code, ``x``, and the number of
            such requests. ``?`` after the code: the error says that the call may have been carried out, and
            how to check. ``!``: it names unapplied attributes. ``+1`` at the end: a GET follows.
        steps: one for the first such call, one for the second, …; the last step repeats.
        timeout: JEBBIT_TIMEOUT.
    """

    expected: str
    steps: tuple[Step, ...]
    timeout: float = 60


# token GET POST PATCH DELETE
FINE = "0x1 0x1 0x1 0x1 0x1"
SECOND_ATTEMPT = "0x2 0x2 0x2 0x2 0x2"
REJECTED = "1x1 1x1 1x1 1x1 1x1"
FORBIDDEN = "4x1 4x1 4x1 4x1 4x1"
RATE_LIMITED = "5x4 5x4 5x4 5x4 5x4"
"""Certainly not carried out: every call is retried."""
TRANSIENT = "5x1 5x4 5?x1 5?x1 5?x4"
"""Reads and deletes are retried, however slow the response's body is; a token's POST is not."""
FINAL = "5x1 5x1 5?x1 5?x1 5?x1"
"""Not retried: a permanent failure, a response that has begun, or no time left."""
UNREADABLE = "1x1 1x1 5?x1 5?x1 5?x1"
"""A success whose body cannot be read."""


def fault(expected: str, *steps: Step, timeout: float = 60) -> Fault:
    return Fault(expected, steps, timeout)


def errors(status: int, **members: str) -> bytes:
    document = {"errors": [{"status": status, "title": "Scripted", **members}]}
    return http(status, json.dumps(document), Content_Type="application/vnd.api+json")


def page(status: int, **headers: str) -> bytes:
    html = f"<html><body><h1>{status}</h1>\n<p>nginx</p></body></html>"
    return http(status, html, Content_Type="text/html", **headers)


def success(body: bytes | str, **headers: str) -> bytes:
    return http(200, body, Content_Type="application/vnd.api+json", **headers)


def document(**members: Any) -> bytes:
    return success(json.dumps(members))


def moved(status: int, **headers: str) -> bytes:
    return http(status, "<html>moved", Content_Type="text/html", **headers)


def carried_out(response: ScriptedResponse) -> Altered:
    """Return a step in which the sandbox carries out the call, but the client gets this response."""
    return Altered(lambda _: response)


def _raw(original: SandboxResponse, line: str, *headers: str) -> bytes:
    return "\r\n".join([line, *headers, "", ""]).encode() + original.body


def _half(original: SandboxResponse) -> ScriptedResponse:
    response = original.http()
    return last(response[: len(response) - max(len(original.body) // 2, 1)])


def _chunked(original: SandboxResponse, *, end: bytes) -> ScriptedResponse:
    head, _, _ = original.http(Transfer_Encoding="chunked").partition(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
    chunks = b"".join(b"%x;ext=1\r\n%c\r\n" % (1, byte) for byte in original.body)
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
CONTROLS = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e[red][/foo]:smile:"

STATUSES = {
    "400": fault("4x1 1x1 1x1 1x1 1x1", errors(400)),
    "401": fault(FORBIDDEN, http(401, "Unauthorized", Content_Type="text/plain")),
    "402": fault(REJECTED, errors(402)),
    "403": fault(FORBIDDEN, errors(403)),
    "404": fault("1x1 3x1 3x1 3x1 3x1", http(404)),
    "404 page": fault("1x1 3x1 3x1 3x1 3x1", page(404)),
    "405": fault(REJECTED, page(405)),
    "408": fault(FINAL, page(408)),
    "409": fault(REJECTED, errors(409)),
    "413": fault(REJECTED, page(413)),
    "415": fault(REJECTED, errors(415)),
    "422": fault(REJECTED, errors(422, detail="region is not included in the list")),
    "422 with control characters": fault(REJECTED, errors(422, title=CONTROLS, detail=CONTROLS)),
    "422 without errors": fault(REJECTED, http(422, '{"errors": []}')),
    "422 with a text": fault(REJECTED, http(422, '{"errors": "no"}')),
    "429": fault(RATE_LIMITED, errors(429)),
    "429 for a year": fault(RATE_LIMITED, http(429, Retry_After="31536000"), timeout=6),
    "429 for nothing": fault(RATE_LIMITED, http(429, Retry_After="-5")),
    "429 for abc": fault(RATE_LIMITED, http(429, Retry_After="abc")),
    "429 until 1999": fault(RATE_LIMITED, http(429, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")),
    "429 once": fault(SECOND_ATTEMPT, http(429, Retry_After="0.1"), UNCHANGED),
    "429, then dropped": fault("5x2 5x4 5?x2 5?x2 5?x4", http(429, Retry_After="0.1"), drop),
    "429, then 404": fault("1x2 3x2 3x2 3x2 3x2", http(429, Retry_After="0.1"), http(404)),
    "502, then 404": fault("5x1 3x2 5?x1 5?x1 0x2", page(502), http(404)),
    "431": fault(REJECTED, page(431)),
    "500": fault(FINAL, errors(500)),
    "500 page": fault(FINAL, page(500)),
    "500 with control characters": fault(FINAL, http(500, CONTROLS.encode() + b"\xff\x00")),
    "501": fault(FINAL, http(501)),
    "502": fault(TRANSIENT, page(502)),
    "502 once": fault("5x1 0x2 5?x1 5?x1 0x2", page(502), UNCHANGED),
    "503": fault(TRANSIENT, errors(503)),
    "503 for abc": fault(TRANSIENT, http(503, Retry_After="abc")),
    "503 thrice": fault("5x1 0x4 5?x1 5?x1 0x4", http(503), http(503), http(503), UNCHANGED),
    "504": fault(TRANSIENT, http(504)),
    "504 once, after it was carried out": fault("5x1 0x2 5?x1 5?x1 0x2", carried_out(page(504)), UNCHANGED),
    "511": fault(FINAL, page(511)),
    "520": fault(FINAL, page(520)),
    "999": fault(FINAL, http(999)),
    "101": fault(FINAL, http(101, Upgrade="websocket")),
    "103 and no response": fault(TRANSIENT, last(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    "204 with a body": fault("1x1 1x1 5?x1 1!x1+1 0x1", http(204, '{"data": null}')),
}

REDIRECTS = {
    "300": fault(REJECTED, moved(300)),
    "301": fault(REJECTED, moved(301, Location="ELSEWHERE/a")),
    "302": fault(REJECTED, moved(302, Location="ELSEWHERE/a")),
    "303": fault(REJECTED, moved(303, Location="ELSEWHERE/a")),
    "304": fault(REJECTED, http(304)),
    "307": fault(REJECTED, moved(307, Location="ELSEWHERE/oauth/token")),
    "308": fault(REJECTED, moved(308, Location="ELSEWHERE/api/v1/integrations")),
    "307 to nowhere": fault(REJECTED, moved(307)),
    "307 to itself": fault(REJECTED, moved(307, Location="/api/v1/integrations")),
    "307 to a file": fault(REJECTED, moved(307, Location="file:///etc/passwd")),
    "307 to no URL": fault(REJECTED, moved(307, Location="http://[")),
    "200 that refreshes": fault(UNREADABLE, page(200, Refresh="0; url=ELSEWHERE/")),
}

CONNECTIONS = {
    "refused": fault("5x0 5x0 5x0 5x0 5x0", Down(None)),
    "refused for a moment": fault(FINE, Down(0.1)),
    "dropped": fault(TRANSIENT, drop),
    "dropped once": fault("5x1 0x2 5?x1 5?x1 0x2", drop, UNCHANGED),
    "dropped once, after it was carried out": fault("5x1 0x2 5?x1 5?x1 0x2", carried_out(drop), UNCHANGED),
    "dropped after it was carried out": fault(TRANSIENT, carried_out(drop)),
    "reset": fault(TRANSIENT, reset),
    "reset once, after it was carried out": fault("5x1 0x2 5?x1 5?x1 0x2", carried_out(reset), UNCHANGED),
    "half a status line": fault(TRANSIENT, last(b"HTTP/1.1 2")),
    "another protocol": fault(TRANSIENT, last(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "HTTP/2": fault(TRANSIENT, last(b"HTTP/2 200\r\n\r\n{}")),
    "a TLS alert": fault(TRANSIENT, last(b"\x15\x03\x01\x00\x02\x02\x46")),
    "no status line": fault(TRANSIENT, last(b'{"data": []}')),
    "a long status line": fault(TRANSIENT, last(b"HTTP/1.1 200 " + b"O" * 70_000 + b"\r\n\r\n{}")),
    "a long header": fault(TRANSIENT, last(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n{}")),
    "many headers": fault(TRANSIENT, last(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 150 + b"\r\n{}")),
    "two lengths": fault(FINAL, last(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")),
    "a short body": fault(FINAL, last(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")),
    "a length of a petabyte": fault(FINAL, last(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{}" % 10**15)),
    "half of the response": fault("5x1 5x1 5?x1 5?x1 0x1", Altered(_half)),
    "a short chunk": fault(FINAL, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}")),
    "no chunk": fault(FINAL, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")),
    "a negative chunk": fault(
        FINAL, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n")
    ),
    "a huge chunk": fault(
        FINAL, last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}\r\n")
    ),
    "no last chunk": fault(FINAL, Altered(lambda original: _chunked(original, end=b""))),
}

SLOW = {
    "silence": fault(FINAL, silence, timeout=3),
    "silence after it was carried out": fault(FINAL, carried_out(silence), timeout=3),
    "slow headers": fault(FINAL, drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"), timeout=3),
    "continues without end": fault(FINAL, drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), timeout=3),
    "a slow body": fault(FINAL, drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "), timeout=3),
    "a body without end": fault(FINAL, drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "), timeout=3),
    "slow chunks": fault(
        FINAL, drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), timeout=3
    ),
    "a slow 503": fault(TRANSIENT, drip(b"HTTP/1.1 503 No\r\nContent-Length: 9999\r\n\r\n", b" "), timeout=3),
}

HARMLESS = {
    "no reason": fault(FINE, Altered(lambda original: last(_raw(original, f"HTTP/1.1 {original.status}")))),
    "HTTP/1.0": fault(FINE, Altered(lambda original: last(_raw(original, f"HTTP/1.0 {original.status} OK")))),
    "a negative length": fault(
        FINE,
        Altered(
            lambda original: last(_raw(original, f"HTTP/1.1 {original.status} OK", "Content-Length: -5"))
        ),
    ),
    "a length of abc": fault(
        FINE,
        Altered(
            lambda original: last(_raw(original, f"HTTP/1.1 {original.status} OK", "Content-Length: abc"))
        ),
    ),
    "no media type": fault(FINE, Altered(lambda original: original.http(Content_Type=""))),
    "the wrong media type": fault(
        FINE, Altered(lambda original: original.http(Content_Type="text/html; charset=x"))
    ),
    "chunks": fault(FINE, Altered(lambda original: _chunked(original, end=b"0\r\nX-Trailer: 1\r\n\r\n"))),
    "gzip": fault(
        FINE, Altered(lambda original: original.http(gzip.compress(original.body), Content_Encoding="gzip"))
    ),
    "any interim responses before the response": fault(
        FINE,
        Altered(
            lambda original: (
                b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                b"HTTP/1.1 199 Unheard Of\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + original.http()
            )
        ),
    ),
    "a few continues": fault(
        FINE, Altered(lambda original: b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + original.http())
    ),
    "two responses": fault(
        FINE, Altered(lambda original: original.http() + success('{"data": [], "access_token": "x"}'))
    ),
    "a cookie": fault(
        FINE, Altered(lambda original: original.http(Set_Cookie="a=b; Domain=127.0.0.1; Path=/"))
    ),
}

BODIES = {
    "a page": fault(UNREADABLE, page(200)),
    "a page, created": fault(UNREADABLE, page(201)),
    "half a document": fault(UNREADABLE, success('{"data": {"id": "L5m24')),
    "nothing": fault("1x1 1x1 5?x1 1!x1+1 0x1", success("")),
    "spaces": fault("1x1 1x1 5?x1 1!x1+1 0x1", success(" \r\n")),
    "headers that end": fault("1x1 1x1 5?x1 1!x1+1 0x1", last(b"HTTP/1.1 200 OK\r\nContent-Ty")),
    "null": fault("1x1 1x1 5?x1 1!x1+1 0x1", success("null")),
    "a list": fault("1x1 1x1 5?x1 5?x1 0x1", success("[1]")),
    "a number": fault("1x1 1x1 5?x1 5?x1 0x1", success("5")),
    "a text": fault("1x1 1x1 5?x1 5?x1 0x1", success('"text"')),
    "data: null": fault("1x1 1x1 5?x1 5?x1 0x1", document(data=None)),
    "data: a list": fault("1x1 1x1 5?x1 5?x1 0x1", document(data=[WRONG_TYPES])),
    "data: a text": fault("1x1 1x1 5?x1 5?x1 0x1", document(data="L5m24mjs")),
    "attributes: a list": fault("1x1 1x1 5?x1 5?x1 0x1", document(data={"id": "a", "attributes": []})),
    "data: nothing": fault("1x1 0x1 5?x1 1!x1+1 0x1", document(data={})),
    "no id": fault("1x1 0x1 5?x1 1!x1+1 0x1", document(data={"attributes": {"shared_secret": "once"}})),
    "wrong types": fault("1x1 0x1 1!x1+1 1!x1+1 0x1", document(data=WRONG_TYPES)),
    "errors with 200": fault(UNREADABLE, document(errors=[{"status": "500", "title": "Scripted"}])),
    "deep": fault(UNREADABLE, success("[" * 100_000)),
    "deep and whole": fault(UNREADABLE, success("[" * 150 + "]" * 150)),
    "a long number": fault(UNREADABLE, success('{"data": ' + "9" * 5000 + "}")),
    "NaN": fault(UNREADABLE, success('{"data": NaN}')),
    "1e999": fault(UNREADABLE, success('{"data": 1e999}')),
    "NUL": fault(UNREADABLE, success(b"\x00" * 20)),
    "not UTF-8": fault(UNREADABLE, success(b'{"data": "\xff\xfe\xe9"}')),
    "a gzip bomb": fault(UNREADABLE, success(gzip.compress(bytes(2**20)) * 100, Content_Encoding="gzip")),
    "a gzip bomb with 422": fault(
        REJECTED, http(422, gzip.compress(bytes(2**20)) * 100, Content_Encoding="gzip")
    ),
    "no gzip": fault(FINAL, success("{}", Content_Encoding="gzip")),
    "half of gzip": fault(
        FINAL, success(gzip.compress(b'{"data": "' + bytes(99))[:-20], Content_Encoding="gzip")
    ),
    "brotli": fault(UNREADABLE, success(b"\x0b\x02\x80{}\x03", Content_Encoding="br")),
}

FAULTS = {**STATUSES, **REDIRECTS, **CONNECTIONS, **SLOW, **HARMLESS, **BODIES}
