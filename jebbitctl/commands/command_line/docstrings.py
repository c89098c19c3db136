"""Docstrings, which are the help of commands: ``python -OO`` removes them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WITHOUT_DOCSTRINGS = 2


def docstring(function: Callable[..., object]) -> str | None:
    """Return the docstring of a function; with ``-OO`` or ``PYTHONOPTIMIZE=2`` that of its source.

    Returns:
        None if there is none, or neither a docstring nor the source is installed.
    """
    if sys.flags.optimize < _WITHOUT_DOCSTRINGS:
        return function.__doc__
    import ast
    import inspect
    import textwrap

    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError):
        return None
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None
