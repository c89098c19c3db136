"""The variables of a manifest: ``${NAME}`` in its strings.

A manifest often comes from a repository, so it must not reach for the environment at large, which holds the
credentials: it sees only what ``--var`` or a variable of its own prefix hands to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.environment import MANIFEST_PREFIX
from jebbitctl.manifest.validation import ManifestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.manifest.validation import KeyPath

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_ESCAPE = "write $${ for a literal ${"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable_name(text: str) -> bool:
    """Whether ``${text}`` is a reference to a variable."""
    return _NAME.fullmatch(text) is not None


def variables_in(value: Any) -> set[str]:
    """Return the names of the variables in the strings of a parsed manifest."""
    if isinstance(value, str):
        if "${" not in value:  # most strings
            return set()
        return {match[1] for match in _REFERENCE.finditer(value) if match[1] is not None}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for item in inner for name in variables_in(item)}


def expand(value: Any, variables: Mapping[str, str], path: KeyPath = ()) -> Any:
    """Return a copy of a value in which each ``${NAME}`` is replaced, and each ``$${`` by ``${``.

    Args:
        value: of a parsed manifest: its strings are expanded, however deep they are, and its keys are not.
        variables: the only ones that it can use.
        path: of the value.

    Raises:
        ManifestError: a variable is unknown or empty, or contains control characters, or a name is invalid.
    """
    if isinstance(value, dict):
        return {key: expand(item, variables, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, variables, (*path, position)) for position, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        if not match[2] or not is_variable_name(match[1]):
            raise ManifestError(path, f"{match[0]} is not ${{NAME}}", _ESCAPE)
        return _value_of(match[1], variables, path)

    return _REFERENCE.sub(replacement, value)


def _value_of(name: str, variables: Mapping[str, str], path: KeyPath) -> str:
    """Return the value of a variable, which is printable and not empty."""
    value = variables.get(name)
    if value and value.isprintable():
        return value
    problems = {None: "is not set", "": "is empty"}
    problem = problems.get(value, "contains a line break or another control character")
    raise ManifestError(
        path,
        f"the variable {name} {problem}",
        f"set it with --var {name}=VALUE or the environment variable {MANIFEST_PREFIX}{name}, the only ones "
        f"that a manifest can use; {_ESCAPE}",
    )


def escape(value: Any) -> Any:
    """Escape the strings of a value so that :func:`expand` returns it unchanged."""
    if isinstance(value, dict):
        return {key: escape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escape(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
