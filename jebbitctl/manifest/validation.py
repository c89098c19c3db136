"""Checks of a parsed manifest. Every error names a key.

A check adds what it finds to a list, so that all mistakes of a file are reported at once.
"""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

KeyPath: TypeAlias = tuple["str | int", ...]
"""A place in a manifest: keys from the outside in, and positions in arrays."""

Problems: TypeAlias = list["ManifestError"]
"""Where checks put what they find."""

_TYPES = {str: "a string", bool: "true or false", dict: "a table", list: "an array"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class ManifestError(Exception):
    """An error in a manifest, and its place. It is immutable.

    Args:
        path: of the key.
        problem: what is wrong with its value.
        hint: what to do about it.
    """

    def __init__(self, path: KeyPath, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self._path = path
        self._problem = problem
        self._hint = hint

    @property
    def path(self) -> KeyPath:
        """The place in the manifest."""
        return self._path

    @property
    def problem(self) -> str:
        """What is wrong."""
        return self._problem

    @property
    def hint(self) -> str | None:
        """What to do about it."""
        return self._hint


def get_table(holder: dict[str, Any], key: str, path: KeyPath, problems: Problems) -> dict[str, Any]:
    """Return the table under a key, an empty one if the key is missing or its value is not a table."""
    table: dict[str, Any] = get_typed(holder, key, dict, path, problems) or {}
    return table


def get_typed(holder: dict[str, Any], key: str, type_: type, path: KeyPath, problems: Problems) -> Any:
    """Return a value of this type, None if the key is missing or its value has another type."""
    value = holder.get(key)
    if value is None or isinstance(value, type_):
        return value
    problems.append(ManifestError((*path, key), f"must be {_TYPES[type_]}"))
    return None


def require_known(
    table: dict[str, Any], known: Collection[str], path: KeyPath, problems: Problems, hint: str | None = None
) -> None:
    """Check that a table has only known keys; suggest the closest known one.

    Args:
        table: to check.
        known: the allowed keys.
        path: of the table.
        problems: gets one for each unknown key.
        hint: what to do with another key; added to the suggestion.
    """
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            suggestion = f"did you mean {near[0]}?" if near else f"valid keys: {', '.join(known)}"
            advice = f"{suggestion} ({hint})" if hint else suggestion
            problems.append(ManifestError((*path, key), "unknown key", advice))


def reject_keys(table: dict[str, Any], rejected: Iterable[str], path: KeyPath, problems: Problems) -> None:
    """Check that a table has none of these keys, and only values that JSON can represent."""
    for key, value in table.items():
        if key in rejected:
            problem = "cannot be set here: it has its own key, or only Jebbit sets it"
            problems.append(ManifestError((*path, key), problem))
        elif not is_json(value):
            problems.append(ManifestError((*path, key), "cannot be sent as JSON", "write a date as a string"))


def is_json(value: Any) -> bool:
    """Whether both TOML and JSON can represent a value; neither a date nor null qualifies."""
    if isinstance(value, dict):
        return all(map(is_json, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(is_json, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63  # TOML's range
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    return isinstance(value, float) and math.isfinite(value)
