"""Repairs of a signature header: what copying, decoding and proxies do to it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from jebbitctl.webhooks.explain.causes import Cause
from jebbitctl.webhooks.explain.literals import decode_base64
from jebbitctl.webhooks.signature import parse_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_LENGTH = 4096
_MAX_REPAIRS = 3
"""Mistakes in one header; each repair is tried on what the others have left."""
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\xa0\0"
_QUOTES = "\"'`“”„‘’"  # noqa: RUF001


class Reading(NamedTuple):
    """What a header says once it is repaired.

    Attributes:
        causes: what had to be repaired.
        timestamp: the text of ``t``; empty if there is none.
        signatures: the values of ``v1``.
    """

    causes: tuple[Cause, ...]
    timestamp: str
    signatures: tuple[str, ...]


def readings(header: str) -> Iterator[Reading]:
    """Yield what a header may have said, with the fewest repairs first."""
    seen = {header[:_MAX_LENGTH]}
    texts: list[tuple[tuple[Cause, ...], str]] = [((), header[:_MAX_LENGTH])]
    for _ in range(_MAX_REPAIRS + 1):
        repaired: list[tuple[tuple[Cause, ...], str]] = []
        for causes, text in texts:
            yield from _parsed(causes, text)
            for cause, repair in _REPAIRS:
                for other in repair(text):
                    if other not in seen and cause not in causes:
                        seen.add(other)
                        repaired.append(((*causes, cause), other))
        texts = repaired


def _parsed(causes: tuple[Cause, ...], text: str) -> Iterator[Reading]:
    parsed = parse_header(text)
    if parsed:
        timestamp = next(part for part in text.split(",") if part.startswith("t="))
        yield Reading(causes, timestamp.removeprefix("t="), tuple(parsed[1]))
        return
    members = [part.partition("=") for part in text.split(",")]
    timestamps = [value for name, _, value in members if name == "t"]
    signatures = tuple(value for name, _, value in members if name == "v1")
    times = [time for time in timestamps if re.fullmatch(r"(?![0-9]*$)[0-9:.TZ+ -]{1,40}", time)]
    if signatures and len(timestamps) == len(times) == 1:
        yield Reading((*causes, Cause.TIMESTAMP_FORMAT), timestamps[0], signatures)
    elif signatures and not timestamps:
        yield Reading((*causes, Cause.MALFORMED_HEADER), "", signatures)
    elif re.fullmatch(r"(?:[a-z0-9]+=)?[A-Za-z0-9+/_-]{20,}=*", text):
        yield Reading((*causes, Cause.MALFORMED_HEADER), "", (re.sub("^[a-z0-9]{1,9}=(?=.)", "", text), text))


def _without_name(text: str) -> Iterator[str]:
    pattern = r"[>\s]*(?:-H\s*)?[\"']?(?:HTTP_)?X[-_]JEBBIT[-_]SIGNATURE[\"']?\s*(?:=>|[:=])\s*"
    yield re.sub(f"^{pattern}", "", text, flags=re.IGNORECASE)


def _without_quotes(text: str) -> Iterator[str]:
    yield re.sub(rf"\\?[{_QUOTES}]", "", text)
    yield re.sub(rf"^b([{_QUOTES}])(.*)\1$", r"\2", text, flags=re.DOTALL)


def _without_whitespace(text: str) -> Iterator[str]:
    visible = text.translate(dict.fromkeys(map(ord, _INVISIBLE)))
    visible = re.sub(r"(?:\\r|\\n|\\t)+$", "", visible)
    yield visible.strip()
    yield re.sub(r"\s*([,=])\s*", r"\1", visible.strip())
    yield re.sub(r"\s+", "", visible)


def _without_percent(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)


def _without_entities(text: str) -> Iterator[str]:
    if "&" in text:
        yield html.unescape(text)


def _with_plus(text: str) -> Iterator[str]:
    head, v1, signature = text.partition("v1=")
    if v1 and " " in signature:
        yield head + v1 + signature.replace(" ", "+")


def _in_lower_case(text: str) -> Iterator[str]:
    yield re.sub(r"(?<![A-Za-z0-9+/])(T|V1)(?=\s*[=:])", lambda match: match[0].lower(), text)


def _with_commas(text: str) -> Iterator[str]:
    equals = re.sub(r"(?<![A-Za-z0-9+/])(t|v1)\s*(?::=?|=>|==)\s*", r"\1=", text)
    parted = re.sub(r"[\s;&|,:]*[\s;&|,:](?=(?:t|v1)=)", ",", equals)
    yield parted.strip("\t\r\n ,;&|")
    yield re.sub(r"(t=\d+)(?=v1=)", r"\1,", equals)
    yield re.sub(r"(v1=[^,]+=)(?=t=)", r"\1,", equals)
    yield re.sub(r"(t=\d+)\.(?=v1=)", r"\1,", equals)


def _parsed_object(text: str) -> Iterator[str]:
    """Read what prints as an object, a list or a query, such as ``{"t": "1", "v1": "..."}``."""
    if not re.search(r"[\[{(\"]", text):
        return
    timestamp = re.search(r"(?<![a-z0-9])t\W{1,6}?(\d{1,15})", text, re.IGNORECASE)
    signature = re.search(r"(?<![a-z0-9])v1\W{1,8}?([A-Za-z0-9+/_-]{20,}=*)", text, re.IGNORECASE)
    if timestamp and signature:
        yield f"t={timestamp[1]},v1={signature[1]}"


def _one_of_two(text: str) -> Iterator[str]:
    starts = [match.start() for match in re.finditer(r"(?:(?<=[,;\s])|^)t=", text)]
    if len(starts) > 1:
        for start, end in zip(starts[:4], [*starts[1:4], len(text)], strict=False):
            yield text[start:end].strip(", ;\t\r\n")


def _with_keys(text: str) -> Iterator[str]:
    renamed = re.sub(r"(?<![A-Za-z0-9+/])(?:timestamp|time|ts)=", "t=", text, flags=re.IGNORECASE)
    names = "signature|sig|hmac|sha256|hash|v0|v2|v|s|h|1"
    yield re.sub(rf"(?<![A-Za-z0-9+/])(?:{names})=(?=.)", "v1=", renamed, flags=re.IGNORECASE)
    bare = re.fullmatch(r"(?:t=)?(\d{1,15})[,.:; ](?:v1=)?([A-Za-z0-9+/_-]{20,}=*)", text.strip())
    if bare:
        yield f"t={bare[1]},v1={bare[2]}"


def _decoded(text: str) -> Iterator[str]:
    decoded = decode_base64(text.encode("utf-8", "replace"))
    if decoded and b"=" in decoded:
        yield decoded.decode("utf-8", "replace").strip()


_REPAIRS: tuple[tuple[Cause, Callable[[str], Iterator[str]]], ...] = (
    (Cause.HEADER_WHITESPACE, _without_whitespace),
    (Cause.HEADER_QUOTES, _without_quotes),
    (Cause.HEADER_NAME, _without_name),
    (Cause.HEADER_CASE, _in_lower_case),
    (Cause.HEADER_PLUS_LOST, _with_plus),
    (Cause.HEADER_URL_ENCODED, _without_percent),
    (Cause.HEADER_HTML_ESCAPED, _without_entities),
    (Cause.HEADER_REPEATED, _one_of_two),
    (Cause.HEADER_SEPARATORS, _with_commas),
    (Cause.HEADER_KEYS, _with_keys),
    (Cause.HEADER_PARSED, _parsed_object),
    (Cause.HEADER_BASE64, _decoded),
)
