"""The words of an error response, in every format that Jebbit, its issuer or a proxy may use.

JSON:API (https://jsonapi.org/format/1.0/#errors), OAuth 2.0 (RFC 6749, section 5.2), problem details (RFC
9457), the errors of a Rails model, a message in JSON, and short plain text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.util.redaction import scrub, scrub_registered
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.transport import ApiResponse

MAX_ERRORS = 5
MAX_TEXT = 500
MAX_PLAIN_TEXT = 200
"""Characters. A longer text is a page or a trace, not a message."""

_MARKUP = re.compile(r"<[!/?a-z]", re.IGNORECASE)
_WORDS = ("title", "detail", "message", "Message", "error_description")
_WHOLE_RESOURCE = "base"
"""What Rails calls the errors that concern no single attribute."""


def error_text(response: ApiResponse, secrets: Iterable[str] = ()) -> str:
    """Return what an error response says, in one line without markup and secrets; empty if it says nothing.

    Args:
        response: of any status.
        secrets: to mask, besides those in use.
    """
    try:
        text = document_text(response.json())
    except ValueError:
        text = _plain_text(response)
    text = escape_controls(scrub_registered(scrub(text, secrets)))
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def error_code(response: ApiResponse) -> str:
    """Return the ``error`` of an OAuth 2.0 error response, such as ``access_denied``; else an empty text."""
    try:
        document = response.json()
    except ValueError:
        return ""
    code = document.get("error") if isinstance(document, dict) else None
    return code if isinstance(code, str) else ""


def document_text(document: Any) -> str:
    """Return the words of a JSON error document in one line, neither masked nor escaped."""
    if isinstance(document, dict) and document.get("errors"):
        document = document["errors"]
        if isinstance(document, dict):
            return _join(_of_attributes(document))
    if isinstance(document, list):
        return _join(_of_object(error) for error in document[:MAX_ERRORS])
    return _of_object(document)


def _of_object(error: Any) -> str:
    """Return the words of one error."""
    if not isinstance(error, dict):
        return _words(error)
    cause = error.get("error")
    if isinstance(cause, dict | list):
        return document_text(cause)
    texts = [_words(error.get(name)) for name in _WORDS]
    text = ": ".join(dict.fromkeys(filter(None, texts)))
    if not text:
        return _words(cause)
    remarks = [_code(error, text), _words(cause) if cause != text else "", _place(error)]
    remark = ", ".join(filter(None, remarks))
    return f"{text} ({remark})" if remark else text


def _code(error: dict[str, Any], text: str) -> str:
    code = error.get("code")
    if not isinstance(code, str | int) or isinstance(code, bool) or str(code) == str(error.get("status")):
        return ""
    words = _words(str(code))
    return f"code {words}" if words and words != text else ""


def _place(error: dict[str, Any]) -> str:
    source = error.get("source")
    if not isinstance(source, dict):
        return ""
    return _words(source.get("pointer")) or _words(source.get("parameter"))


def _of_attributes(errors: dict[str, Any]) -> Iterator[str]:
    """Yield the words of the errors of a Rails model, each with its attribute."""
    for name, reasons in list(errors.items())[:MAX_ERRORS]:
        attribute = "" if name == _WHOLE_RESOURCE else _words(name)
        for reason in reasons[:MAX_ERRORS] if isinstance(reasons, list) else [reasons]:
            if text := _of_object(reason):
                yield f"{attribute} {text}".strip()


def _join(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _words(value: Any) -> str:
    """Return a text in one line; empty if it is markup, or no text."""
    if not isinstance(value, str) or _MARKUP.search(value):
        return ""
    return " ".join(value.split())


def _plain_text(response: ApiResponse) -> str:
    """Return a short plain text; empty if the body is markup, broken JSON, binary or long."""
    if len(response.body) > 4 * MAX_PLAIN_TEXT:
        return ""
    try:
        text = response.body.decode()
    except UnicodeDecodeError:
        return ""
    words = _words(text)
    if len(words) > MAX_PLAIN_TEXT or words.startswith(("{", "[")) or not words.isprintable():
        return ""
    return words
