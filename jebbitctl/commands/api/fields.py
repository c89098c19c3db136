"""``-f name=value`` and ``-F name=value``, as ``gh api`` takes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.inputs import read_text_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KEY = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_LITERALS = {"true": True, "false": False, "null": None}
_MAX_DEPTH = 20


def parse_fields(raw: Sequence[str], typed: Sequence[str]) -> list[tuple[str, Any]]:
    """Return names and values: of ``raw`` as strings; of ``typed`` as booleans, null, integers or strings.

    Raises:
        UsageError: a field is not NAME=VALUE, or names a file that cannot be read.
    """
    fields: list[tuple[str, Any]] = [_split(text, "--raw-field") for text in raw]
    for text in typed:
        name, value = _split(text, "--field")
        fields.append((name, _convert(name, value)))
    return fields


def as_query(fields: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return fields for a query string: names as typed, null as an empty string."""
    return [(name, value if isinstance(value, str) else _query_text(value)) for name, value in fields]


def as_document(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return fields as one JSON object: ``data[attributes][region]`` nests, ``name[]`` appends to a list.

    Raises:
        UsageError: two fields contradict each other.
    """
    document: dict[str, Any] = {}
    for name, value in fields:
        if not _KEY.fullmatch(name) or name.count("[") > _MAX_DEPTH:
            raise UsageError(
                f"field {name!r}: invalid name", hint="use a name such as data[attributes][region]"
            )
        head, *inner = name.replace("]", "").split("[")
        try:
            _put(document, [head, *inner], value)
        except TypeError:
            raise UsageError(f"field {name} contradicts another field") from None
    return document


def _split(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"{option} {text!r} is not NAME=VALUE")
    return name, value


def _convert(name: str, value: str) -> Any:
    if value in _LITERALS:
        return _LITERALS[value]
    if _INTEGER.fullmatch(value):
        return int(value)
    return _read_file(name, value[1:]) if value.startswith("@") else value


def _read_file(name: str, path: str) -> str:
    """Return the content of a file, or of standard input for ``-``.

    Raises:
        UsageError: it cannot be read, or is not UTF-8.
    """
    try:
        return read_text_input(path, option="--field")
    except UsageError as error:
        as_typed = f"--field {name}=@{path}"
        raise UsageError(error.message.replace(f"--field {path}", as_typed, 1), hint=error.hint) from None


def _query_text(value: Any) -> str:
    return "" if value is None else str(value).lower()


def _put(target: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a nested value.

    Raises:
        TypeError: the path already has another value.
    """
    head, *inner = path
    if not inner:
        if head in target:
            raise TypeError
        target[head] = value
    elif inner[0] == "":
        _append(target.setdefault(head, []), inner[1:], value)
    else:
        _put(_object(target.setdefault(head, {})), inner, value)


def _append(items: Any, inner: Sequence[str], value: Any) -> None:
    """Append to a list: a value, or a member of its last object unless that already has this member."""
    if not isinstance(items, list) or "" in inner:
        raise TypeError
    if not inner:
        items.append(value)
        return
    if not items or not isinstance(items[-1], dict) or inner[0] in items[-1]:
        items.append({})
    _put(items[-1], inner, value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value
