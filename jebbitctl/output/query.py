"""``--query``: JMESPath over the JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.redaction import MASK
from jebbitctl.util.text import cell, flatten, json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

COMMAND_DONE = "the command itself succeeded; only its result could not be printed"
"""A hint that keeps people from running a command again because its result is missing."""

_CONTAINERS = (dict, list)
_LANGUAGE = "see https://jmespath.org for the language"
_TOO_DEEP = "the expression is nested too deep"


class QueryTypeError(UsageError):
    """An expression does not fit a document; it may fit another one."""


def compile_query(query: str) -> Any:
    """Return a parsed expression.

    Raises:
        UsageError: it cannot be parsed, or calls a function that does not exist.
    """
    import jmespath

    try:
        compiled = jmespath.compile(query)
        unknown = set(_functions(compiled.parsed)) - jmespath.functions.Functions.FUNCTION_TABLE.keys()
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(": ")
        raise UsageError(f"--query: {reason}", hint=_LANGUAGE) from None
    except RecursionError:
        raise UsageError(f"--query: {_TOO_DEEP}") from None
    if unknown:
        raise UsageError(f"--query: there is no function {min(unknown)}()", hint=_LANGUAGE)
    return compiled


def search(query: Any, document: Any) -> Any:
    """Return the result of an expression for a JSON document.

    Raises:
        QueryTypeError: the expression does not fit the document, or its result is not JSON.
        UsageError: it calls a function with the wrong number of values. No error has values of the document:
            they may be secret.
    """
    import jmespath

    try:
        result = query.search(document)
    except jmespath.exceptions.JMESPathTypeError as error:
        expected = " or ".join(error.expected_types)
        reason = f"{error.function_name}() takes {expected}, but was given {error.actual_type}"
    except jmespath.exceptions.JMESPathError as error:
        raise UsageError(f"--query: {str(error).splitlines()[0]}", hint=COMMAND_DONE) from None
    except RecursionError:
        reason = _TOO_DEEP
    except (ArithmeticError, TypeError, ValueError):  # such as ceil() of infinity and a step of 0
        reason = "a function or a slice does not take these values"
    else:
        if _is_json(result):
            return result
        reason = "the result is not JSON"
    raise QueryTypeError(f"--query: {reason}", hint=COMMAND_DONE)


def _is_json(result: Any) -> bool:
    """Whether a result is JSON, unlike that of ``&id``."""
    try:
        json_text(result)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def require_unmasked(result: Any, document: Any) -> None:
    """Check that a query selects no masked value of a document, which would be taken for the secret.

    The result may be, or contain, an object of the document that has one.

    Raises:
        UsageError: it selects one.
    """
    if any(MASK in text for text in _strings(result, ())):
        masked = {name for name, value in _members(document) if value == MASK}
        whole = {id(value) for value in _containers(document)}
        if masked and any(MASK in text for text in _strings(result, whole)):
            raise masked_error(masked, what="--query: a value it selects is")


def require_no_comparison(query: Any, document: Any) -> None:
    """Check that a query does not compare a masked value of a document with anything but null.

    Raises:
        UsageError: it does, and its result would be wrong; or it is nested too deep to tell.
    """
    masked = {name for name, value in _members(document) if value == MASK}
    try:
        compared = masked & set(_compared(query.parsed)) if masked else set()
    except RecursionError:
        raise UsageError(f"--query: {_TOO_DEEP}") from None
    if compared:
        raise masked_error(compared, what="--query: a value it compares is")


def _functions(node: Any) -> Iterator[str]:
    """Yield the names of the functions that an expression calls."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node.get("children", []):
        if isinstance(child, dict):
            yield from _functions(child)


def _compared(node: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the fields that an expression compares, or gives to a function."""
    children = node.get("children", [])
    if node["type"] == "comparator":
        is_null = any(child["type"] == "literal" and child["value"] is None for child in children)
        yield from () if is_null else (name for child in children for name in _fields(child))
    elif node["type"] == "function_expression":
        yield from (name for child in children for name in _fields(child))
    for child in children:
        if isinstance(child, dict):
            yield from _compared(child)


def _fields(node: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the fields whose values an expression may have; a filter's condition has none."""
    if node["type"] == "field":
        yield node["value"]
    children = node.get("children", [])
    for child in children[:2] if node["type"] == "filter_projection" else children:
        if isinstance(child, dict):
            yield from _fields(child)


def masked_error(names: Collection[str], *, what: str) -> UsageError:
    """Return the error that a value is selected that is masked; ``names`` are those of the masked values."""
    hint = None
    if any("additional_options." in name for name in names):
        hint = "integrations get and list show it with --show-secret"
    if any(name.endswith("shared_secret") for name in names):
        hint = "add --show-secret, or print one secret: jebbitctl integrations secret ID"
    return UsageError(f"{what} masked", hint=hint)


def plain_lines(result: Any) -> Iterator[str]:
    """Yield the lines of a result: an item of a list on each, its values separated by tabs."""
    if isinstance(result, dict):
        yield from (f"{cell(name)}\t{cell(value)}" for name, value in flatten(result))
    elif isinstance(result, list):
        names = list(dict.fromkeys(name for item in result if isinstance(item, dict) for name in item))
        for item in result:
            values = [item.get(name) for name in names] if isinstance(item, dict) else item
            yield "\t".join(map(cell, values if isinstance(values, list) else [values]))
    elif result is not None:
        yield cell(result)


def _containers(value: Any) -> Iterator[Any]:
    """Yield a value and what it contains, as far as these are objects or lists."""
    if isinstance(value, _CONTAINERS):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    for container in _containers(value):
        if isinstance(container, dict):
            yield from container.items()


def _strings(value: Any, excluded: Collection[int]) -> Iterator[str]:
    """Yield the strings in a value, but none of containers with an excluded id."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, _CONTAINERS) and id(value) not in excluded:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner, excluded)
