"""The variables of a manifest: ``${NAME}`` in its strings.

A manifest often comes from a repository, so it must not reach for the environment at large, which holds the
credentials: it sees only what ``--var`` or a variable of its own prefix hands to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.environment import MANIFEST_PREFIX
from jebbitctl.manifest.validation import ManifestError
from jebbitctl.util.text_slips import find_slip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.manifest.validation import KeyPath, Problems

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_ESCAPE = "write $${ for a literal ${"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable_name(text: str) -> bool:
    """Whether ``${text}`` is a reference to a variable."""
    return _NAME.fullmatch(text) is not None


def may_have_variables(text: str) -> bool:
    """Whether the strings of a TOML text may contain ``${``, which may also be written as an escape."""
    return "${" in text or r"\u" in text or r"\U" in text


def variables_in(value: Any) -> set[str]:
    """Return the names of the variables in the strings of a parsed manifest."""
    if isinstance(value, str):
        if "${" not in value:  # most strings
            return set()
        return {match[1] for match in _REFERENCE.finditer(value) if match[1] is not None}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for item in inner for name in variables_in(item)}


def expand(value: Any, variables: Mapping[str, str], problems: Problems, path: KeyPath = ()) -> Any:
    """Return a copy of a value in which each ``${NAME}`` is replaced, and each ``$${`` by ``${``.

    Args:
        value: of a parsed manifest: its strings are expanded, however deep they are, and its keys are not.
        variables: the only ones that it can use.
        problems: gets one for each string that has an invalid name, or a variable that is unknown, empty or
            contains control characters.
        path: of the value.
    """
    if isinstance(value, dict):
        return {key: expand(item, variables, problems, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, variables, problems, (*path, place)) for place, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    try:
        return _REFERENCE.sub(lambda match: _replacement(match, variables, path), value)
    except ManifestError as error:
        problems.append(error)
        return value


def _replacement(match: re.Match[str], variables: Mapping[str, str], path: KeyPath) -> str:
    """Return what stands for a reference.

    Raises:
        ManifestError: its name is invalid, or its variable is not printable, or empty.
    """
    name, end = match.groups()
    if name is None:
        return "${"
    if not end or not is_variable_name(name):
        raise ManifestError(path, f"{match[0]} is not ${{NAME}}", _ESCAPE)
    value = variables.get(name)
    if value and value.isprintable():
        return value
    problems = {None: "is not set", "": "is empty"}
    slip = find_slip(value or "")
    unusable = slip.problem if slip else "contains a line break or another control character"
    problem = problems.get(value, unusable)
    raise ManifestError(
        path,
        f"the variable {name} {problem}",
        f"set it with --var {name}=VALUE, or {MANIFEST_PREFIX}{name} in the environment (a manifest can use "
        f"no other variables); {_ESCAPE}",
    )


def escape(value: Any) -> Any:
    """Escape the strings of a value so that :func:`expand` returns it unchanged."""
    if isinstance(value, dict):
        return {key: escape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escape(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
