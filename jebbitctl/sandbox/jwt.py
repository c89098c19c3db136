"""JSON Web Tokens, signed with HS256."""

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
    """Return a signed JWT with these claims."""
    message = f"{_encode_part(_HEADER)}.{_encode_part(claims)}"
    return f"{message}.{_base64url(_sign(message, key))}"


def decode(token: str, key: bytes, *, now: float) -> dict[str, Any] | None:
    """Return the claims of a token, or None if ``key`` did not sign it or it has expired.

    Args:
        token: any text.
        key: the signing key.
        now: unix seconds.
    """
    message, _, signature = token.rpartition(".")
    expected = _base64url(_sign(message, key))
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        return None
    payload = message.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims if now < claims["exp"] else None


def _sign(message: str, key: bytes) -> bytes:
    return hmac.new(key, message.encode("utf-8", "replace"), hashlib.sha256).digest()


def _encode_part(value: Mapping[str, Any]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
