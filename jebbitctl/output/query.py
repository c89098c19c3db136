"""``--query``: JMESPath over the JSON document."""

from __future__ import annotations

from typing import Any

from jebbitctl.errors import UsageError

COMMAND_DONE = "the command itself succeeded; only its result could not be printed"
"""A hint that keeps people from running a command again because its result is missing."""


def compile_query(query: str) -> Any:
    """Return a parsed expression.

    Raises:
        UsageError: it cannot be parsed.
    """
    import jmespath

    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(": ")
        raise UsageError(f"--query: {reason}", hint="see https://jmespath.org for the language") from None


def search(query: Any, value: Any) -> Any:
    """Return the result of an expression for a JSON value.

    Raises:
        UsageError: it calls a function with values of the wrong type.
    """
    import jmespath

    try:
        return query.search(value)
    except jmespath.exceptions.JMESPathError as error:
        raise UsageError(f"--query: {str(error).splitlines()[0]}", hint=COMMAND_DONE) from None
