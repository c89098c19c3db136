"""Events, log entries and other JSON documents that hold a body."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import load_json
from jebbitctl.webhooks.explain.causes import Cause, Change
from jebbitctl.webhooks.explain.literals import decode_base64, from_integers

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_MEMBERS = 40
_MAX_DEPTH = 6
_MAX_CHANGES = 1000
_RECORDING = {"time", "status", "reason", "headers", "body"}


def members_of_events(body: bytes) -> Iterator[Change]:
    """Yield what a JSON document, or each of several lines of JSON, may hold as a body."""
    return islice(_members_of_events(body), _MAX_CHANGES)


def _members_of_events(body: bytes) -> Iterator[Change]:
    try:
        document = load_json(body)
    except ValueError:
        yield from _from_json_lines(body)
        return
    if isinstance(document, str):
        yield Change(Cause.BODY_JSON_STRING, document.encode("utf-8", "surrogatepass"))
    elif isinstance(document, dict):
        yield from _from_document(document)
    elif isinstance(document, list):
        yield from _from_members(document, "", _MAX_DEPTH)


def _from_json_lines(body: bytes) -> Iterator[Change]:
    lines = body.splitlines()[:_MAX_MEMBERS]
    for line in lines if len(lines) > 1 else []:
        try:
            document = load_json(line)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield from _from_document(document)


def _from_document(document: dict[str, Any]) -> Iterator[Change]:
    data = document.get("data")
    if document.get("type") == "Buffer" and isinstance(data, list):
        yield from from_integers(data, "a Buffer of Node")
    recorded = document.get("body")
    if document.keys() >= _RECORDING and isinstance(recorded, str):
        yield Change(Cause.BODY_RECORDING, decode_base64(recorded.encode()) or b"")
    yield from _from_members(document, "", _MAX_DEPTH)


def _from_members(value: Any, path: str, depth: int) -> Iterator[Change]:
    """Yield the members of an event that may be a body: strings, Base64, and JSON written without spaces."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for _, (key, member) in zip(range(_MAX_MEMBERS), members, strict=False):
        name = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
        if isinstance(member, str) and member:
            yield Change(Cause.BODY_GATEWAY_EVENT, member.encode("utf-8", "surrogatepass"), name)
            decoded = decode_base64(member.encode("utf-8", "surrogatepass"))
            if decoded:
                yield Change(Cause.BODY_GATEWAY_EVENT, decoded, name)
            if depth and member[0] in "{[":
                yield from _from_inner_document(member, name, depth)
        elif isinstance(member, dict | list) and member and depth:
            written = json.dumps(member, ensure_ascii=False, separators=(",", ":"))
            if path or key not in ("data", "event"):
                yield Change(Cause.BODY_GATEWAY_EVENT, written.encode("utf-8", "surrogatepass"), name)
            yield from _from_members(member, name, depth - 1)


def _from_inner_document(text: str, path: str, depth: int) -> Iterator[Change]:
    try:
        document = load_json(text)
    except ValueError:
        return
    yield from _from_members(document, path, min(depth - 1, 2))
