"""A mistake that receivers make, as the signature that it makes them accept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[bytes], bytes]
    """Returns what a receiver takes for the body."""
    Sign = Callable[[str, int, bytes], str]
    """Returns the header that a receiver expects: from the secret, unix seconds and a body."""


def unchanged(body: bytes) -> bytes:
    return body


def correct(secret: str, timestamp: int, body: bytes) -> str:
    return sign(secret, body, timestamp=timestamp)


@dataclass(frozen=True, slots=True)
class ReceiverBug:
    """A usual mistake.

    Attributes:
        code: stable, such as ``hex``.
        finding: what the endpoint does, in one sentence; for rewritten JSON, the call that writes it.
        fix: what to do about it.
        language: the one in which it happens; None for several.
        read: returns what the receiver signs in place of the body.
        sign: returns the header that it expects.
        also: another bug that it has, which changes what is read.
    """

    code: str
    finding: str
    fix: str
    language: str | None = None
    read: Read = unchanged
    sign: Sign = correct
    also: ReceiverBug | None = None

    def header(self, secret: str, timestamp: int, body: bytes) -> str:
        """Return the signature header that a receiver with this bug accepts."""
        return self.sign(secret, timestamp, self.read(body))

    def reading(self, other: ReceiverBug) -> ReceiverBug:
        """Return this bug together with another one that changes what is read."""
        return replace(self, read=other.read, also=other)
