"""Typer's words about wrong usage in the style of jebbitctl's own errors."""

from __future__ import annotations

import re

_REWRITTEN = (
    (r"\.? Did you mean (.*)\?", r"; did you mean \1?"),
    (r"No such (option|command):? '?([^';]*)'?", r"no such \1: \2"),
    (r"Missing command", "no command given"),
    (r"Missing (argument|option) '(.*?)'\.?", r"missing \1: \2"),
    (r"Invalid value for '?(.+?)'?: ", r"\1: "),
    (r"Got unexpected extra arguments? ?(?:\(s\))? ?\((.*)\)", r"unexpected arguments: \1"),
    (r"Option '?(.+?)'? requires an argument", r"\1 requires a value"),
    (r"Option '?(.+?)'? does not take a value", r"\1 takes no value"),
    (r"is not a valid int(eger)?( range)?\b", "is not a whole number"),
    (r"is not a valid float( range)?\b", "is not a number"),
    (r"\(Possible options: (.*)\)", r"(possible: \1)"),
)
"""Patterns and what replaces them. What another release of Typer words differently stays as it is."""


def usage_message(message: str) -> str:
    """Return a message of Typer on one line, without a full stop."""
    text = " ".join(message.split())
    for pattern, replacement in _REWRITTEN:
        text = re.sub(pattern, replacement, text, count=1)
    return text.removesuffix(".")
