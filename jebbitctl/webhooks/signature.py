"""Jebbit's webhook signature: ``x-jebbit-signature: t=<unix seconds>,v1=<Base64 of an HMAC-SHA256>``.

The HMAC's key is the integration's ``shared_secret``, its message ``"<t>."`` followed by the raw body bytes.
Source: Jebbit's OpenAPI document, "Anatomy of a Jebbit Signature", and Jebbit's example receiver.
"""

from __future__ import annotations

import base64
import hmac
import re
import time
from dataclasses import dataclass
from enum import StrEnum

SIGNATURE_HEADER = "x-jebbit-signature"
TEST_HEADER = "x-jebbit-test"
TOLERANCE = 300
"""The largest allowed difference between a timestamp and now, in seconds."""

_TIMESTAMP = r"[0-9]{1,15}"


class Reason(StrEnum):
    """Why a delivery was accepted or rejected."""

    OK = "ok"
    MALFORMED_HEADER = "malformed_header"
    STALE = "stale"
    FUTURE = "future"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of :func:`verify`; true if the delivery is authentic and recent.

    Attributes:
        reason: ``Reason.OK``, or the reason for the rejection.
        timestamp: the header's ``t`` in unix seconds; None if the header is malformed.
        age_seconds: now minus ``timestamp``; negative for a timestamp in the future.
    """

    reason: Reason
    timestamp: int | None = None
    age_seconds: int | None = None

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
    secret: str | bytes,
    body: bytes,
    header: str | None,
    *,
    tolerance: int = TOLERANCE,
    now: float | None = None,
) -> Verification:
    """Verify a delivery. Nothing that the sender controls makes it raise.

    Args:
        secret: the integration's shared secret.
        body: the raw body, before any decoding or parsing.
        header: the value of ``x-jebbit-signature``; None if there is none.
        tolerance: the largest allowed difference between the timestamp and now, in seconds.
        now: the time to compare with, in unix seconds; default the clock.

    Raises:
        ValueError: the secret is empty.
    """
    parsed = parse_header(header or "")
    if parsed is None:
        compute_signature(secret, 0, b"")
        return Verification(Reason.MALFORMED_HEADER)
    timestamp, signatures = parsed
    age = int(time.time() if now is None else now) - timestamp
    expected = compute_signature(secret, timestamp, body).encode("ascii")
    matches = [
        hmac.compare_digest(expected, signature.encode("utf-8", "replace")) for signature in signatures
    ]
    if not any(matches):
        reason = Reason.MISMATCH
    elif age > tolerance:
        reason = Reason.STALE
    elif age < -tolerance:
        reason = Reason.FUTURE
    else:
        reason = Reason.OK
    return Verification(reason, timestamp, age)
