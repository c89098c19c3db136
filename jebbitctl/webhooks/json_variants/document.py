"""A JSON document as a flat list of tokens, in a serialiser's order of keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import load_json

if TYPE_CHECKING:
    from collections.abc import Callable

    Members = dict[str, Any]
    Order = Callable[[Members], list[str]]

LITERALS = {None: "null", True: "true", False: "false"}


class Number(str):
    """A number as it is written, such as ``1.10``."""

    __slots__ = ()


def parse(body: bytes) -> Any:
    """Parse JSON; numbers become :class:`Number`. Of members with the same key, the last one is kept.

    Raises:
        ValueError: it is not JSON in UTF-8, or nests too deep.
    """
    return load_json(body.decode(), parse_int=Number, parse_float=Number, parse_constant=_refuse)


def tokens(value: Any, order: Order, *, arrays_indent: bool = True) -> list[str]:
    r"""Flatten a parsed document into tokens that a table can translate one by one.

    Brackets and commas carry their level of nesting: ``{1``, ``,1``, ``}0``, and ``[1``, ``;1``, ``]0``; an
    empty container is one token. A string is its text after a ``"``; numbers and literals are as in JSON.

    Args:
        value: from :func:`parse`.
        order: returns an object's keys in the order in which they are written.
        arrays_indent: whether arrays count as a level.
    """
    out: list[str] = []
    step = int(arrays_indent)

    def add(value: Any, level: int) -> None:
        if isinstance(value, Number):
            out.append(str(value))
        elif isinstance(value, str):
            out.append(f'"{value}')
        elif isinstance(value, dict):
            separator = f"{{{level + 1}"
            for key in order(value):
                out.extend((separator, f'"{key}', ":"))
                add(value[key], level + 1)
                separator = f",{level + 1}"
            out.append(f"}}{level}" if value else "{}")
        elif isinstance(value, list):
            separator = f"[{level + step}"
            for element in value:
                out.append(separator)
                add(element, level + step)
                separator = f";{level + step}"  # a comma between elements
            out.append(f"]{level}" if value else "[]")
        else:
            out.append(LITERALS[value])

    add(value, 0)
    return out


def as_php_arrays(value: Any) -> Any:
    """Return a document as PHP's associative arrays hold it: objects with the keys 0, 1, 2 … are lists."""
    if isinstance(value, list):
        return [as_php_arrays(element) for element in value]
    if not isinstance(value, dict):
        return value
    members = {key: as_php_arrays(member) for key, member in value.items()}
    if list(members) == [str(index) for index in range(len(members))]:
        return list(members.values())
    return members


def original(members: Members) -> list[str]:
    return list(members)


def by_code_point(members: Members) -> list[str]:
    return sorted(members)


def indices_first(members: Members) -> list[str]:
    """JavaScript's order: array indices come first, ascending."""
    indices = [key for key in members if _is_index(key)]
    return (
        sorted(indices, key=int) + [key for key in members if not _is_index(key)] if indices else [*members]
    )


def by_java_hash(members: Members) -> list[str]:
    """Return the order of a java.util.HashMap: by bucket, then as inserted."""
    buckets = 16
    while len(members) > buckets * 3 // 4:
        buckets *= 2
    return sorted(members, key=partial(_java_bucket, buckets=buckets))


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and (key == "0" or key[0] != "0") and len(key) <= len("4294967294")


def _java_bucket(key: str, buckets: int) -> int:
    code = 0
    utf16 = key.encode("utf-16-be", "surrogatepass")
    for high, low in zip(utf16[::2], utf16[1::2], strict=True):
        code = (code * 31 + (high << 8) + low) & 0xFFFFFFFF
    return (code ^ code >> 16) & (buckets - 1)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
