"""Broken captures, each with its culprit: what is at hand, and the mistake that was made."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import unicodedata
import zlib
from urllib.parse import quote, quote_plus

from jebbitctl.webhooks.explain import Cause

from .culprit_builders import (
    AT,
    B64,
    BODY,
    DIGEST,
    GOOD,
    LINES,
    MESSAGE,
    PLUS,
    RECORDING,
    TEXT,
    V1,
    VALUE,
    Culprit,
    at_hand,
    at_hand_and_signed,
    by_signer,
    dumped,
    event,
    header_of,
    hmac_of,
    in_header,
    secret_at_hand,
    secret_of_signer,
    signed,
    with_digest,
)
from .support import SECRET

CONTAINERS = [
    *at_hand(
        Cause.BODY_BASE64,
        standard=B64,
        url_safe=base64.urlsafe_b64encode(BODY).rstrip(b"="),
        in_lines=base64.encodebytes(BODY),
        data_url=b"data:application/json;base64," + B64,
    ),
    *by_signer(Cause.BODY_BASE64, standard=B64, no_padding=B64.rstrip(b"=")),
    *at_hand(Cause.BODY_HEX, lower=BODY.hex().encode()),
    *by_signer(Cause.BODY_HEX, upper=BODY.hex().upper().encode()),
    *at_hand(Cause.BODY_GZIP, gzip=gzip.compress(BODY), zlib=zlib.compress(BODY)),
    *by_signer(Cause.BODY_GZIP, gzip=gzip.compress(BODY, 6, mtime=0)),
    *by_signer(Cause.BODY_EMPTY, nothing=b""),
    *by_signer(Cause.BODY_NOT_READ, js=b"[object Object]", undefined=b"undefined", none=b"None"),
    *at_hand(
        Cause.BODY_FORM,
        field=b"payload=" + quote_plus(TEXT).encode(),
        plain_field=b"body=" + BODY,
        key=quote(TEXT, safe="").encode() + b"=",
        multipart=b'--x\r\nContent-Disposition: form-data; name="p"\r\n\r\n' + BODY + b"\r\n--x--\r\n",
    ),
    *by_signer(Cause.BODY_FORM, field=b"payload=" + quote_plus(TEXT).encode(), key=BODY + b"="),
    *at_hand(Cause.BODY_PERCENT_ENCODED, all=quote(TEXT, safe="").encode()),
    *by_signer(Cause.BODY_PERCENT_ENCODED, plus=quote_plus(TEXT).encode()),
    *at_hand(
        Cause.BODY_CHUNKED,
        one=b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        two=b"10\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:16], len(BODY) - 16, BODY[16:]),
    ),
    *by_signer(Cause.BODY_CHUNKED, one=b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)),
    *at_hand(
        Cause.BODY_HTTP_HEAD,
        request=b"POST /hook HTTP/1.1\r\nHost: a\r\n\r\n" + BODY,
        headers=b"content-type: application/json\n\n" + BODY,
    ),
    *at_hand(
        Cause.BODY_JSON_STRING, unicode=json.dumps(TEXT).encode(), inner=TEXT.replace('"', '\\"').encode()
    ),
    *by_signer(Cause.BODY_JSON_STRING, raw=json.dumps(TEXT, ensure_ascii=False).encode()),
    *at_hand(
        Cause.BODY_REPR,
        python_dict=str(VALUE).encode(),
        python=repr(BODY).encode(),
        buffer=json.dumps({"type": "Buffer", "data": list(BODY)}).encode(),
        node=f"<Buffer {BODY.hex(' ')}>".encode(),
        integers=str(list(BODY)).encode(),
    ),
    *by_signer(Cause.BODY_REPR, python=repr(BODY).encode()),
    *at_hand(
        Cause.BODY_QUOTES,
        single=b"'" + BODY + b"'",
        double=b'"' + BODY + b'"',
        fence=b"```json\n" + BODY + b"\n```",
        csv=b'"' + BODY.replace(b'"', b'""') + b'"',
    ),
    *by_signer(Cause.BODY_QUOTES, single=b"'" + BODY + b"'"),
    *at_hand(Cause.BODY_HTML_ESCAPED, python=html.escape(TEXT).encode()),
    *by_signer(Cause.BODY_HTML_ESCAPED, php=html.escape(TEXT).replace("&#x27;", "&#039;").encode()),
    *at_hand(
        Cause.BODY_GATEWAY_EVENT,
        text=event(body=TEXT, isBase64Encoded=False),
        base64=event(body=B64.decode(), isBase64Encoded=True),
        queue=json.dumps({"Records": [{"messageId": "1", "body": TEXT}]}).encode(),
        topic=json.dumps({"Records": [{"Sns": {"Message": TEXT}}]}).encode(),
        har=json.dumps({"request": {"postData": {"mimeType": "application/json", "text": TEXT}}}).encode(),
        parsed=json.dumps({"headers": {}, "body": VALUE}, ensure_ascii=False).encode(),
    ),
    *at_hand(Cause.BODY_RECORDING, line=RECORDING, with_newline=RECORDING + b"\n"),
    *at_hand(Cause.BODY_SURROUNDED, log=b"2023-11-14 INFO body=" + BODY, comma=BODY + b","),
    *at_hand(Cause.BODY_REPEATED, twice=BODY + BODY),
    *by_signer(Cause.BODY_REPEATED, twice=BODY + BODY),
    *at_hand_and_signed(Cause.BODY_ESCAPES, echo=(b'{"a":"x\ny"}', b'{"a":"x\\ny"}')),
]

TEXTS = [
    *at_hand(Cause.NEWLINE_ADDED, lf=BODY + b"\n", crlf=BODY + b"\r\n", several=BODY + b"\n\n"),
    *by_signer(Cause.NEWLINE_LOST, lf=BODY + b"\n", crlf=BODY + b"\r\n"),
    *at_hand(Cause.BODY_WHITESPACE, before=b"  " + BODY, after=BODY + b" ", zero=BODY + b"\0"),
    *by_signer(Cause.BODY_WHITESPACE, space=BODY + b" ", tab=b"\t" + BODY, zero=BODY + b"\0"),
    *at_hand_and_signed(
        Cause.CRLF,
        windows=(LINES.replace(b"\n", b"\r\n"), LINES),
        unix=(LINES, LINES.replace(b"\n", b"\r\n")),
        mac=(LINES.replace(b"\n", b"\r"), LINES),
    ),
    *at_hand(Cause.BODY_WRAPPED, terminal=BODY[:40] + b"\n" + BODY[40:80] + b"\n" + BODY[80:]),
    *at_hand(Cause.BOM_ADDED, utf8=b"\xef\xbb\xbf" + BODY),
    *by_signer(Cause.BOM_LOST, utf8=b"\xef\xbb\xbf" + BODY),
    *at_hand(Cause.UNICODE_NORMAL_FORM, nfd=unicodedata.normalize("NFD", TEXT).encode()),
    *by_signer(Cause.UNICODE_NORMAL_FORM, nfd=unicodedata.normalize("NFD", TEXT).encode()),
    *at_hand(Cause.MOJIBAKE, latin_1=BODY.decode("latin-1").encode()),
    *by_signer(Cause.MOJIBAKE, latin_1=BODY.decode("latin-1").encode()),
    *at_hand_and_signed(
        Cause.MOJIBAKE,
        cp1252=('{"a":"Ã«"}'.encode(), '{"a":"ë"}'.encode()),
        twice=(
            '{"a":"ë"}'.encode().decode("latin-1").encode().decode("latin-1").encode(),
            '{"a":"ë"}'.encode(),
        ),
    ),
    *at_hand_and_signed(
        Cause.ENCODING,
        latin_1=('{"a":"ë"}'.encode("latin-1"), '{"a":"ë"}'.encode()),
        cp1252=('{"a":"€"}'.encode("cp1252"), '{"a":"€"}'.encode()),
        signed_latin_1=('{"a":"ë"}'.encode(), '{"a":"ë"}'.encode("latin-1")),
        utf_16=(TEXT.encode("utf-16"), BODY),
        utf_16_be=(TEXT.encode("utf-16-be"), BODY),
        signed_utf_16=(BODY, TEXT.encode("utf-16-le")),
    ),
    *by_signer(
        Cause.CHARACTERS_LOST,
        ascii=TEXT.encode("ascii", "replace"),
        dropped=TEXT.encode("ascii", "ignore"),
        replaced=BODY.decode("ascii", "replace").encode(),
    ),
    *at_hand_and_signed(
        Cause.TYPOGRAPHY,
        quotes=("{“a”:“b”}".encode(), b'{"a":"b"}'),
        spaces=('{"a":\xa0"b"}'.encode(), b'{"a": "b"}'),
        zero_width=('{"a":"b\u200b"}'.encode(), b'{"a":"b"}'),
    ),
]


REWRITTEN = [
    *at_hand(
        Cause.JSON_REWRITTEN,
        python=dumped(),
        python_raw=dumped(ensure_ascii=False),
        python_compact=dumped(separators=(",", ":")),
        python_sorted=dumped(sort_keys=True),
        indented=dumped(indent=2, ensure_ascii=False),
        jq_sorted=dumped(indent=2, ensure_ascii=False, sort_keys=True) + b"\n",
        php=dumped(separators=(",", ":")).replace(b"/", b"\\/"),
        rails=dumped(separators=(",", ":"), ensure_ascii=False)
        .replace(b"<", b"\\u003c")
        .replace(b"&", b"\\u0026"),
    ),
    *by_signer(
        Cause.JSON_REWRITTEN,
        python=dumped(),
        python_sorted=dumped(sort_keys=True),
        python_repr=str(VALUE).encode(),
        flask=dumped(sort_keys=True, separators=(",", ":")) + b"\n",
        indented=dumped(indent=4),
        php=dumped(separators=(",", ":")).replace(b"/", b"\\/"),
        php_pretty=dumped(indent=4).replace(b"/", b"\\/"),
        rails=TEXT.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode(),
        ruby_hash=TEXT.replace('":', '"=>').replace(",", ", ").encode(),
        go=json.dumps(VALUE, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .encode(),
        jackson=LINES.replace(b'": ', b'" : ').replace(
            b'[\n      "a",\n      "b & c"\n    ]', b'[ "a", "b & c" ]'
        ),
        gson=TEXT.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace(":0}", ":0.0}")
        .encode(),
    ),
    *at_hand_and_signed(
        Cause.JSON_REWRITTEN,
        js_whole=(b'{"a":1.0,"b":100.0}', b'{"a":1,"b":100}'),
        js_exponent=(b'{"a":1e2}', b'{"a":100}'),
        js_precision=(b'{"a":12345678901234567890}', b'{"a":12345678901234567000}'),
        js_index=(b'{"b":1,"2":2,"1":3}', b'{"1":3,"2":2,"b":1}'),
        js_small=(b'{"a":0.0000001}', b'{"a":1e-7}'),
        php_large=(b'{"a":12345678901234567890}', b'{"a":1.2345678901234567e+19}'),
        php_array=(b'{"a":{},"b":1}', b'{"a":[],"b":1}'),
        gson=(b'{"a":1}', b'{"a":1.0}'),
        trailing_zero=(b'{"a":1.1}', b'{"a":1.10}'),
        zero_lost=(b'{"a":5,"b":7}', b'{"a":5.0,"b":7}'),
        digits_lost=(b'{"id":1234567890123456800}', b'{"id":1234567890123456789}'),
        exponent_lost=(b'{"a":100}', b'{"a":1e2}'),
        duplicates=(b'{"a":1,"a":2}', b'{"a":2}'),
        upper_escapes=('{"a":"ë"}'.encode(), b'{"a":"\\u00EB"}'),
        negative_zero=(b'{"a":-0}', b'{"a":0}'),
    ),
    *by_signer(
        Cause.JSON_PART, data=json.dumps(VALUE["data"], ensure_ascii=False, separators=(",", ":")).encode()
    ),
    *at_hand(Cause.JSON_PART, data=BODY[8:-28]),
]

HEADERS = [
    *in_header(Cause.HEADER_QUOTES, double=f'"{GOOD}"', single=f"'{GOOD}'", of_value=f't={AT},v1="{V1}"'),
    *in_header(
        Cause.HEADER_WHITESPACE,
        cr=f"{GOOD}\r",
        crlf=f"{GOOD}\r\n",
        spaces=f"t={AT}, v1={V1}",
        bom="\ufeff" + GOOD,
    ),
    *in_header(Cause.HEADER_URL_ENCODED, all=quote(GOOD, safe=""), value=f"t={AT},v1={quote(V1, safe='')}"),
    *in_header(Cause.HEADER_HTML_ESCAPED, equals=GOOD.replace("=", "&#61;"), hex=GOOD.replace("=", "&#x3D;")),
    *in_header(Cause.HEADER_PLUS_LOST, space=PLUS.replace("+", " ")),
    *in_header(Cause.HEADER_CASE, upper=f"T={AT},V1={V1}", v1_only=f"t={AT},V1={V1}"),
    *in_header(
        Cause.HEADER_SEPARATORS,
        semicolon=f"t={AT};v1={V1}",
        space=f"t={AT} v1={V1}",
        ampersand=f"t={AT}&v1={V1}",
        colon=f"t:{AT},v1:{V1}",
        comma=f"{GOOD},",
    ),
    *in_header(
        Cause.HEADER_NAME, colon=f"x-jebbit-signature: {GOOD}", wsgi=f"HTTP_X_JEBBIT_SIGNATURE={GOOD}"
    ),
    *in_header(Cause.HEADER_REPEATED, comma=f"{GOOD},{GOOD}", other=f"t=1,v1={'A' * 43}=,{GOOD}"),
    *in_header(Cause.HEADER_KEYS, bare=f"{AT},{V1}", names=f"timestamp={AT},signature={V1}"),
    *in_header(
        Cause.HEADER_PARSED, object=json.dumps({"t": str(AT), "v1": V1}), dict=str({"t": AT, "v1": V1})
    ),
    *in_header(Cause.HEADER_BASE64, all=base64.b64encode(GOOD.encode()).decode()),
    *in_header(Cause.HEADER_TRUNCATED, half=GOOD[:-20], dots=GOOD[:-12] + "..."),
    *in_header(Cause.HEX, lower=f"t={AT},v1={DIGEST.hex()}", upper=f"t={AT},v1={DIGEST.hex().upper()}"),
    *in_header(Cause.PADDING_LOST, one=GOOD.rstrip("=")),
    *in_header(Cause.PADDING_ADDED, two=f"{GOOD}="),
    *in_header(Cause.SIGNATURE_CASE, lower=f"t={AT},v1={V1.lower()}", upper=f"t={AT},v1={V1.upper()}"),
    *in_header(Cause.SIGNATURE_ENCODED_TWICE, twice=f"t={AT},v1={base64.b64encode(V1.encode()).decode()}"),
    *in_header(Cause.URL_SAFE_BASE64, padded=PLUS.replace("+", "-").replace("/", "_")),
]

SECRETS = [
    *secret_at_hand(Cause.KEY_QUOTES, double=f'"{SECRET}"', single=f"'{SECRET}'", python=f"b'{SECRET}'"),
    *secret_of_signer(Cause.KEY_QUOTES, double=f'"{SECRET}"'),
    *secret_at_hand(
        Cause.KEY_ASSIGNMENT,
        line=f"JEBBIT_SECRET={SECRET}",
        export=f"export JEBBIT_SECRET='{SECRET}'",
        yaml=f"secret: {SECRET}",
        file=f"A=1\nJEBBIT_SECRET={SECRET}\nB=2\n",
    ),
    *secret_of_signer(Cause.KEY_ASSIGNMENT, line=f"WEBHOOK_SECRET={SECRET}"),
    *secret_at_hand(Cause.KEY_JSON, object=json.dumps({"id": "a", "data": {"shared_secret": SECRET}})),
    *secret_at_hand(Cause.KEY_BOM, utf8="\ufeff" + SECRET),
    *secret_of_signer(Cause.KEY_BOM, utf8="\ufeff" + SECRET),
    *secret_at_hand(
        Cause.KEY_WHITESPACE, lf=f"{SECRET}\n", before=f" {SECRET}", inner=f"{SECRET[:9]} {SECRET[9:]}"
    ),
    *secret_of_signer(Cause.KEY_WHITESPACE, lf=f"{SECRET}\n", crlf=f"{SECRET}\r\n", space=f"{SECRET} "),
    *secret_at_hand(Cause.KEY_ENCODING, utf_16=SECRET.encode("utf-16"), no_mark=SECRET.encode("utf-16-le")),
    *secret_of_signer(Cause.KEY_ENCODING, utf_16=SECRET.encode("utf-16")),
    *secret_of_signer(Cause.KEY_ENCODED, base64=base64.b64encode(SECRET.encode()), hex=SECRET.encode().hex()),
    *secret_at_hand(Cause.KEY_DECODED, base64=base64.b64encode(SECRET.encode()), hex=SECRET.encode().hex()),
    *secret_of_signer(Cause.KEY_DECODED, base64=base64.b64decode(SECRET + "==")),
    *secret_at_hand(Cause.KEY_PREFIXED, svix=f"whsec_{SECRET}", bearer=f"Bearer {SECRET}"),
    *secret_of_signer(Cause.KEY_PREFIXED, svix=f"whsec_{SECRET}"),
    *secret_at_hand(Cause.KEY_TRUNCATED, last=SECRET[:-1], first=SECRET[1:]),
    *secret_of_signer(Cause.KEY_TRUNCATED, last=SECRET[:-1], half=SECRET[:16], end=SECRET[8:]),
    *secret_of_signer(Cause.KEY_UNSET, empty=b"", undefined="undefined", none="None"),
    *secret_of_signer(Cause.KEY_CASE, lower=SECRET.lower()),
    *secret_at_hand(Cause.KEY_REPEATED, twice=SECRET + SECRET),
    *secret_of_signer(Cause.KEY_HASHED, sha256=hashlib.sha256(SECRET.encode()).hexdigest()),
    *secret_at_hand(Cause.KEY_LINES, two=f"old-secret-value\n{SECRET}\n"),
]

SCHEMES = [
    *with_digest(Cause.NO_TIMESTAMP, bare=hmac_of(BODY)),
    *with_digest(Cause.NO_DOT, joined=hmac_of(b"%d%s" % (AT, BODY))),
    *with_digest(
        Cause.TIMESTAMP_LAST, dot=hmac_of(b"%s.%d" % (BODY, AT)), no_dot=hmac_of(b"%s%d" % (BODY, AT))
    ),
    *with_digest(
        Cause.SEPARATOR, colon=hmac_of(b"%d:%s" % (AT, BODY)), slack=hmac_of(b"v0:%d:%s" % (AT, BODY))
    ),
    *with_digest(
        Cause.OTHER_HASH,
        sha1=hmac_of(MESSAGE, name="sha1"),
        sha512=hmac_of(MESSAGE, name="sha512"),
        md5=hmac_of(MESSAGE, name="md5"),
    ),
    *with_digest(
        Cause.NO_HMAC,
        message=hashlib.sha256(MESSAGE).digest(),
        secret_first=hashlib.sha256(SECRET.encode() + MESSAGE).digest(),
        secret_last=hashlib.sha256(MESSAGE + SECRET.encode()).digest(),
    ),
    *with_digest(Cause.ARGUMENTS_SWAPPED, swapped=hmac_of(SECRET.encode(), MESSAGE)),
    *with_digest(Cause.BODY_HASHED, hex=hmac_of(b"%d.%s" % (AT, hashlib.sha256(BODY).hexdigest().encode()))),
    Culprit("milliseconds in both", (Cause.MILLISECONDS,), header=signed(BODY, at=AT * 1000 + 5)),
    Culprit(
        "milliseconds signed",
        (Cause.MILLISECONDS,),
        header=header_of(hmac_of(b"%d.%s" % (AT * 1000 + 7, BODY))),
    ),
    Culprit("milliseconds in the header", (Cause.MILLISECONDS,), header=header_of(DIGEST, AT * 1000 + 9)),
    *with_digest(
        Cause.TIMESTAMP_CHANGED,
        late=hmac_of(b"%d.%s" % (AT + 1, BODY)),
        zone=hmac_of(b"%d.%s" % (AT + 7200, BODY)),
        zone_before=hmac_of(b"%d.%s" % (AT - 19_800, BODY)),
        zone_after=hmac_of(b"%d.%s" % (AT + 19_800, BODY)),
    ),
    Culprit("a fraction in the header", (Cause.TIMESTAMP_FORMAT,), header=header_of(DIGEST, f"{AT}.123")),
    Culprit(
        "a date in the header", (Cause.TIMESTAMP_FORMAT,), header=header_of(DIGEST, "2023-11-14T22:13:20Z")
    ),
]

ALONE = [*CONTAINERS, *TEXTS, *REWRITTEN, *HEADERS, *SECRETS, *SCHEMES]
"""Captures with one mistake each."""
