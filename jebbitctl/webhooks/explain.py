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


class Culprit(StrEnum):
    """The cause of a mismatch."""

    NONE = "none"
    STALE = "stale"
    FUTURE = "future"
    MALFORMED_HEADER = "malformed-header"
    NEWLINE_ADDED = "newline-added"
    NEWLINE_LOST = "newline-lost"
    CRLF = "crlf"
    JSON_REWRITTEN = "json-rewritten"
    BOM_ADDED = "bom-added"
    BOM_LOST = "bom-lost"
    HEX = "hex"
    URL_SAFE_BASE64 = "url-safe-base64"
    PADDING_LOST = "padding-lost"
    NO_TIMESTAMP = "no-timestamp"
    MILLISECONDS = "milliseconds"
    KEY_WHITESPACE = "secret-whitespace"
    KEY_DECODED = "secret-decoded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wrong, and how to fix it.

    Attributes:
        culprit: a stable code.
        explanation: what is wrong.
        fix: what to do or to check next.
    """

    culprit: Culprit
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
    Culprit.NONE: (
        "The signature matches this body and this secret.",
        f"If your endpoint rejects this delivery, look for the cause there. {_CHECK}",
    ),
    Culprit.STALE: (
        "The signature matches this body and this secret, but the timestamp is too old.",
        "Verify deliveries as they arrive. Check this machine's clock with jebbitctl doctor.",
    ),
    Culprit.FUTURE: (
        "The signature matches this body and this secret, but the timestamp is in the future.",
        "Check the sender's clock. Check this machine's clock with jebbitctl doctor.",
    ),
    Culprit.MALFORMED_HEADER: (
        "The header does not have the form t=<unix seconds>,v1=<Base64>.",
        "Pass the whole value of x-jebbit-signature, without spaces or quotes.",
    ),
    Culprit.NEWLINE_ADDED: (
        "The body ends with a newline that was not there when it was signed.",
        f"Remove the newline. Editors and echo add one; printf does not. {_RAW}",
    ),
    Culprit.NEWLINE_LOST: (
        "The body was signed with a newline at its end, which is missing.",
        f"Something trims the body. {_RAW}",
    ),
    Culprit.CRLF: (
        "The line endings of the body (CRLF or LF) differ from the ones that were signed.",
        f"Something converts line endings, such as Git or an editor on Windows. {_RAW}",
    ),
    Culprit.JSON_REWRITTEN: (
        "The body was parsed and rewritten. The signature matches the same JSON in this form: {detail}.",
        f"Equal JSON is not equal bytes. {_RAW}",
    ),
    Culprit.BOM_ADDED: (
        "The body starts with a byte-order mark that was not there when it was signed.",
        f"Save files as UTF-8 without a byte-order mark. {_RAW}",
    ),
    Culprit.BOM_LOST: (
        "The body was signed with a byte-order mark at its start, which is missing.",
        f"Something decodes the body. {_RAW}",
    ),
    Culprit.HEX: (
        "The signature is encoded in hex.",
        "Encode the 32 raw bytes of the HMAC in Base64.",
    ),
    Culprit.URL_SAFE_BASE64: (
        "The signature is encoded in URL-safe Base64, with - and _.",
        "Use standard Base64, with +, / and padding.",
    ),
    Culprit.PADDING_LOST: (
        "The = at the end of the signature is missing.",
        "Split each part of the header at its first = only. Keep the Base64 padding.",
    ),
    Culprit.NO_TIMESTAMP: (
        "The body was signed without the timestamp.",
        'Sign "<t>." followed by the body. <t> is the t of the header.',
    ),
    Culprit.MILLISECONDS: (
        "The timestamp is in milliseconds.",
        "Use whole unix seconds. Sign the same digits as in the header.",
    ),
    Culprit.KEY_WHITESPACE: (
        "One side's secret has spaces or a newline around it.",
        "Strip the secret after reading it. Files and the output of echo end with a newline.",
    ),
    Culprit.KEY_DECODED: (
        "The secret was decoded from Base64 before it was used.",
        "Use the shared secret as it is. It is not Base64.",
    ),
    Culprit.UNKNOWN: (
        "None of the usual causes explains this signature.",
        f"{_CHECK} A different order of JSON keys cannot be detected. {_RAW}",
    ),
}
"""An explanation and a fix for each culprit."""

_OUT_OF_TOLERANCE = {Reason.STALE: Culprit.STALE, Reason.FUTURE: Culprit.FUTURE}


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
        return _explanation(Culprit.MALFORMED_HEADER)
    timestamp, signatures = parsed
    for culprit, signature, detail in _candidates(key, body, timestamp):
        if signature in signatures:
            return _explanation(
                _OUT_OF_TOLERANCE.get(reason, culprit) if culprit is Culprit.NONE else culprit, detail
            )
    return _explanation(Culprit.UNKNOWN)


def _explanation(culprit: Culprit, detail: str = "") -> Explanation:
    explanation, fix = _TEXTS[culprit]
    return Explanation(culprit, explanation.replace("{detail}", detail), fix)


def _candidates(key: bytes, body: bytes, timestamp: int) -> Iterator[tuple[Culprit, str, str]]:
    """Yield each culprit, the signature it would lead to and a detail; cheap and likely ones first."""
    correct = compute_signature(key, timestamp, body)
    yield (Culprit.MILLISECONDS if timestamp >= _FIRST_MILLISECONDS else Culprit.NONE), correct, ""
    for culprit, signature in _encodings(correct):
        yield culprit, signature, ""
    for culprit, other in _bodies(body):
        yield culprit, compute_signature(key, timestamp, other), ""
    for culprit, other in _keys(key):
        yield culprit, compute_signature(other, timestamp, body), ""
    yield Culprit.NO_TIMESTAMP, _sign_without_timestamp(key, body), ""
    for variant in json_variants(body):
        yield Culprit.JSON_REWRITTEN, compute_signature(key, timestamp, variant.body), variant.style
    for milliseconds in _milliseconds(timestamp, body):
        yield Culprit.MILLISECONDS, compute_signature(key, milliseconds, body), ""


def _encodings(signature: str) -> Iterator[tuple[Culprit, str]]:
    digest = base64.b64decode(signature)
    for text in (digest.hex(), digest.hex().upper()):
        yield Culprit.HEX, text
        yield Culprit.HEX, base64.b64encode(text.encode()).decode()
    yield Culprit.PADDING_LOST, signature.rstrip("=")
    url_safe = base64.urlsafe_b64encode(digest).decode()
    yield Culprit.URL_SAFE_BASE64, url_safe
    yield Culprit.URL_SAFE_BASE64, url_safe.rstrip("=")


def _bodies(body: bytes) -> Iterator[tuple[Culprit, bytes]]:
    for newline in (b"\r\n", b"\n"):
        yield Culprit.NEWLINE_LOST, body + newline
        if body.endswith(newline):
            yield Culprit.NEWLINE_ADDED, body.removesuffix(newline)
    yield Culprit.NEWLINE_ADDED, body.rstrip(b"\r\n")
    unix = body.replace(b"\r\n", b"\n")
    yield Culprit.CRLF, unix
    yield Culprit.CRLF, unix.replace(b"\n", b"\r\n")
    yield Culprit.BOM_ADDED, body.removeprefix(_BOM)
    yield Culprit.BOM_LOST, _BOM + body


def _keys(key: bytes) -> Iterator[tuple[Culprit, bytes]]:
    stripped = key.strip()
    for whitespace in (b"", b"\n", b"\r\n", b" "):
        if stripped + whitespace:
            yield Culprit.KEY_WHITESPACE, stripped + whitespace
    try:
        decoded = base64.b64decode(stripped.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    except binascii.Error:
        return
    if decoded:
        yield Culprit.KEY_DECODED, decoded


def _sign_without_timestamp(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, body, "sha256")).decode("ascii")


def _milliseconds(timestamp: int, body: bytes) -> Iterator[int]:
    if timestamp >= _FIRST_MILLISECONDS:
        yield timestamp // 1000
    elif len(body) <= _MAX_BYTES_TO_HASH_OFTEN:
        yield from range(timestamp * 1000, timestamp * 1000 + 1000)
