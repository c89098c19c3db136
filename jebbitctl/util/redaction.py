"""Masking of secrets."""

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
    """Return a copy of a JSON value with the values of all SECRET_KEYS masked."""
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
    """Return text with secrets masked, in their JSON-escaped forms as well."""
    for secret in filter(None, secrets):
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            text = text.replace(form, MASK)
    return text


@lru_cache(maxsize=64)
def _secret_keys(keys: tuple[Any, ...]) -> list[Any]:
    """Return the keys that hold secrets. Cached, as the resources of a list mostly have the same keys."""
    return [key for key in keys if str(key).lower() in SECRET_KEYS]
