"""Masking of secrets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.util.credential_keys import looks_like_credential, may_be_credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MASK = "********"
SECRET_KEYS = frozenset({"access_token", "authorization", "client_secret", "refresh_token", "shared_secret"})
MIN_REGISTERED_LENGTH = 8
"""Shorter secrets, which only tests have, would mask parts of words."""

# Patterns are compiled when they are used: every command imports this module, but few look at documents.
_USER_INFO = r"(?<=://)[^\s/?#\"]*@"
_URL_WITH_QUERY = r"(://[^\s\"?]*\?)([^\s\"]+)"
_USER_AND_REST = r"(?<=://)[^\s/?#@:\"]*:[^\s/?#\"]+@"
_ERROR_KEY = "(?i)error|exception|fail|reason|message"
_QUERY_VALUE = "((?:^|(?<=[&;]))(?:[^&;=]*=)?)[^&;]+"
_PAIR_IN_TEXT = r"(?<![\w.-])([\w.-]+)=([^\s;&,\"']+)"
"""Such as a parameter of a URL's query, or a part of a connection string."""
_RANDOM = (
    r"(?=\D*\d)([a-z0-9]{1,5}[_-]){0,3}([A-Za-z0-9]{16,}[\w+/=.-]*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
"""Such as ``pk_0123456789abcdef`` or a UUID, but no path, and no words between hyphens."""
_CREDENTIAL = (
    r"(?i)(bearer|basic|token) +(?=\S*[0-9=])\S{8,}$|[a-z][a-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@]+@"
    r"|-----BEGIN [a-z ]*PRIVATE KEY"
)
_OPENING = ("{", "[")
"""How the text of a JSON object or array begins."""
_WRITTEN_BY_USERS = ("default",)
"""Such as the default of a mapping, which may be any text."""
_ENDPOINT = "endpoint"
"""It identifies an integration, so it is shown; Jebbit's own may not have a password."""
_NAMES_OF_PAIRS = ("name", "key", "header", "client_var", "field")
_VALUES_OF_PAIRS = ("value", "static_value", "fallback_value")
"""Of headers as some services have them, ``{"name": "X-Api-Key", "value": …}``, and of values always sent."""
_registered: set[str] = set()
"""The secrets in use by this process."""


def redact(value: Any) -> Any:
    """Return a copy of a JSON value with the values of all SECRET_KEYS masked."""
    return _redact(value, guess=False)


def redact_service_data(value: Any) -> Any:
    """Return a copy of a JSON value without the credentials of other services, too.

    They are told by the names of their keys. So this is not for visitors' answers, which are data.
    """
    return _redact(value, guess=True)


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of the headers of a request with credentials masked, such as cookies and API keys."""
    return {name: MASK if value and looks_like_credential(name) else value for name, value in headers.items()}


def register_credentials(value: Any) -> None:
    """Register what :func:`redact_service_data` masks in attributes that are about to be sent.

    Jebbit's answer or an error may repeat it.
    """
    shown = redact_service_data(value)
    if shown != value:
        for text in _masked_texts(value, shown):
            register_secret(text)


def _masked_texts(value: Any, shown: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _masked_texts(inner, shown[key] if isinstance(shown, dict) else shown)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _masked_texts(inner, shown[place] if isinstance(shown, list) else shown)
    elif isinstance(value, str) and shown == MASK:
        yield value


def redact_attribute(name: str, value: Any) -> Any:
    """Like :func:`redact_service_data`, for the value of one attribute. A nested one has a dotted name.

    A nested value of a pair is masked, as what is beside it may tell that it is a credential.
    """
    *outer, key = name.split(".")
    is_pair = bool(outer) and key in _VALUES_OF_PAIRS
    if (is_pair or any(map(looks_like_credential, outer))) and not _is_harmless(value):
        return MASK
    return redact_service_data({key: value})[key]


def is_credential(name: str, value: Any) -> bool:
    """Whether the value of an attribute is masked, or a part of it; see :func:`redact_attribute`."""
    return holds_mask(value) or bool(redact_attribute(name, value) != value)


def holds_mask(value: Any) -> bool:
    """Whether a value holds what output shows in place of a secret, so that it must not be sent."""
    if isinstance(value, dict):
        return any(map(holds_mask, value.values()))
    if isinstance(value, list):
        return any(map(holds_mask, value))
    return isinstance(value, str) and MASK in value


def _redact(value: Any, *, guess: bool) -> Any:
    if isinstance(value, dict):
        copy = _redact_values(value, guess=guess)
        if keys := _secret_keys(tuple(value)):
            for key in keys.ours:
                if value[key] is not None:
                    copy[key] = MASK
            if guess and keys.others:
                _mask_by_key(copy, value, keys.others)
        return copy
    if isinstance(value, list):
        return [_redact(inner, guess=guess) for inner in value]
    if guess and isinstance(value, str):
        return _mask_in_text(value)
    return value


def _redact_values(table: dict[str, Any], *, guess: bool) -> dict[str, Any]:
    """Return a copy of a table without what its values tell. A list has a hundred thousand of them."""
    copy = table.copy()
    for key, value in table.items():
        kind = type(value)
        if kind is str:
            # a text without any of these cannot tell that it is a credential
            if guess and (" " in value or "@" in value or "=" in value or '"' in value) and key != _ENDPOINT:
                copy[key] = _mask_in_text(value, key)
        elif kind is dict or kind is list:
            copy[key] = _redact(value, guess=guess)
    return copy


def _mask_by_key(table: dict[str, Any], values: dict[str, Any], keys: _OthersKeys) -> None:
    """Mask the credentials of other services that keys tell, in a table whose values were these."""
    for key in keys.secret:
        if not _is_harmless(values[key]):
            table[key] = MASK
    for key in keys.possible:
        if isinstance(values[key], str) and re.fullmatch(_RANDOM, values[key]):
            table[key] = MASK
    if keys.pairs and any(
        isinstance(name := values.get(key), str) and looks_like_credential(name) for key in _NAMES_OF_PAIRS
    ):
        table |= {key: MASK for key in keys.pairs if not _is_harmless(values[key])}


def _mask_in_text(text: str, key: object = None) -> str:
    """Return text without what tells itself to be a credential, such as a password in a URL.

    In a URL's query, that is what has the name of a credential; in the text of an error, it is any value.
    """
    if re.match(_CREDENTIAL, text) or (text[:1] in _OPENING and _holds_credentials(text)):
        return MASK
    if "=" in text and key not in _WRITTEN_BY_USERS:
        text = re.sub(
            _PAIR_IN_TEXT,
            lambda pair: f"{pair[1]}={MASK}" if looks_like_credential(pair[1]) else pair[0],
            text,
        )
    if "://" not in text:
        return text
    return mask_urls(text) if re.search(_ERROR_KEY, str(key)) else re.sub(_USER_AND_REST, f"{MASK}@", text)


def _holds_credentials(text: str) -> bool:
    """Whether a text is JSON with credentials."""
    import json

    try:
        value = json.loads(text)
        return bool(_redact(value, guess=True) != value)
    except (ValueError, RecursionError):
        return False


def _is_harmless(value: Any) -> bool:
    """Whether a value can be no credential: a switch, null, or empty."""
    return isinstance(value, bool) or value in (None, "", [], {})


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return text with secrets masked, in their JSON-escaped and percent-encoded forms as well."""
    for secret in filter(None, secrets):
        for form in _forms(secret):
            text = text.replace(form, MASK)
    return text


def mask_urls(text: str) -> str:
    """Return text with the parts of its URLs masked that often are credentials.

    These are user names with passwords, and the values in queries. It is for text that is published.
    """
    if "://" not in text:
        return text
    text = re.sub(_USER_INFO, f"{MASK}@", text)
    return re.sub(_URL_WITH_QUERY, lambda url: url[1] + re.sub(_QUERY_VALUE, r"\1" + MASK, url[2]), text)


def register_secret(secret: str) -> str:
    """Make :func:`scrub_registered` mask a secret from now on; return it unchanged.

    Every secret that a command uses is registered where it is read or received.
    """
    if len(secret) >= MIN_REGISTERED_LENGTH:
        _registered.add(secret)
    return secret


def forget_registered_secrets() -> None:
    """Begin with no secrets, for another command in the same process."""
    _registered.clear()


def scrub_registered(text: str) -> str:
    """Return text with the secrets in use masked."""
    return scrub(text, sorted(_registered, key=len, reverse=True)) if _registered else text


def scrub_values(value: Any) -> Any:
    """Return a copy of a JSON value with the secrets in use masked, which is a JSON value as well."""
    if isinstance(value, dict):
        return {scrub_registered(str(key)): scrub_values(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [scrub_values(inner) for inner in value]
    if isinstance(value, str):
        return scrub_registered(value)
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    return value if scrub_registered(text) == text else MASK


@lru_cache(maxsize=64)
def _forms(secret: str) -> list[str]:
    """Return the forms in which a secret may stand in text."""
    import json
    from urllib.parse import quote, quote_plus

    escaped = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return list(dict.fromkeys([secret, *escaped, quote(secret, safe=""), quote_plus(secret)]))


class _OthersKeys(NamedTuple):
    """The keys of a table that hold others' secrets, those whose values may, and the values of pairs."""

    secret: list[str]
    possible: list[str]
    pairs: list[str]


class _SecretKeys(NamedTuple):
    """The keys of a table that are SECRET_KEYS, and those that tell secrets of other services."""

    ours: list[Any]
    others: _OthersKeys | None


@lru_cache(maxsize=64)
def _secret_keys(keys: tuple[Any, ...]) -> _SecretKeys | None:
    """Return the secret keys, None if there are none. Cached, as resources of a list have the same keys."""
    ours = [key for key in keys if str(key).lower() in SECRET_KEYS]
    names = [key for key in keys if isinstance(key, str) and key not in ours]
    secret = list(filter(looks_like_credential, names))
    possible = [key for key in names if key not in secret and may_be_credential(key)]
    others = _OthersKeys(secret, possible, [key for key in _VALUES_OF_PAIRS if key in names])
    return _SecretKeys(ours, others if any(others) else None) if ours or any(others) else None
