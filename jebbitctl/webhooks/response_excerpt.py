"""The start of a response's body, in one line that is safe to show."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from jebbitctl.util.redaction import scrub, scrub_registered
from jebbitctl.util.text import escape_controls
from jebbitctl.webhooks.response_text import readable_body

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

MAX_CHARACTERS = 200
"""The maximum number of characters."""
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_HEAD = re.compile(r"<head\b.*?</head\s*>|<title\b.*?</title\s*>", re.DOTALL | re.IGNORECASE)


def excerpt(response: EndpointResponse, secret: str) -> str:
    """Return what a response says: the start of its text, without markup; empty for nothing readable.

    Args:
        response: of any endpoint.
        secret: masked, like all secrets in use.
    """
    body = readable_body(response)
    if body is None:
        return ""
    text = body.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        shown = _plain(_HEAD.sub("", text))
        text = shown if shown.strip() else _plain(text)
    words = " ".join(scrub_registered(scrub(text, [secret])).split())
    return escape_controls(words if len(words) <= MAX_CHARACTERS else f"{words[: MAX_CHARACTERS - 1]}…")


def _plain(markup: str) -> str:
    return html.unescape(_MARKUP.sub(" ", markup))


def quoted_excerpt(response: EndpointResponse, secret: str) -> str:
    """Return a sentence with a space in front, such as `` It says: "bad signature"``; empty for nothing."""
    words = excerpt(response, secret)
    return f' It says: "{words}".' if words else ""
