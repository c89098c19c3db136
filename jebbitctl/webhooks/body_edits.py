"""``--set PATH=VALUE`` and ``--unset PATH``: edits to the JSON of a body."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from jebbitctl.errors import UsageError
from jebbitctl.util.text import MAX_DEPTH, parse_json, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Step: TypeAlias = str | int
"""A member's name, or an index in square brackets."""

_STEP = re.compile(r'(?:^\.?|\.)([^.\[\]="]+)|\[([0-9]{1,9})\]|\[("(?:[^"\\]|\\.)*")\]')
_HINT = """use a path such as data.email, data.list[0] or 'data["a.b"]'"""
_MISSING = object()


class Edit(NamedTuple):
    """A parsed ``PATH=VALUE``.

    Attributes:
        path: as it was typed.
        steps: the path's.
        value: to set.
    """

    path: str
    steps: tuple[Step, ...]
    value: Any


def edit_body(body: bytes, set_: Sequence[str], unset: Sequence[str]) -> bytes:
    """Return a body with members removed, then others set; without edits, the same bytes.

    An edited body is written without spaces, as Jebbit writes it. A path is names with dots between them,
    and indexes of lists: ``data.list[0]`` or ``data.list.0``; ``data["a.b"]`` names a member with a dot.
    Setting creates missing parents, and the index after a list's last item appends. A value is JSON if it is
    valid JSON, otherwise a string.

    Args:
        body: JSON, if there are edits.
        set_: ``PATH=VALUE``, in order.
        unset: paths, in order.

    Raises:
        UsageError: an edit is not valid, its path does not fit the body, a path to remove does not exist, or
            the body is not JSON.
    """
    if not set_ and not unset:
        return body
    removals = [(path, _parse_path(path, option="--unset")) for path in unset]
    settings = [parse_edit(text) for text in set_]
    try:
        document = parse_json(body)
    except ValueError:
        raise UsageError("--set and --unset require a JSON body") from None
    for path, steps in removals:
        try:
            _remove(document, steps)
        except UsageError as error:
            raise error.with_context(f"--unset {path}: ") from None
    return compact_json(edit_document(document, settings))


def edit_document(document: Any, edits: Iterable[Edit]) -> Any:
    """Change a JSON value, and return it, or the one that an edit replaces it with.

    Raises:
        UsageError: an edit does not fit the document.
    """
    for path, steps, value in edits:
        try:
            document = _put(document, steps, deepcopy(value))
        except UsageError as error:
            raise error.with_context(f"--set {path}: ") from None
    return document


def require_edits(set_: Sequence[str], unset: Sequence[str]) -> None:
    """Check edits before there is a body.

    Raises:
        UsageError: an edit is not valid, whatever the body is.
    """
    for path in unset:
        _parse_path(path, option="--unset")
    for text in set_:
        parse_edit(text)


def parse_edit(text: str) -> Edit:
    """Return what ``PATH=VALUE`` sets.

    Raises:
        UsageError: it is something else. The error does not quote the value.
    """
    end = 0
    while match := _STEP.match(text, end):
        end = match.end()
    path, equals, value = text[:end], text[end : end + 1], text[end + 1 :]
    if equals != "=":
        raise UsageError(f"--set {text.partition('=')[0]!r} is not PATH=VALUE", hint=_HINT)
    steps = _parse_path(path, option="--set")
    _require_utf8(value, f"--set {path}")
    try:
        return Edit(path, steps, parse_json(value))
    except ValueError:
        return Edit(path, steps, value)


def _parse_path(path: str, *, option: str) -> tuple[Step, ...]:
    _require_utf8(path, option)
    steps: list[Step] = []
    end = 0
    while match := _STEP.match(path, end):
        name, index, quoted = match.groups()
        try:
            steps.append(name or (int(index) if index else json.loads(quoted)))
        except ValueError:
            break
        end = match.end()
    if not steps or end < len(path) or len(steps) > MAX_DEPTH:
        raise UsageError(f"{option} {path!r} is not a path", hint=_HINT)
    return tuple(steps)


def _require_utf8(text: str, option: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{option}: not UTF-8 text") from None


def _put(current: Any, steps: Sequence[Step], value: Any) -> Any:
    """Return ``current`` with a value set below it, or the value itself if there are no more steps.

    Raises:
        UsageError: a step does not fit.
    """
    if not steps:
        return value
    if current is _MISSING:
        current = [] if isinstance(steps[0], int) else {}
    key = _key(current, steps[0])
    if isinstance(current, list) and key == len(current):
        current.append(_MISSING)
    inner = current.get(key, _MISSING) if isinstance(current, dict) else current[key]
    current[key] = _put(inner, steps[1:], value)
    return current


def _remove(current: Any, steps: Sequence[Step]) -> None:
    """Remove what the steps lead to.

    Raises:
        UsageError: a step does not fit, or nothing is there.
    """
    key = _key(current, steps[0])
    if key not in current if isinstance(current, dict) else key == len(current):
        raise UsageError("not found")
    if len(steps) > 1:
        _remove(current[key], steps[1:])
    else:
        del current[key]


def _key(current: Any, step: Step) -> Any:
    """Return the key or index that a step means; an index may be one beyond the end.

    Raises:
        UsageError: the value has no such members.
    """
    if isinstance(current, dict):
        if isinstance(step, str):
            return step
        raise UsageError(f"[{step}] is for a list, not an object")
    if not isinstance(current, list):
        raise UsageError(f"{step!r} is for an object or a list, not a single value")
    if isinstance(step, str) and not re.fullmatch("[0-9]{1,9}", step):
        raise UsageError(f"{step!r} is for an object, not a list")
    if int(step) > len(current):
        raise UsageError(f"the list has only {plural(len(current), 'item')}")
    return int(step)


def compact_json(document: Any) -> bytes:
    """Return JSON in UTF-8. Only half a surrogate pair, which UTF-8 cannot hold, needs escapes."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode()
