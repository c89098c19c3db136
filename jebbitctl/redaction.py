"""Secrets as they are shown: not at all."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "********"
SECRET_KEYS = frozenset({"access_token", "authorization", "client_secret", "refresh_token", "shared_secret"})
_CONTAINERS = (dict, list)


def redact(value: Any) -> Any:
    """Return a copy of a JSON value in which the value of every key that holds a secret is masked."""
    if isinstance(value, dict):
        copy = dict(value)
        for key, inner in value.items():
            if isinstance(inner, _CONTAINERS):
                copy[key] = redact(inner)
        for key in _secret_keys(tuple(value)):
            if copy[key] is not None:
                copy[key] = MASK
        return copy
    if isinstance(value, list):
        return [redact(inner) for inner in value]
    return value


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with each of these secrets masked, also where it stands in JSON with escapes."""
    for secret in filter(None, secrets):
        for written in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            text = text.replace(written, MASK)
    return text


@lru_cache(maxsize=64)
def _secret_keys(keys: tuple[Any, ...]) -> list[Any]:
    """Return those of a resource's keys that hold secrets; most resources of a list have the same keys."""
    return [key for key in keys if str(key).lower() in SECRET_KEYS]
