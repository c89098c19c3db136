"""Access tokens: JSON Web Tokens, signed with HS256 by a key that lives as long as the sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = {"alg": "HS256", "typ": "JWT"}


def encode(claims: Mapping[str, Any], key: bytes) -> str:
    """Return a signed JWT that says ``claims``."""
    message = f"{_part(_HEADER)}.{_part(claims)}"
    return f"{message}.{_base64url(_mac(message, key))}"


def decode(token: str, key: bytes, *, now: float) -> dict[str, Any] | None:
    """Return the claims of a token that ``key`` signed and that has not expired; None for any other text.

    Args:
        token: what stood after ``Bearer``.
        key: the signing key.
        now: unix seconds.
    """
    message, _, signature = token.rpartition(".")
    expected = _base64url(_mac(message, key))
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return None
    payload = message.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims if now < claims["exp"] else None


def _mac(message: str, key: bytes) -> bytes:
    return hmac.new(key, message.encode("utf-8", "replace"), hashlib.sha256).digest()


def _part(value: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
