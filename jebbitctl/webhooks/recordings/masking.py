"""Masks personal data: by the names of attributes, and by what e-mail addresses and phone numbers look like.

Too much is masked rather than too little: any seven digits may be a phone number. Names of people within
other text cannot be found.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from jebbitctl.util.text import parse_json
from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

MASK = "***"
MASKED_ADDRESS = "***@***"

_AT = r"(?:[@\uff20]|%(?:25){0,3}40|\\u0040|&#64;|&commat;)"
_ADDRESS = re.compile(
    rf"[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}(?:{_AT}(?:\[[^\]\s]{{1,60}}\]|[\w.%-]{{1,255}}))+", re.IGNORECASE
)
_PHONE = re.compile(r"[+(]{0,2}\d(?:[\s().+/\u2010-\u2015\u2212-]{0,4}\d){6,}")
_DATE = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9](?:[ T][0-2][0-9])?")
_PERSONAL = re.compile(
    "e?mail|phone|mobile|cellular|telefax|address|birth|zipcode|postal|postcode|street|surname|passport"
    "|(?:first|last|full|middle|given|family|maiden|user|nick|customer|contact|your)name|name(?:first|last|of)"
    "|names?[0-9]*$"
)
"""What the name of an attribute has in it, without its punctuation, if its value is personal."""
_NAMES_OF_THINGS = re.compile(
    r"(?:^|[\W_]|(?<=[a-z0-9])(?=[A-Z]))(?i:"
    "(?:app|attribute|brand|browser|business|campaign|category|channel|class|company|country|device|domain|event"
    "|experience|field|file|form|host|integration|item|list|offer|outcome|page|path|product|question|quiz|result"
    r"|reward|screen|segment|server|service|source|store|survey|tag|template|test|variable)[\W_]*names?)"
)
"""Names that are not of people. They are whole words: ``profile_name`` is not a file's."""
_PERSONAL_WORDS = frozenset({"fname", "lname", "tel", "fax", "zip", "dob", "ip", "ssn", "cell", "city"})
"""Names of attributes that are personal as they are."""
_VALUES = frozenset({"value", "values", "answer", "answers", "response", "responses", "text"})
"""Members of objects that name an attribute in another member: ``{"key": "first_name", "value": "Ann"}``."""
_SEPARATOR = re.compile("([?&;#](?=[^=?&;#]+=))")
"""Stands between pairs in a URL or a form; what is no pair belongs to the value before it."""
_BASE64 = re.compile("[A-Za-z0-9+/_-]{8,}={0,2}")
_MAX_NESTED_TEXTS = 2
"""JSON or a form may be in a string of another one, and so on. What is deeper is masked wholly: 100 levels
of each are too much for Python's stack."""
_PERSONAL_HEADERS = frozenset(
    {"authorization", "cookie", "forwarded", "from", "proxy-authorization", "x-forwarded-for", "x-real-ip"}
)
_HEADERS_AS_THEY_ARE = frozenset({SIGNATURE_HEADER, "content-length", "content-type", "date", "host"})


def is_personal(key: str) -> bool:
    """Whether the name of an attribute says that its value is personal, such as ``first_name``."""
    plain = re.sub(r"[\W_]", "", _NAMES_OF_THINGS.sub("", key)).lower()
    return plain in _PERSONAL_WORDS or bool(_PERSONAL.search(plain))


def mask_text(text: str) -> str:
    """Return text without e-mail addresses and phone numbers; ISO dates are kept."""
    return _PHONE.sub(_masked_number, _ADDRESS.sub(MASKED_ADDRESS, text))


def mask_value(key: str, value: Any) -> Any:
    """Return a JSON value without personal data.

    Args:
        key: the name of the attribute. If it says that the value is personal, all of it is masked, except for
            booleans, null and empty strings.
        value: may contain others. A string may be JSON or a URL.
    """
    return _masked(value, whole=is_personal(key))


def mask_body(body: bytes) -> bytes:
    """Return a body without personal data. One that is neither JSON nor a form is masked wholly."""
    if not body:
        return body
    try:
        return json.dumps(_masked(parse_json(body)), ensure_ascii=False, separators=(",", ":")).encode()
    except ValueError:
        pass
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return MASK.encode()
    return (_mask_form(text) if _is_form(text) else MASK).encode()


def mask_delivery(delivery: Delivery) -> Delivery:
    """Return a delivery without personal data. Its signature no longer fits its body."""
    return replace(
        delivery,
        body=mask_body(delivery.body),
        headers={name: _mask_header(name, value) for name, value in delivery.headers.items()},
        path=_mask_path(delivery.path),
        query=_mask_form(delivery.query),
        masked=True,
    )


def mask_forward(outcome: ForwardOutcome) -> ForwardOutcome:
    """Return an outcome of forwarding without personal data in its URL and response."""
    error = None if outcome.error is None else mask_text(outcome.error)
    return replace(
        outcome, url=_mask_string(outcome.url), response=_mask_string(outcome.response), error=error
    )


def mask_record(record: RecordedDelivery) -> RecordedDelivery:
    """Return a delivery and its outcomes without personal data."""
    forwards = None if record.forwards is None else tuple(map(mask_forward, record.forwards))
    return replace(record, delivery=mask_delivery(record.delivery), forwards=forwards)


def _masked(value: Any, *, whole: bool = False, nested: int = 0) -> Any:
    if isinstance(value, dict):
        named = any(
            key.lower() not in _VALUES and isinstance(one, str) and is_personal(one)
            for key, one in value.items()
        )
        return {
            mask_text(key): _masked(
                inner, whole=whole or is_personal(key) or (named and key.lower() in _VALUES), nested=nested
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, whole=whole, nested=nested) for inner in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if whole:
        return MASKED_ADDRESS if isinstance(value, str) and _ADDRESS.search(value) else MASK
    if isinstance(value, str):
        return _mask_string(value, nested)
    return MASK if _PHONE.search(json.dumps(value)) else value


def _mask_string(text: str, nested: int = 0) -> str:
    is_json = text.lstrip()[:1] in {"{", "["}
    if (is_json or _is_form(text)) and nested >= _MAX_NESTED_TEXTS:
        return MASK
    if is_json:
        try:
            return json.dumps(_masked(parse_json(text), nested=nested + 1), ensure_ascii=False)
        except ValueError:
            return MASK
    if (hidden := _decode_base64(text)) and _mask_string(hidden, nested + 1) != hidden:
        return MASK
    return _mask_form(text, nested) if _is_form(text) else mask_text(text)


def _decode_base64(text: str) -> str | None:
    """Return the text that a string encodes; None if it is not Base64 of a text."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(f"{text}==", altchars="-_" if set(text) & {"-", "_"} else None).decode()
    except ValueError:
        return None


def _is_form(text: str) -> bool:
    return "=" in text and not re.search(r"[\s{<\[]", text)


def _mask_form(text: str, nested: int = 0) -> str:
    """Return ``name=value&…``, possibly behind a URL and percent-encoded, without personal data."""
    parts = _SEPARATOR.split(text)
    parts[::2] = [_mask_pair(part, nested) for part in parts[::2]]
    return mask_text("".join(parts))  # an address may have = or & in it


def _mask_pair(pair: str, nested: int) -> str:
    name, equals, value = pair.partition("=")
    plain_name, plain = unquote_plus(name), unquote_plus(value)
    masked_name = mask_text(plain_name)
    masked = _masked(plain, whole=is_personal(plain_name), nested=nested + 1)
    name = name if masked_name == plain_name else quote_plus(masked_name, safe="*@:/")
    return f"{name}{equals}{value if masked == plain else quote_plus(masked, safe='*@')}"


def _mask_path(path: str) -> str:
    return mask_text("/".join(map(_mask_segment, path.split("/"))))


def _mask_segment(segment: str) -> str:
    masked = _mask_string(unquote(segment))
    return segment if masked == unquote(segment) else quote(masked, safe="*@")


def _mask_header(name: str, value: str) -> str:
    if name in _HEADERS_AS_THEY_ARE:
        return value
    return MASK if name in _PERSONAL_HEADERS or name.endswith("-ip") else str(mask_value(name, value))


def _masked_number(match: re.Match[str]) -> str:
    return match[0] if _DATE.fullmatch(match[0]) else MASK
