"""Writes a JSON document as a serialiser does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from jebbitctl.webhooks.json_variants import document, layouts, numbers, strings

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.json_variants.document import Order
    from jebbitctl.webhooks.json_variants.layouts import Layout
    from jebbitctl.webhooks.json_variants.strings import StringStyle

_T = TypeVar("_T")
_NUMBERS = "-0123456789"
"""What numbers begin with."""
_ORDERS: dict[Order, str] = {
    document.by_code_point: "keys sorted",
    document.by_java_hash: "keys in the order of a Java HashMap",
}


@dataclass(frozen=True, slots=True)
class JsonVariant:
    """A JSON value as one serialiser writes it.

    Attributes:
        body: the bytes.
        style: a description, such as ``without spaces, keys sorted``.
        language: the serialiser's language, such as ``JavaScript``; None for a style of no known library.
        code: the call, such as ``JSON.stringify(JSON.parse(body))``; None likewise.
    """

    body: bytes
    style: str
    language: str | None = None
    code: str | None = None


class Serialiser(NamedTuple):
    """How a call writes the JSON that it has parsed."""

    code: str | None
    layout: Layout = layouts.COMPACT
    strings: StringStyle = strings.RAW
    numbers: Callable[[str], str] = numbers.unchanged
    order: Order = document.original
    newline: bool = False
    php_arrays: bool = False


class DocumentWriter:
    """Writes one document; what serialisers have in common is done once."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._php_value = document.as_php_arrays(value)
        self._distinct = set(document.tokens(value, document.original))
        self._structures: dict[tuple[Order, bool, bool], _Structure] = {}
        self._strings: dict[StringStyle, dict[str, str]] = {}
        self._numbers: dict[Callable[[str], str], dict[str, str]] = {}
        self._written: dict[tuple[int, int, int, Layout, bool], bytes] = {}

    def variant(self, serialiser: Serialiser, language: str | None) -> JsonVariant | None:
        """Return the variant; None if this serialiser cannot write the document."""
        if serialiser.php_arrays and self._php_value == self._value:
            return None
        try:
            structure = self._structure(serialiser)
            strings = self._write_strings(serialiser.strings)
            numbers = self._write_numbers(serialiser.numbers)
            written = self._join(structure, serialiser, strings, numbers)
        except ValueError:
            return None
        parts = [serialiser.layout.name, serialiser.strings.name, _ORDERS.get(serialiser.order, "")]
        if any(token != number for token, number in numbers.items()):
            parts.append(f"numbers as in {language}")
        if serialiser.newline:
            parts.append("a newline at the end")
        return JsonVariant(written, ", ".join(filter(None, parts)), language, serialiser.code)

    def _join(
        self,
        structure: _Structure,
        serialiser: Serialiser,
        strings: dict[str, str],
        numbers: dict[str, str],
    ) -> bytes:
        """Return the document as text; it is built once for serialisers with the same tables."""
        key = (id(structure), id(strings), id(numbers), serialiser.layout, serialiser.newline)
        if key not in self._written:
            brackets = {token: serialiser.layout.render(token) for token in structure.brackets}
            table = {**strings, **numbers, **brackets}
            text = "".join(map(table.__getitem__, structure.tokens)) + ("\n" if serialiser.newline else "")
            self._written[key] = text.encode("utf-8", "surrogatepass")
        return self._written[key]

    def _structure(self, serialiser: Serialiser) -> _Structure:
        key = (serialiser.order, serialiser.layout.spaced_arrays, serialiser.php_arrays)
        if key not in self._structures:
            value = self._php_value if serialiser.php_arrays else self._value
            indents = not serialiser.layout.spaced_arrays
            tokens = document.tokens(value, serialiser.order, arrays_indent=indents)
            others = {token for token in set(tokens) if token[0] not in _NUMBERS and token[0] != '"'}
            self._structures[key] = _same(_Structure(tokens, others), self._structures)
        return self._structures[key]

    def _write_strings(self, style: StringStyle) -> dict[str, str]:
        if style not in self._strings:
            table = {token: style.encode(token[1:]) for token in self._distinct if token[0] == '"'}
            self._strings[style] = _same(table, self._strings)
        return self._strings[style]

    def _write_numbers(self, spell: Callable[[str], str]) -> dict[str, str]:
        if spell not in self._numbers:
            table = {token: spell(token) for token in self._distinct if token[0] in _NUMBERS}
            self._numbers[spell] = _same(table, self._numbers)
        return self._numbers[spell]


class _Structure(NamedTuple):
    """The tokens of a document in one order of keys.

    Attributes:
        tokens: all of them.
        brackets: the distinct ones that are neither strings nor numbers.
    """

    tokens: list[str]
    brackets: set[str]


def _same(value: _T, known: dict[Any, _T]) -> _T:
    """Return the known value that equals ``value``, else ``value``."""
    return next((other for other in known.values() if other == value), value)
