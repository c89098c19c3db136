"""Captures of one signed request, as the programs that make them write them."""

from __future__ import annotations

import base64
import json
from typing import Any

from jebbitctl.webhooks.delivery import Delivery
from jebbitctl.webhooks.recordings.lines import to_line
from jebbitctl.webhooks.signature import Reason, Verification

SIGNED_AT = 1_700_000_000
BODY = b'{"data":{"email":"a"},\r\n"event":{"event_number":0}}'
SIGNATURE = "t=1700000000,v1=V1Sq8LSCyAxq4rUlnrLoZl3jegyu6X2fxkzN042GxLM="
"""Of ``BODY``, made with OpenSSL."""
HEADERS = {
    "Host": "hooks.example.com",
    "X-Jebbit-Signature": SIGNATURE,
    "Content-Type": "application/json",
    "Content-Length": str(len(BODY)),
}
HEAD = b"POST /jebbit HTTP/1.1\r\n" + b"".join(f"{n}: {v}\r\n".encode() for n, v in HEADERS.items())
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RAW = HEAD + b"\r\n" + BODY
CHUNKED_HEAD = HEAD.replace(b"Content-Length: 51\r\n", b"Transfer-Encoding: chunked\r\n")
CHUNKS = b"a;name=value\r\n" + BODY[:10] + b"\r\n29\r\n" + BODY[10:] + b"\r\n0\r\nTrailer: 1\r\n\r\n"
HTTP_2 = (
    ":method: POST\n:path: /jebbit\n:scheme: https\n:authority: hooks.example.com\n"
    f"x-jebbit-signature: {SIGNATURE}\ncontent-type: application/json\n\n"
).encode() + BODY

CURL_VERBOSE = f"""\
*   Trying 127.0.0.1:18766...
* Connected to 127.0.0.1 (127.0.0.1) port 18766 (#0)
> POST /jebbit HTTP/1.1\r
> Host: 127.0.0.1:18766\r
> x-jebbit-signature: {SIGNATURE}\r
> Content-Type:application/json\r
> Content-Length: 51\r
> \r
}} [51 bytes data]
* HTTP 1.0, assume close after body
< HTTP/1.0 200 OK\r
< Content-Length: 2\r
< \r
{{ [2 bytes data]
* Closing connection 0
""".encode()
CURL_TRACE_ASCII = b"""\
== Info:   Trying 127.0.0.1:18766...
== Info: Connected to 127.0.0.1 (127.0.0.1) port 18766 (#0)
=> Send header, 181 bytes (0xb5)
0000: POST /jebbit HTTP/1.1
0017: Host: 127.0.0.1:18766
002e: x-jebbit-signature: t=1700000000,v1=V1Sq8LSCyAxq4rUlnrLoZl3jegyu
006e: 6X2fxkzN042GxLM=
0080: Content-Type:application/json
009f: Content-Length: 51
00b3:\x20
=> Send data, 51 bytes (0x33)
0000: {"data":{"email":"a"},
0018: "event":{"event_number":0}}
== Info: HTTP 1.0, assume close after body
<= Recv header, 17 bytes (0x11)
0000: HTTP/1.0 200 OK
<= Recv header, 2 bytes (0x2)
0000:\x20
<= Recv data, 2 bytes (0x2)
0000: ok
== Info: Closing connection 0
"""
CURL_TRACE_ASCII_CHUNKED = b"""\
=> Send header, 189 bytes (0xbd)
0000: POST /jebbit HTTP/1.1
0017: Host: 127.0.0.1:18766
002e: x-jebbit-signature: t=1700000000,v1=V1Sq8LSCyAxq4rUlnrLoZl3jegyu
006e: 6X2fxkzN042GxLM=
0080: Transfer-Encoding: chunked
009c: Content-Type:application/json
00bb:\x20
=> Send data, 62 bytes (0x3e)
0000: 33
0004: {"data":{"email":"a"},
001c: "event":{"event_number":0}}
0039: 0
003c:\x20
== Info: HTTP 1.0, assume close after body
"""
CURL_TRACE = b"""\
18:51:07.205761 == Info: Connected to 127.0.0.1 (127.0.0.1) port 18766 (#0)
18:51:07.205792 => Send header, 181 bytes (0xb5)
0000: 50 4f 53 54 20 2f 6a 65 62 62 69 74 20 48 54 54 POST /jebbit HTT
0010: 50 2f 31 2e 31 0d 0a 48 6f 73 74 3a 20 31 32 37 P/1.1..Host: 127
0020: 2e 30 2e 30 2e 31 3a 31 38 37 36 36 0d 0a 78 2d .0.0.1:18766..x-
0030: 6a 65 62 62 69 74 2d 73 69 67 6e 61 74 75 72 65 jebbit-signature
0040: 3a 20 74 3d 31 37 30 30 30 30 30 30 30 30 2c 76 : t=1700000000,v
0050: 31 3d 56 31 53 71 38 4c 53 43 79 41 78 71 34 72 1=V1Sq8LSCyAxq4r
0060: 55 6c 6e 72 4c 6f 5a 6c 33 6a 65 67 79 75 36 58 UlnrLoZl3jegyu6X
0070: 32 66 78 6b 7a 4e 30 34 32 47 78 4c 4d 3d 0d 0a 2fxkzN042GxLM=..
0080: 43 6f 6e 74 65 6e 74 2d 54 79 70 65 3a 61 70 70 Content-Type:app
0090: 6c 69 63 61 74 69 6f 6e 2f 6a 73 6f 6e 0d 0a 43 lication/json..C
00a0: 6f 6e 74 65 6e 74 2d 4c 65 6e 67 74 68 3a 20 35 ontent-Length: 5
00b0: 31 0d 0a 0d 0a                                  1....
18:51:07.205829 => Send data, 51 bytes (0x33)
0000: 7b 22 64 61 74 61 22 3a 7b 22 65 6d 61 69 6c 22 {"data":{"email"
0010: 3a 22 61 22 7d 2c 0d 0a 22 65 76 65 6e 74 22 3a :"a"},.."event":
0020: 7b 22 65 76 65 6e 74 5f 6e 75 6d 62 65 72 22 3a {"event_number":
0030: 30 7d 7d                                        0}}
18:51:07.206287 == Info: HTTP 1.0, assume close after body
18:51:07.206296 <= Recv header, 2 bytes (0x2)
0000: 0d 0a                                           ..
"""
"""From curl 7.88.1, the last one with ``--trace-time``."""


def har_request(headers: dict[str, str] = HEADERS, **post_data: Any) -> dict[str, Any]:
    """A request of a HAR file."""
    return {
        "method": "POST",
        "url": "https://hooks.example.com/jebbit",
        "httpVersion": "HTTP/2.0",
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(BODY),
        "postData": {"mimeType": "application/json", **(post_data or {"text": BODY.decode()})},
    }


def har_entry(
    request: dict[str, Any] | None = None, *, time: str = "2023-11-14T22:13:21.5Z"
) -> dict[str, Any]:
    """An entry of a HAR file."""
    return {
        "startedDateTime": time,
        "time": 12.5,
        "request": request or har_request(),
        "response": {"status": 200},
    }


def har(*entries: dict[str, Any]) -> bytes:
    """A HAR file."""
    log = {"version": "1.2", "creator": {"name": "mitmproxy", "version": "11"}, "entries": list(entries)}
    return json.dumps({"log": log}, indent=2).encode()


UNSIGNED = har_entry(har_request({"Host": "www.example.com"}))
CONTEXT_V1 = {
    "httpMethod": "POST",
    "requestTime": "14/Nov/2023:22:13:21 +0000",
    "requestTimeEpoch": 1700000001500,
}
CONTEXT_V2 = {
    "http": {"method": "POST", "path": "/jebbit", "protocol": "HTTP/1.1"},
    "time": "14/Nov/2023:22:13:21 +0000",
    "timeEpoch": 1700000001500,
}
LOWER = {name.lower(): value for name, value in HEADERS.items()}
EVENT_V1 = {
    "resource": "/jebbit",
    "path": "/jebbit",
    "httpMethod": "POST",
    "headers": HEADERS,
    "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
    "queryStringParameters": None,
    "requestContext": CONTEXT_V1,
    "body": BODY.decode(),
    "isBase64Encoded": False,
}
EVENT_V2 = {
    "version": "2.0",
    "routeKey": "POST /jebbit",
    "rawPath": "/jebbit",
    "headers": LOWER,
    "requestContext": CONTEXT_V2,
    "body": base64.b64encode(BODY).decode(),
    "isBase64Encoded": True,
}
EVENT_ALB = {
    "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b"}},
    "httpMethod": "POST",
    "path": "/jebbit",
    "multiValueHeaders": {name: [value] for name, value in LOWER.items()},
    "body": BODY.decode(),
    "isBase64Encoded": False,
}


def recorded(body: bytes = BODY, *, time: float = SIGNED_AT + 1.5, omitted_bytes: int = 0) -> bytes:
    """A line of a recording."""
    verification = Verification(Reason.OK, SIGNED_AT, 1)
    delivery = Delivery(
        time, body, LOWER, verification, test=False, repeat=False, status=200, omitted_bytes=omitted_bytes
    )
    return to_line(delivery)


CAPTURES: dict[str, tuple[str, bytes]] = {
    "raw": ("http", RAW),
    "raw, then the response": ("http", RAW + RESPONSE),
    "raw, with the line breaks that a viewer adds": ("http", b"\r\n" + RAW + b"\n\n" + RESPONSE),
    "raw, a head with LF": ("http", HEAD.replace(b"\r\n", b"\n") + b"\n" + BODY),
    "raw, other case": ("http", HEAD.replace(b"X-Jebbit-Signature", b"x-JEBBIT-signature") + b"\r\n" + BODY),
    "raw, folded": ("http", HEAD.replace(b"Signature: ", b"Signature:\r\n\t") + b"\r\n" + BODY),
    "raw, folded with a space": ("http", HEAD.replace(b"application/json", b"a,\r\n b") + b"\r\n" + BODY),
    "raw, no length": ("http", HEAD.replace(b"Content-Length: 51\r\n", b"") + b"\r\n" + BODY),
    "raw, BOM": ("http", b"\xef\xbb\xbf" + RAW),
    "raw, after another request": ("http", b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + RAW),
    "raw, newline at the end": ("http", RAW + b"\n"),
    "chunked": ("http", CHUNKED_HEAD + b"\r\n" + CHUNKS),
    "chunked, then the response": ("http", CHUNKED_HEAD + b"\r\n" + CHUNKS + RESPONSE),
    "chunked without a signature, then another": (
        "http",
        CHUNKED_HEAD.replace(b"X-Jebbit-Signature", b"X-Other") + b"\r\n" + CHUNKS + RAW,
    ),
    "chunked, chunks joined by the viewer": ("http", CHUNKED_HEAD + b"\r\n" + BODY),
    "HTTP/2": ("http", HTTP_2),
    "headers only": ("http", HEAD.partition(b"\r\n")[2] + b"\r\n" + BODY),
    "curl -i": ("http", RAW.replace(b"POST /jebbit HTTP/1.1", b"HTTP/2 200 ")),
    "curl --trace": ("curl_trace", CURL_TRACE),
    "curl --trace-ascii": ("curl_trace", CURL_TRACE_ASCII),
    "curl --trace-ascii, chunked": ("curl_trace", CURL_TRACE_ASCII_CHUNKED),
    "HAR": ("har", har(UNSIGNED, har_entry())),
    "HAR, Base64": (
        "har",
        har(har_entry(har_request(text=base64.b64encode(BODY).decode(), encoding="base64"))),
    ),
    "HAR entry": ("har", json.dumps(har_entry()).encode()),
    "HAR request": ("har", json.dumps(har_request()).encode()),
    "HAR entries": ("har", json.dumps([UNSIGNED, har_entry()]).encode()),
    "API Gateway 1.0": ("gateway_event", json.dumps(EVENT_V1, indent=2).encode()),
    "API Gateway 2.0": ("gateway_event", json.dumps(EVENT_V2).encode()),
    "ALB": ("gateway_event", json.dumps(EVENT_ALB).encode()),
    "recording": ("recording", recorded()),
    "recording, indented": ("recording", json.dumps(json.loads(recorded()), indent=2).encode()),
}
"""By name: the format that is found, and the file."""
