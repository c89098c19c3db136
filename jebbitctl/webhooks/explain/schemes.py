"""Ways to sign that differ from Jebbit's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.webhooks.explain.causes import Cause, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Message = Callable[[bytes, bytes], bytes]
    Mac = Callable[[bytes, bytes], bytes]

_HASHES = {
    "sha1": "SHA-1",
    "sha512": "SHA-512",
    "md5": "MD5",
    "sha384": "SHA-384",
    "sha224": "SHA-224",
    "sha3_256": "SHA3-256",
}
_PLAIN_HASHES = {"sha256": "SHA-256", "sha1": "SHA-1", "sha512": "SHA-512", "md5": "MD5"}
_SEPARATORS = (":", ",", " ", "\n", "|", "-", "_", "&", ";", "..", ". ", "/", "\\n", "+", ".\n", "\r\n")
_MESSAGES = {
    "<body>": Cause.NO_TIMESTAMP,
    "<t><body>": Cause.NO_DOT,
    "<body>.<t>": Cause.TIMESTAMP_LAST,
    "<body><t>": Cause.TIMESTAMP_LAST,
    **{f"<t>{mark}<body>": Cause.SEPARATOR for mark in _SEPARATORS},
    "t=<t>.<body>": Cause.SEPARATOR,
    "t=<t>,<body>": Cause.SEPARATOR,
    "t=<t>,body=<body>": Cause.SEPARATOR,
    "v1:<t>:<body>": Cause.SEPARATOR,
    "v0:<t>:<body>": Cause.SEPARATOR,
    "v1.<t>.<body>": Cause.SEPARATOR,
    "POST.<t>.<body>": Cause.SEPARATOR,
    "<t>.POST.<body>": Cause.SEPARATOR,
    '"<t>.<body>"': Cause.SEPARATOR,
}
"""What is signed instead of ``<t>.<body>``."""


class Scheme(NamedTuple):
    """A way to sign.

    Attributes:
        notes: how it differs from Jebbit's.
        sign: computes the digest from key, timestamp and body.
    """

    notes: tuple[Note, ...]
    sign: Callable[[bytes, bytes, bytes], bytes]


def _sign_as_jebbit(key: bytes, timestamp: bytes, body: bytes) -> bytes:
    return hmac.digest(key, timestamp + b"." + body, "sha256")


JEBBIT = Scheme((), _sign_as_jebbit)


def other_schemes(*, has_timestamp: bool) -> tuple[list[Scheme], list[Scheme]]:
    """Return the schemes with one difference, and those with two; likely ones first.

    Args:
        has_timestamp: whether a timestamp is known; otherwise only schemes without one are returned.
    """
    messages = [(note, message) for note, message in _messages() if has_timestamp or not _uses_time(message)]
    macs = list(_macs())
    single = [_scheme((note,), message, _hmac_sha256) for note, message in messages]
    if has_timestamp:
        single += [_scheme((note,), _fill("<t>.<body>"), mac) for note, mac in macs]
    double = [
        _scheme((message_note, mac_note), message, mac)
        for (message_note, message), (mac_note, mac) in product(messages, macs)
    ]
    return single, double


def _scheme(notes: tuple[Note, ...], message: Message, mac: Mac) -> Scheme:
    def sign(key: bytes, timestamp: bytes, body: bytes) -> bytes:
        return mac(key, message(timestamp, body))

    return Scheme(notes, sign)


def _uses_time(message: Message) -> bool:
    return message(b"1", b"") != message(b"2", b"")


def _messages() -> Iterator[tuple[Note, Message]]:
    for pattern, cause in _MESSAGES.items():
        yield Note(cause, pattern.encode("unicode_escape").decode()), _fill(pattern)
    for title, hashed in (
        ("SHA-256 in hex", _sha256_hex),
        ("SHA-256", partial(_plain, "sha256")),
        ("SHA-256 in Base64", _sha256_base64),
        ("MD5 in hex", _md5_hex),
    ):
        yield Note(Cause.BODY_HASHED, title), _fill("<t>.<body>", hashed)
        yield Note(Cause.BODY_HASHED, f"{title}, without the timestamp"), _fill("<body>", hashed)


def _fill(pattern: str, hashed: Callable[[bytes], bytes] | None = None) -> Message:
    """Return a function that puts a timestamp and a body, or its hash, into a pattern."""
    pieces = [piece.encode() for piece in re.split("(<t>|<body>)", pattern)]

    def fill(timestamp: bytes, body: bytes) -> bytes:
        content = hashed(body) if hashed else body
        return b"".join({b"<t>": timestamp, b"<body>": content}.get(piece, piece) for piece in pieces)

    return fill


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _hmac(name: str, key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, name)


def _swapped(key: bytes, message: bytes) -> bytes:
    return hmac.digest(message, key, "sha256")


def _macs() -> Iterator[tuple[Note, Mac]]:
    """Yield what is computed instead of an HMAC-SHA256."""
    for name, title in _HASHES.items():
        yield Note(Cause.OTHER_HASH, title), partial(_hmac, name)
    yield Note(Cause.ARGUMENTS_SWAPPED), _swapped
    for name, title in _PLAIN_HASHES.items():
        for form, join in _JOINS.items():
            yield Note(Cause.NO_HMAC, f"{title} of {form}"), partial(_hash_joined, name, join)


_JOINS = {
    "the message alone": "<body>",
    "secret and message": "<key><body>",
    "message and secret": "<body><key>",
    "secret, dot and message": "<key>.<body>",
    "message, dot and secret": "<body>.<key>",
}


def _hash_joined(name: str, pattern: str, key: bytes, message: bytes) -> bytes:
    pieces = re.split("(<key>|<body>)", pattern)
    joined = b"".join({"<key>": key, "<body>": message}.get(piece, piece.encode()) for piece in pieces)
    return _plain(name, joined)


def _plain(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


def _sha256_hex(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def _sha256_base64(body: bytes) -> bytes:
    return base64.b64encode(hashlib.sha256(body).digest())


def _md5_hex(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).hexdigest().encode()
