"""What can only be seen, not proven: values that look cut, masked or damaged."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from jebbitctl.util.text import load_json
from jebbitctl.webhooks.explain.causes import Cause, Note
from jebbitctl.webhooks.explain.packing import UNREAD

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUND_SIZES = {2**power for power in range(8, 25)} | {1000, 10_000, 100_000, 1_000_000, 255, 65_535}
_CUT_MARKS = re.compile(r"(?:\.\.\.|…|[\[(<]?(?:truncated|snip|more)[\])>]?)\s*$", re.IGNORECASE)
_LONGEST_MARK = 40
_MASKED = re.compile(r"\*{3,}|•{3,}|[\[<](?:redacted|filtered|masked|hidden)[\]>]", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|%\w+%|\{\{.*\}\}|<.*>|\[.*\]|your[-_ ]?.*|change[-_ ]?me.*"
    r"|.*(?:placeholder|example|todo|dummy).*|secret|password|test|undefined|null|none"
    r"|op://.*|vault:.*|arn:aws:.*|https?://.*|projects/.*|eyJ.*|/[\w./-]+",
    re.IGNORECASE | re.DOTALL,
)
_MIN_SECRET = 12
_MAX_SECRET = 100


def suspicions(key: bytes, body: bytes, header: str) -> Iterator[Note]:
    """Yield what may be wrong, the most telling first."""
    yield from _of_the_body(body)
    yield from _of_the_secret(key)
    end = header[-_LONGEST_MARK:]
    if _CUT_MARKS.search(end) or _MASKED.search(header) or re.search("v1=[A-Za-z0-9+/]{0,42}$", header):
        yield Note(Cause.HEADER_TRUNCATED)


def _of_the_body(body: bytes) -> Iterator[Note]:
    text = body.decode("utf-8", "replace")
    bare = text.strip()
    if not bare:
        yield Note(Cause.BODY_EMPTY)
    elif bare in UNREAD[:5] or re.match(
        r"#<\w+:?.*>$|\[[BC]@[0-9a-f]+$|<_io\.\w+|&?\{0x[0-9a-f]+|0x[0-9a-f]{6,}$", bare
    ):
        yield Note(Cause.BODY_NOT_READ)
    elif _CUT_MARKS.search(bare[-_LONGEST_MARK:]):
        yield Note(Cause.BODY_TRUNCATED, "it ends as a log or terminal cuts texts")
    elif _breaks_off(bare):
        size = f", after {len(body)} bytes" if len(body) in _ROUND_SIZES else ""
        yield Note(Cause.BODY_TRUNCATED, f"its JSON breaks off{size}")
    elif len(body) in _ROUND_SIZES and not _is_json(body):
        yield Note(Cause.BODY_TRUNCATED, f"it has exactly {len(body)} bytes")
    if "\ufffd" in body.decode("utf-8", "ignore"):
        yield Note(Cause.CHARACTERS_LOST)
    if _MASKED.search(text):
        yield Note(Cause.BODY_MASKED)


def _of_the_secret(key: bytes) -> Iterator[Note]:
    text = key.decode("utf-8", "replace").strip()
    if _MASKED.search(text) or len(set(text)) == 1:
        yield Note(Cause.KEY_PLACEHOLDER, "it is masked")
    elif _PLACEHOLDER.fullmatch(text):
        yield Note(Cause.KEY_PLACEHOLDER, "it looks like a placeholder or a reference")
    elif not text.isascii() or not text.isprintable() or " " in text:
        yield Note(
            Cause.KEY_PLACEHOLDER, "it has spaces, line breaks or characters that no secret of Jebbit has"
        )
    elif not _MIN_SECRET <= len(text) <= _MAX_SECRET:
        yield Note(Cause.KEY_PLACEHOLDER, f"it has {len(text)} characters")


def _is_json(body: bytes) -> bool:
    try:
        load_json(body)
    except ValueError:
        return False
    return True


def _breaks_off(text: str) -> bool:
    """Whether a text begins as JSON and ends too early."""
    if text[:1] not in ("{", "["):
        return False
    try:
        load_json(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :]
        return (
            not rest
            or error.msg.startswith("Unterminated string")
            or (
                len(rest) < len("false")
                and any(word.startswith(rest) for word in ("true", "false", "null", "-"))
            )
        )
    except ValueError:
        return False
    return False
