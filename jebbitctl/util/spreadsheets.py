"""Cells that a spreadsheet would take for formulas."""

from __future__ import annotations

STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutralize(text: str) -> str:
    """Return text that no spreadsheet calculates: ``'`` goes before what looks like a formula."""
    return f"'{text}" if text.lstrip("'").startswith(STARTS_OF_FORMULAS) else text


def restore(cell: str) -> str:
    """Return the text that :func:`neutralize` made a cell of."""
    return cell[1:] if cell.startswith("'") and neutralize(cell) != cell else cell
