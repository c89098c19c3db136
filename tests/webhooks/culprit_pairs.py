"""Broken captures with two mistakes each."""

from __future__ import annotations

import base64
import gzip
import json

from jebbitctl.webhooks.explain import Cause

from .culprit_builders import (
    AT,
    B64,
    BODY,
    GOOD,
    LINES,
    MESSAGE,
    PLUS,
    TEXT,
    V1,
    Culprit,
    dumped,
    event,
    header_of,
    hmac_of,
    signed,
)
from .support import SECRET


def both(name: str, *causes: Cause, **fields: object) -> Culprit:
    return Culprit(name, causes, **fields)  # type: ignore[arg-type]


IN_PAIRS = [
    both(
        "CRLF, secret with newline",
        Cause.CRLF,
        Cause.KEY_WHITESPACE,
        body=LINES.replace(b"\n", b"\r\n"),
        header=signed(LINES),
        secret=f"{SECRET}\n",
    ),
    both("Base64, quoted header", Cause.BODY_BASE64, Cause.HEADER_QUOTES, body=B64, header=f'"{GOOD}"'),
    both(
        "newline, quoted secret",
        Cause.NEWLINE_ADDED,
        Cause.KEY_QUOTES,
        body=BODY + b"\n",
        secret=f'"{SECRET}"',
    ),
    both(
        "newline, CR in the header",
        Cause.NEWLINE_ADDED,
        Cause.HEADER_WHITESPACE,
        body=BODY + b"\n",
        header=f"{GOOD}\r",
    ),
    both("mark, newline", Cause.BOM_ADDED, Cause.NEWLINE_ADDED, body=b"\xef\xbb\xbf" + BODY + b"\n"),
    both("indented, CRLF", Cause.JSON_REWRITTEN, Cause.CRLF, header=signed(LINES.replace(b"\n", b"\r\n"))),
    both(
        "rewritten, no timestamp",
        Cause.JSON_REWRITTEN,
        Cause.NO_TIMESTAMP,
        header=header_of(hmac_of(dumped())),
    ),
    both(
        "rewritten, hex",
        Cause.JSON_REWRITTEN,
        Cause.HEX,
        header=f"t={AT},v1={hmac_of(b'%d.%s' % (AT, dumped())).hex()}",
    ),
    both(
        "rewritten, secret with newline",
        Cause.JSON_REWRITTEN,
        Cause.KEY_WHITESPACE,
        body=dumped(),
        secret=f"{SECRET}\n",
    ),
    both(
        "rewritten at hand, assignment",
        Cause.JSON_REWRITTEN,
        Cause.KEY_ASSIGNMENT,
        body=dumped(indent=2),
        secret=f"S={SECRET}",
    ),
    both("no timestamp, hex", Cause.NO_TIMESTAMP, Cause.HEX, header=f"t={AT},v1={hmac_of(BODY).hex()}"),
    both(
        "no timestamp, SHA-1",
        Cause.NO_TIMESTAMP,
        Cause.OTHER_HASH,
        header=header_of(hmac_of(BODY, name="sha1")),
    ),
    both(
        "no dot, secret with newline",
        Cause.NO_DOT,
        Cause.KEY_WHITESPACE,
        header=header_of(hmac_of(b"%d%s" % (AT, BODY), f"{SECRET}\n")),
    ),
    both(
        "decoded secret, hex",
        Cause.KEY_DECODED,
        Cause.HEX,
        header=f"t={AT},v1={hmac_of(MESSAGE, base64.b64decode(SECRET + '==')).hex()}",
    ),
    both(
        "decoded secret, newline at hand",
        Cause.KEY_DECODED,
        Cause.NEWLINE_ADDED,
        body=BODY + b"\n",
        header=signed(BODY, base64.b64decode(SECRET + "==")),
    ),
    both(
        "event, quoted header",
        Cause.BODY_GATEWAY_EVENT,
        Cause.HEADER_QUOTES,
        body=event(body=TEXT),
        header=f'"{GOOD}"',
    ),
    both(
        "event, newline lost",
        Cause.BODY_GATEWAY_EVENT,
        Cause.NEWLINE_LOST,
        body=event(body=TEXT),
        header=signed(BODY + b"\n"),
    ),
    both(
        "event of a rewritten body",
        Cause.BODY_GATEWAY_EVENT,
        Cause.JSON_REWRITTEN,
        body=event(body=dumped().decode()),
    ),
    both("gzip in Base64", Cause.BODY_BASE64, Cause.BODY_GZIP, body=base64.b64encode(gzip.compress(BODY))),
    both(
        "Base64 with newline, prefix",
        Cause.BODY_BASE64,
        Cause.KEY_PREFIXED,
        body=B64 + b"\n",
        secret=f"whsec_{SECRET}",
    ),
    both(
        "head, chunks",
        Cause.BODY_HTTP_HEAD,
        Cause.BODY_CHUNKED,
        body=b"HTTP/1.1 200 OK\r\na: b\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    ),
    both(
        "head, LF for CRLF",
        Cause.BODY_HTTP_HEAD,
        Cause.CRLF,
        body=b"POST / HTTP/1.1\na: b\n\n" + LINES,
        header=signed(LINES.replace(b"\n", b"\r\n")),
    ),
    both("UTF-16, newline", Cause.ENCODING, Cause.NEWLINE_ADDED, body=(TEXT + "\n").encode("utf-16")),
    both(
        "mojibake, newline", Cause.MOJIBAKE, Cause.NEWLINE_ADDED, body=BODY.decode("latin-1").encode() + b"\n"
    ),
    both("upper-case keys, semicolon", Cause.HEADER_CASE, Cause.HEADER_SEPARATORS, header=f"T={AT};V1={V1}"),
    both("name, CR", Cause.HEADER_NAME, Cause.HEADER_WHITESPACE, header=f"x-jebbit-signature: {GOOD}\r\n"),
    both(
        "+ lost, newline",
        Cause.HEADER_PLUS_LOST,
        Cause.NEWLINE_ADDED,
        body=BODY + b"\n",
        header=PLUS.replace("+", " "),
    ),
    both("quotes and mark of the secret", Cause.KEY_BOM, Cause.KEY_QUOTES, secret=f'\ufeff"{SECRET}"'),
    both(
        "secret in JSON, newline at hand",
        Cause.KEY_JSON,
        Cause.NEWLINE_ADDED,
        body=BODY + b"\n",
        secret=json.dumps({"a": SECRET}),
    ),
    both("empty body, no timestamp", Cause.BODY_EMPTY, Cause.NO_TIMESTAMP, header=header_of(hmac_of(b""))),
    both(
        "milliseconds, newline",
        Cause.MILLISECONDS,
        Cause.NEWLINE_ADDED,
        body=BODY + b"\n",
        header=signed(BODY, at=AT * 1000),
    ),
    both(
        "zone, secret with newline",
        Cause.TIMESTAMP_CHANGED,
        Cause.KEY_WHITESPACE,
        header=header_of(hmac_of(b"%d.%s" % (AT + 3600, BODY))),
        secret=f"{SECRET}\n",
    ),
]
"""Captures with two mistakes each."""
