"""Jebbit's webhook signature: ``x-jebbit-signature: t=<unix seconds>,v1=<Base64 of an HMAC-SHA256>``.

The HMAC's key is the integration's ``shared_secret``, its message ``"<t>."`` followed by the raw body bytes.
Source: Jebbit's OpenAPI document, "Anatomy of a Jebbit Signature", and Jebbit's example receiver.
"""

from __future__ import annotations

import base64
import hmac
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE_HEADER = "x-jebbit-signature"
TEST_HEADER = "x-jebbit-test"
TOLERANCE = 300
"""The largest allowed difference between a timestamp and now, in seconds."""

_TIMESTAMP = r"[0-9]{1,15}"


class Reason(StrEnum):
    """Why a delivery is valid or refused."""

    OK = "ok"
    MALFORMED_HEADER = "malformed_header"
    STALE = "stale"
    FUTURE = "future"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of :func:`verify`; true if the delivery is authentic and recent.

    Attributes:
        reason: ``Reason.OK``, or the reason why it is refused.
        timestamp: the header's ``t`` in unix seconds; None if the header is malformed.
        age_seconds: now minus ``timestamp``; negative for a timestamp in the future.
        secret_index: the position of the secret that signed it, 0 if there is only one; None if none did.
        signature: the authentic ``v1``, the same in each repeat of a delivery; None if there is none.
    """

    reason: Reason
    timestamp: int | None = None
    age_seconds: int | None = None
    secret_index: int | None = field(default=None, compare=False)
    signature: str | None = field(default=None, compare=False, repr=False)

    @property
    def valid(self) -> bool:
        """Whether the delivery is authentic and recent."""
        return self.reason is Reason.OK

    def __bool__(self) -> bool:
        return self.valid


def compute_signature(secret: str | bytes, timestamp: int | str, body: bytes) -> str:
    """Return the value of ``v1`` for ``body`` at ``timestamp``.

    Raises:
        ValueError: the secret is empty; anyone could sign with it.
    """
    key = secret.encode() if isinstance(secret, str) else secret
    if not key:
        raise ValueError("the shared secret is empty")
    digest = hmac.digest(key, f"{timestamp}.".encode() + body, "sha256")
    return base64.b64encode(digest).decode("ascii")


def sign(secret: str | bytes, body: bytes, *, timestamp: int | None = None) -> str:
    """Return the value of ``x-jebbit-signature`` for these exact bytes.

    Args:
        secret: the integration's shared secret.
        body: the body as it is sent.
        timestamp: unix seconds; default now.

    Raises:
        ValueError: the secret is empty.
    """
    at = int(time.time()) if timestamp is None else timestamp
    return f"t={at},v1={compute_signature(secret, at, body)}"


def parse_header(header: str) -> tuple[int, list[str]] | None:
    """Split a signature header into its timestamp and its ``v1`` signatures; None if it is malformed.

    Unknown keys are ignored. Several ``v1`` are allowed, as during the rotation of a secret. A second ``t``
    is not.
    """
    timestamps: list[str] = []
    signatures: list[str] = []
    for part in header.split(","):
        key, equals, value = part.partition("=")
        if not equals:
            return None
        if key == "t":
            timestamps.append(value)
        elif key == "v1":
            signatures.append(value)
    if len(timestamps) != 1 or not signatures or not re.fullmatch(_TIMESTAMP, timestamps[0]):
        return None
    return int(timestamps[0]), signatures


def verify(
    secret: str | bytes | Sequence[str | bytes],
    body: bytes | bytearray | memoryview,
    header: str | bytes | Sequence[str | bytes] | None,
    *,
    tolerance: int = TOLERANCE,
    now: float | None = None,
) -> Verification:
    """Verify a delivery. Nothing that the sender controls makes it raise.

    Args:
        secret: the integration's shared secret, or several, such as the old and the new one.
        body: the raw body, before any decoding or parsing.
        header: the value of ``x-jebbit-signature``, as text or bytes; None if there is none. A list of
            values, as some frameworks have it, is a header that was sent several times.
        tolerance: the largest allowed difference between the timestamp and now, in seconds.
        now: the time to compare with, in unix seconds; default the clock.

    Raises:
        TypeError: an argument has another type, such as a body that is text.
        ValueError: a secret is empty, or there is none.
    """
    secrets = (secret,) if isinstance(secret, (str, bytes)) else _secrets(secret)
    if not isinstance(body, bytes):
        body = _raw(body)
    parsed = parse_header(header if isinstance(header, str) else _header_text(header))
    if parsed is None:
        for one in secrets:
            compute_signature(one, 0, b"")
        return Verification(Reason.MALFORMED_HEADER)
    timestamp, signatures = parsed
    age = int(time.time() if now is None else now) - timestamp
    index, expected = _find_signer(secrets, timestamp, body, signatures)
    if index is None:
        reason = Reason.MISMATCH
    elif age > tolerance:
        reason = Reason.STALE
    elif age < -tolerance:
        reason = Reason.FUTURE
    else:
        reason = Reason.OK
    return Verification(reason, timestamp, age, index, expected)


def _find_signer(
    secrets: Sequence[str | bytes], timestamp: int, body: bytes, signatures: list[str]
) -> tuple[int | None, str | None]:
    """Return the position of the secret that one of the signatures was made with, and that signature.

    All secrets and signatures are tried, so that the time does not depend on which of them match.
    """
    given = [signature.encode("utf-8", "replace") for signature in signatures]
    found: tuple[int | None, str | None] = None, None
    for index, secret in enumerate(secrets):
        expected = compute_signature(secret, timestamp, body)
        matches = [hmac.compare_digest(expected.encode("ascii"), signature) for signature in given]
        if any(matches) and found[0] is None:
            found = index, expected
    return found


def _secrets(secrets: object) -> tuple[str | bytes, ...]:
    """Return several secrets.

    Raises:
        TypeError: they are not a list or tuple of text or bytes.
        ValueError: there are none.
    """
    if not isinstance(secrets, (list, tuple)) or not all(isinstance(one, (str, bytes)) for one in secrets):
        raise TypeError("secret must be str or bytes, or a list of them")
    if not secrets:
        raise ValueError("there is no shared secret")
    return tuple(secrets)


def _raw(body: object) -> bytes:
    if not isinstance(body, (bytearray, memoryview)):
        raise TypeError(
            f"body must be the raw bytes, before any decoding or parsing, not {type(body).__name__}"
        )
    return bytes(body)


def _header_text(header: object) -> str:
    """Return a header as text; repeated ones are joined as in RFC 9110, section 5.3.

    Raises:
        TypeError: it is neither text nor bytes nor None, nor a list of those.
    """
    if header is None:
        return ""
    if isinstance(header, bytes):
        return header.decode("latin-1")  # as web servers do; it cannot fail
    if isinstance(header, (list, tuple)) and all(isinstance(value, (str, bytes)) for value in header):
        return ",".join(value if isinstance(value, str) else _header_text(value) for value in header)
    raise TypeError(f"header must be str, bytes, a list of them, or None, not {type(header).__name__}")
