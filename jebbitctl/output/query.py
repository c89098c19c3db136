"""``--query``: JMESPath over the JSON document."""

from __future__ import annotations

from typing import Any

from jebbitctl.errors import UsageError

CARRIED_OUT = "the command itself was carried out; only what it came to could not be shown"
"""A hint for whoever would run a command again because its result is missing."""


def compiled(query: str) -> Any:
    """Return a parsed expression.

    Raises:
        UsageError: it cannot be parsed.
    """
    import jmespath

    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(": ")
        raise UsageError(
            f"--query: {reason}", hint="the language is described at https://jmespath.org"
        ) from None


def search(query: Any, value: Any) -> Any:
    """Return what an expression finds in a JSON value.

    Raises:
        UsageError: it calls a function with values of the wrong type.
    """
    import jmespath

    try:
        return query.search(value)
    except jmespath.exceptions.JMESPathError as error:
        raise UsageError(f"--query: {str(error).splitlines()[0]}", hint=CARRIED_OUT) from None
