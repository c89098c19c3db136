"""Checks of a parsed manifest, each of which names where the mistake is."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Path: TypeAlias = tuple["str | int", ...]
"""Where something stands in a manifest: keys from the outside in, and positions in arrays."""

_TYPES = {str: "a text", bool: "true or false", dict: "a table", list: "an array"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class ManifestError(Exception):
    """Something in a manifest that cannot be meant, and where it stands."""

    def __init__(self, path: Path, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem
        self.hint = hint


def table_in(holder: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    """Return the table under a key, an empty one where there is none."""
    table: dict[str, Any] = typed(holder, key, dict, path) or {}
    return table


def typed(holder: dict[str, Any], key: str, type_: type, path: Path) -> Any:
    """Return a value of this type, None where the key is missing.

    Raises:
        ManifestError: it is of another type.
    """
    value = holder.get(key)
    if value is not None and not isinstance(value, type_):
        raise ManifestError((*path, key), f"this must be {_TYPES[type_]}")
    return value


def require_known(
    table: dict[str, Any], known: Iterable[str], path: Path, otherwise: str | None = None
) -> None:
    """Return when a table has no other keys than these.

    Raises:
        ManifestError: it has; the hint is the nearest one, and what ``otherwise`` says.
    """
    known = list(known)
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            problem = "this key is not known"
            raise ManifestError((*path, key), problem, f"{hint} ({otherwise})" if otherwise else hint)


def require_unknown(table: dict[str, Any], known: Iterable[str], path: Path) -> None:
    """Return when a table has none of these keys, and only values that can be sent.

    Raises:
        ManifestError: it has, or one cannot.
    """
    for key, value in table.items():
        if key in known:
            raise ManifestError((*path, key), "this has a key of its own, or is Jebbit's to set")
        if not is_json(value):
            raise ManifestError(
                (*path, key), "this cannot be sent as JSON", "dates, for one, are texts there"
            )


def is_json(value: Any) -> bool:
    """Whether a value is one of both TOML and JSON: a date is not, and neither is null."""
    if isinstance(value, dict):
        return all(map(is_json, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63  # what TOML promises to hold
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    return isinstance(value, float) and math.isfinite(value)
