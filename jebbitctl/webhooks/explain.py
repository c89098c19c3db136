"""Finds out why a signature does not match, by trying the usual causes one by one."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jebbitctl.webhooks.json_variants import json_variants
from jebbitctl.webhooks.signature import Reason, compute_signature, parse_header

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
_FIRST_MILLISECONDS = 10**11
"""Timestamps from here on are milliseconds: in seconds, this is the year 5138, in milliseconds 1973."""
_MAX_BYTES_TO_HASH_OFTEN = 64 * 1024
"""Trying each millisecond of a second takes 1,000 hashes of the body."""


class Cause(StrEnum):
    """The cause of a mismatch."""

    NONE = "none"
    STALE = "stale"
    FUTURE = "future"
    MALFORMED_HEADER = "malformed_header"
    NEWLINE_ADDED = "newline_added"
    NEWLINE_LOST = "newline_lost"
    CRLF = "crlf"
    JSON_REWRITTEN = "json_rewritten"
    BOM_ADDED = "bom_added"
    BOM_LOST = "bom_lost"
    HEX = "hex"
    URL_SAFE_BASE64 = "url_safe_base64"
    PADDING_LOST = "padding_lost"
    NO_TIMESTAMP = "no_timestamp"
    MILLISECONDS = "milliseconds"
    KEY_WHITESPACE = "secret_whitespace"
    KEY_DECODED = "secret_decoded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wrong, and how to fix it.

    Attributes:
        cause: a stable code.
        explanation: what is wrong.
        fix: what to do or to check next.
    """

    cause: Cause
    explanation: str
    fix: str


_RAW = "Verify the raw bytes of the request, before anything decodes, parses or changes them."
_CHECK = (
    "Check that the secret belongs to this integration and account."
    " Check that no proxy or framework changes the body."
    " Check that the code signs the bytes of the body. Jebbit's Ruby sample signs the text of an IO object"
    " (#<StringIO:0x...>) instead; it needs request.body.read."
)
_TEXTS = {
    Cause.NONE: (
        "The signature matches this body and this secret.",
        f"If your endpoint rejects this delivery, look for the cause there. {_CHECK}",
    ),
    Cause.STALE: (
        "The signature matches this body and this secret, but the timestamp is too old.",
        "Verify deliveries as they arrive. Check this machine's clock with jebbitctl doctor.",
    ),
    Cause.FUTURE: (
        "The signature matches this body and this secret, but the timestamp is in the future.",
        "Check the sender's clock. Check this machine's clock with jebbitctl doctor.",
    ),
    Cause.MALFORMED_HEADER: (
        "The header does not have the form t=<unix seconds>,v1=<Base64>.",
        "Pass the whole value of x-jebbit-signature, without spaces or quotes.",
    ),
    Cause.NEWLINE_ADDED: (
        "The body ends with a newline that was not there when it was signed.",
        f"Remove the newline. Editors and echo add one; printf does not. {_RAW}",
    ),
    Cause.NEWLINE_LOST: (
        "The body was signed with a newline at its end, which is missing.",
        f"Something trims the body. {_RAW}",
    ),
    Cause.CRLF: (
        "The line endings of the body (CRLF or LF) differ from the ones that were signed.",
        f"Something converts line endings, such as Git or an editor on Windows. {_RAW}",
    ),
    Cause.JSON_REWRITTEN: (
        "The body was parsed and rewritten. The signature matches the same JSON in this form: {detail}.",
        f"Equal JSON is not equal bytes. {_RAW}",
    ),
    Cause.BOM_ADDED: (
        "The body starts with a byte-order mark that was not there when it was signed.",
        f"Save files as UTF-8 without a byte-order mark. {_RAW}",
    ),
    Cause.BOM_LOST: (
        "The body was signed with a byte-order mark at its start, which is missing.",
        f"Something decodes the body. {_RAW}",
    ),
    Cause.HEX: (
        "The signature is encoded in hex.",
        "Encode the 32 raw bytes of the HMAC in Base64.",
    ),
    Cause.URL_SAFE_BASE64: (
        "The signature is encoded in URL-safe Base64, with - and _.",
        "Use standard Base64, with +, / and padding.",
    ),
    Cause.PADDING_LOST: (
        "The = at the end of the signature is missing.",
        "Split each part of the header at its first = only. Keep the Base64 padding.",
    ),
    Cause.NO_TIMESTAMP: (
        "The body was signed without the timestamp.",
        'Sign "<t>." followed by the body. <t> is the t of the header.',
    ),
    Cause.MILLISECONDS: (
        "The timestamp is in milliseconds.",
        "Use whole unix seconds. Sign the same digits as in the header.",
    ),
    Cause.KEY_WHITESPACE: (
        "One side's secret has spaces or a newline around it.",
        "Strip the secret after reading it. Files and the output of echo end with a newline.",
    ),
    Cause.KEY_DECODED: (
        "The secret was decoded from Base64 before it was used.",
        "Use the shared secret as it is. It is not Base64.",
    ),
    Cause.UNKNOWN: (
        "None of the usual causes explains this signature.",
        f"{_CHECK} A different order of JSON keys cannot be detected. {_RAW}",
    ),
}
"""An explanation and a fix for each cause."""

_OUT_OF_TOLERANCE = {Reason.STALE: Cause.STALE, Reason.FUTURE: Cause.FUTURE}


def explain(secret: str | bytes, body: bytes, header: str, *, reason: Reason = Reason.OK) -> Explanation:
    """Find out why ``header`` does not verify ``body``.

    Args:
        secret: the integration's shared secret.
        body: the bytes at hand, which may differ from the signed ones.
        header: the value of ``x-jebbit-signature``.
        reason: the result of :func:`verify`; tells an old signature from a valid one.

    Raises:
        ValueError: the secret is empty.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    compute_signature(key, 0, b"")
    parsed = parse_header(header)
    if parsed is None:
        return _explanation(Cause.MALFORMED_HEADER)
    timestamp, signatures = parsed
    for cause, signature, detail in _candidates(key, body, timestamp):
        if signature in signatures:
            return _explanation(
                _OUT_OF_TOLERANCE.get(reason, cause) if cause is Cause.NONE else cause, detail
            )
    return _explanation(Cause.UNKNOWN)


def _explanation(cause: Cause, detail: str = "") -> Explanation:
    explanation, fix = _TEXTS[cause]
    return Explanation(cause, explanation.replace("{detail}", detail), fix)


def _candidates(key: bytes, body: bytes, timestamp: int) -> Iterator[tuple[Cause, str, str]]:
    """Yield each cause, the signature it would lead to and a detail; cheap and likely ones first."""
    correct = compute_signature(key, timestamp, body)
    yield (Cause.MILLISECONDS if timestamp >= _FIRST_MILLISECONDS else Cause.NONE), correct, ""
    for cause, signature in _encodings(correct):
        yield cause, signature, ""
    for cause, other in _bodies(body):
        yield cause, compute_signature(key, timestamp, other), ""
    for cause, other in _keys(key):
        yield cause, compute_signature(other, timestamp, body), ""
    yield Cause.NO_TIMESTAMP, _sign_without_timestamp(key, body), ""
    for variant in json_variants(body):
        yield Cause.JSON_REWRITTEN, compute_signature(key, timestamp, variant.body), variant.style
    for milliseconds in _milliseconds(timestamp, body):
        yield Cause.MILLISECONDS, compute_signature(key, milliseconds, body), ""


def _encodings(signature: str) -> Iterator[tuple[Cause, str]]:
    digest = base64.b64decode(signature)
    for text in (digest.hex(), digest.hex().upper()):
        yield Cause.HEX, text
        yield Cause.HEX, base64.b64encode(text.encode()).decode()
    yield Cause.PADDING_LOST, signature.rstrip("=")
    url_safe = base64.urlsafe_b64encode(digest).decode()
    yield Cause.URL_SAFE_BASE64, url_safe
    yield Cause.URL_SAFE_BASE64, url_safe.rstrip("=")


def _bodies(body: bytes) -> Iterator[tuple[Cause, bytes]]:
    for newline in (b"\r\n", b"\n"):
        yield Cause.NEWLINE_LOST, body + newline
        if body.endswith(newline):
            yield Cause.NEWLINE_ADDED, body.removesuffix(newline)
    yield Cause.NEWLINE_ADDED, body.rstrip(b"\r\n")
    unix = body.replace(b"\r\n", b"\n")
    yield Cause.CRLF, unix
    yield Cause.CRLF, unix.replace(b"\n", b"\r\n")
    yield Cause.BOM_ADDED, body.removeprefix(_BOM)
    yield Cause.BOM_LOST, _BOM + body


def _keys(key: bytes) -> Iterator[tuple[Cause, bytes]]:
    stripped = key.strip()
    for whitespace in (b"", b"\n", b"\r\n", b" "):
        if stripped + whitespace:
            yield Cause.KEY_WHITESPACE, stripped + whitespace
    try:
        decoded = base64.b64decode(stripped.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    except binascii.Error:
        return
    if decoded:
        yield Cause.KEY_DECODED, decoded


def _sign_without_timestamp(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, body, "sha256")).decode("ascii")


def _milliseconds(timestamp: int, body: bytes) -> Iterator[int]:
    if timestamp >= _FIRST_MILLISECONDS:
        yield timestamp // 1000
    elif len(body) <= _MAX_BYTES_TO_HASH_OFTEN:
        yield from range(timestamp * 1000, timestamp * 1000 + 1000)
