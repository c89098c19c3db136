"""Why a signature does not match: the usual culprits, tried one by one."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jebbitctl.webhooks.rewriting import writings
from jebbitctl.webhooks.signature import Reason, parse_header, signature_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOM = b"\xef\xbb\xbf"
_FIRST_MILLISECONDS = 10**11
"""As seconds, a timestamp of this size lies in the year 5138; as milliseconds, in 1973."""
_WORTH_A_THOUSAND_HASHES = 64 * 1024


class Culprit(StrEnum):
    """What is behind a mismatch."""

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
    KEY_BLANKS = "secret-blanks"
    KEY_DECODED = "secret-decoded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is wrong, and what helps.

    Attributes:
        culprit: a stable code.
        sentence: what was found.
        advice: what to do, or where to look next.
    """

    culprit: Culprit
    sentence: str
    advice: str


_RAW = "verify the raw bytes of the request, before anything decodes, parses or edits them"
_LOOK = (
    "look at whether the secret belongs to this integration and account, whether a proxy or a framework"
    " changed the body, and whether the code signs the body's bytes: Jebbit's Ruby sample signs the text of"
    " an IO object (#<StringIO:0x...>), and needs request.body.read"
)
_WORDS = {
    Culprit.NONE: ("The signature fits this body and this secret.", f"If your endpoint refuses it, {_LOOK}."),
    Culprit.STALE: (
        "The signature fits this body and this secret, but the timestamp is too old.",
        "Verify deliveries as they come, with a clock that is right (jebbitctl doctor tells).",
    ),
    Culprit.FUTURE: (
        "The signature fits this body and this secret, but the timestamp is in the future.",
        "Set the clocks right, this machine's (jebbitctl doctor tells) and the sender's.",
    ),
    Culprit.MALFORMED_HEADER: (
        "The header is not of the form t=<unix seconds>,v1=<Base64>.",
        "Pass the whole value of x-jebbit-signature, without blanks or quotes.",
    ),
    Culprit.NEWLINE_ADDED: (
        "The body has a newline at its end that was not there when it was signed.",
        f"Remove it (editors and echo add one; printf does not), and {_RAW}.",
    ),
    Culprit.NEWLINE_LOST: (
        "The body lacks a newline at its end that was there when it was signed.",
        f"Something trims the body: {_RAW}.",
    ),
    Culprit.CRLF: (
        "The body's line ends (CRLF or LF) are not those that were signed.",
        f"Something converts text, such as Git or an editor on Windows: {_RAW}.",
    ),
    Culprit.JSON_REWRITTEN: (
        "The body was parsed and written again: the signature belongs to the same JSON {detail}.",
        f"Equal JSON is not equal bytes: {_RAW}.",
    ),
    Culprit.BOM_ADDED: (
        "The body begins with a byte-order mark that was not there when it was signed.",
        f"Save files as UTF-8 without a byte-order mark, and {_RAW}.",
    ),
    Culprit.BOM_LOST: (
        "The body lacks a byte-order mark that was there when it was signed.",
        f"Something decodes the body: {_RAW}.",
    ),
    Culprit.HEX: (
        "The signature is written in hex.",
        "Encode the HMAC's 32 raw bytes in Base64, not in hex.",
    ),
    Culprit.URL_SAFE_BASE64: (
        "The signature is written in URL-safe Base64, with - and _.",
        "Use the standard alphabet, with + and /, and padding.",
    ),
    Culprit.PADDING_LOST: (
        "The signature lacks the = at its end.",
        "Split the header at the first = of each part only, and keep Base64's padding.",
    ),
    Culprit.NO_TIMESTAMP: (
        "The body was signed without the timestamp.",
        'Sign "<t>." followed by the body, where <t> is the header\'s own t.',
    ),
    Culprit.MILLISECONDS: (
        "The timestamp is in milliseconds.",
        "Use whole unix seconds, and the same digits in the header and in what is signed.",
    ),
    Culprit.KEY_BLANKS: (
        "One side's secret has blanks or a newline around it.",
        "Strip the secret where it is read (files and echo end in a newline).",
    ),
    Culprit.KEY_DECODED: (
        "The secret was decoded from Base64 before it was used.",
        "Use the characters of the shared secret as they are: it is no Base64.",
    ),
    Culprit.UNKNOWN: (
        "None of the usual culprits explains this signature.",
        f"Now {_LOOK}. A different key order cannot be undone either: {_RAW}.",
    ),
}

_UNTIMELY = {Reason.STALE: Culprit.STALE, Reason.FUTURE: Culprit.FUTURE}


def explain(secret: str | bytes, body: bytes, header: str, *, reason: Reason = Reason.OK) -> Explanation:
    """Find out why ``header`` does not verify ``body``.

    Args:
        secret: the integration's shared secret.
        body: the bytes that somebody has, which may not be those that were signed.
        header: the value of ``x-jebbit-signature``.
        reason: what :func:`verify` said of them: a signature that fits may be too old all the same.

    Raises:
        ValueError: the secret is empty.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    signature_of(key, 0, b"")
    parsed = parse_header(header)
    if parsed is None:
        return _explanation(Culprit.MALFORMED_HEADER)
    timestamp, given = parsed
    for culprit, signature, detail in _hypotheses(key, body, timestamp):
        if signature in given:
            return _explanation(
                _UNTIMELY.get(reason, culprit) if culprit is Culprit.NONE else culprit, detail
            )
    return _explanation(Culprit.UNKNOWN)


def _explanation(culprit: Culprit, detail: str = "") -> Explanation:
    sentence, advice = _WORDS[culprit]
    return Explanation(culprit, sentence.replace("{detail}", detail), advice)


def _hypotheses(key: bytes, body: bytes, timestamp: int) -> Iterator[tuple[Culprit, str, str]]:
    """Yield each culprit with the signature it would have led to, cheap and likely ones first."""
    right = signature_of(key, timestamp, body)
    yield (Culprit.MILLISECONDS if timestamp >= _FIRST_MILLISECONDS else Culprit.NONE), right, ""
    for culprit, signature in _encodings(right):
        yield culprit, signature, ""
    for culprit, other in _bodies(body):
        yield culprit, signature_of(key, timestamp, other), ""
    for culprit, other in _keys(key):
        yield culprit, signature_of(other, timestamp, body), ""
    yield Culprit.NO_TIMESTAMP, _unstamped(key, body), ""
    for writing in writings(body):
        yield Culprit.JSON_REWRITTEN, signature_of(key, timestamp, writing.body), writing.how
    for milliseconds in _milliseconds(timestamp, body):
        yield Culprit.MILLISECONDS, signature_of(key, milliseconds, body), ""


def _encodings(right: str) -> Iterator[tuple[Culprit, str]]:
    digest = base64.b64decode(right)
    in_hex = digest.hex()
    for text in (in_hex, in_hex.upper()):
        yield Culprit.HEX, text
        yield Culprit.HEX, base64.b64encode(text.encode()).decode()
    yield Culprit.PADDING_LOST, right.rstrip("=")
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
    for blanks in (b"", b"\n", b"\r\n", b" "):
        if stripped + blanks:
            yield Culprit.KEY_BLANKS, stripped + blanks
    try:
        decoded = base64.b64decode(stripped.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
    except binascii.Error:
        return
    if decoded:
        yield Culprit.KEY_DECODED, decoded


def _unstamped(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, body, "sha256")).decode("ascii")


def _milliseconds(timestamp: int, body: bytes) -> Iterator[int]:
    if timestamp >= _FIRST_MILLISECONDS:
        yield timestamp // 1000
    elif len(body) <= _WORTH_A_THOUSAND_HASHES:
        yield from range(timestamp * 1000, timestamp * 1000 + 1000)
