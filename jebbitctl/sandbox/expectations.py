"""Conditions on counters, such as ``delivered >= 10 and refused == 0``: a small part of Python's grammar.

::

    condition:  comparison | condition and condition | condition or condition | not condition | (condition)
    comparison: sum OPERATOR sum, with == != < <= > >=; several in a row, as in 1 <= visits < 5
    sum:        integers and counters with + and -

Nothing of it is run as Python: the parsed text is checked and computed here.
"""

from __future__ import annotations

import ast
import operator
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.counters import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_LENGTH = 500
"""Characters of a condition: more than anybody types, and too few to be nested too deep."""
_COMPARISONS: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SUMS: dict[type[ast.AST], Callable[..., int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_HINT = (
    f"for example 'delivered >= 10 and refused == 0'; compare integers and counters with == != < <= > >=, "
    f"combine with and, or, not, +, - and parentheses. Counters: {', '.join(COUNTERS)}"
)


class Expectation:
    """A condition that counters should meet.

    Args:
        text: the condition.

    Attributes:
        text: the condition.
        names: the counters in it, in the order of COUNTERS.

    Raises:
        UsageError: it is not a condition, or names something else than counters.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._condition = _parsed(self.text)
        _check_condition(self._condition, self.text)
        used = {node.id for node in ast.walk(self._condition) if isinstance(node, ast.Name)}
        self.names = [name for name in COUNTERS if name in used]

    def holds(self, counted: Mapping[str, int]) -> bool:
        """Whether the counters meet the condition."""
        return _holds(self._condition, counted)


def _parsed(text: str) -> ast.expr:
    found = None
    with (
        suppress(SyntaxError, ValueError, RecursionError, MemoryError),
        warnings.catch_warnings(action="ignore"),  # of Python about text that it may refuse one day
    ):
        found = ast.parse(text, mode="eval").body if 0 < len(text) <= MAX_LENGTH else None
    if found is None:
        raise UsageError(f"--expect {text!r} is not a condition", hint=_HINT)
    return found


def _check_condition(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.BoolOp):
        inner = node.values
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = [node.operand]
    elif isinstance(node, ast.Compare) and all(type(found) in _COMPARISONS for found in node.ops):
        for side in (node.left, *node.comparators):
            _check_sum(side, text)
        return
    else:
        raise UsageError(f"--expect {text!r}: {_part(node, text)!r} compares nothing", hint=_HINT)
    for condition in inner:
        _check_condition(condition, text)


def _check_sum(node: ast.expr, text: str) -> None:
    if isinstance(node, ast.Name):
        if node.id not in COUNTERS:
            raise UsageError(f"--expect {text!r}: unknown counter {node.id!r}", hint=_HINT)
    elif isinstance(node, ast.BinOp) and type(node.op) in _SUMS:
        _check_sum(node.left, text)
        _check_sum(node.right, text)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in _SUMS:
        _check_sum(node.operand, text)
    elif not isinstance(node, ast.Constant) or type(node.value) is not int:
        problem = f"{_part(node, text)!r} is neither a counter nor an integer"
        raise UsageError(f"--expect {text!r}: {problem}", hint=_HINT)


def _part(node: ast.expr, text: str) -> str:
    return ast.get_source_segment(text, node) or text


def _holds(node: Any, counted: Mapping[str, int]) -> bool:
    """Compute a condition that was checked."""
    if isinstance(node, ast.BoolOp):
        combine = all if isinstance(node.op, ast.And) else any
        return combine(_holds(condition, counted) for condition in node.values)
    if isinstance(node, ast.UnaryOp):
        return not _holds(node.operand, counted)
    sides = [_sum(side, counted) for side in (node.left, *node.comparators)]
    return all(_COMPARISONS[type(op)](*pair) for op, *pair in zip(node.ops, sides, sides[1:], strict=False))


def _sum(node: Any, counted: Mapping[str, int]) -> int:
    """Compute a sum that was checked."""
    if isinstance(node, ast.Name):
        return counted[node.id]
    if isinstance(node, ast.BinOp):
        return _SUMS[type(node.op)](_sum(node.left, counted), _sum(node.right, counted))
    if isinstance(node, ast.UnaryOp):
        return _SUMS[type(node.op)](_sum(node.operand, counted))
    value: int = node.value
    return value
