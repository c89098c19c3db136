"""The serialisers of six languages, and further styles that no library is known for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from jebbitctl.webhooks.json_variants import document, layouts, numbers, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def json_variants(body: bytes) -> Iterator[JsonVariant]:
    """Yield the JSON value of ``body`` as serialisers of six languages write it, then in further styles.

    Several serialisers may write the same bytes: each is yielded, since any of them may be the one in use. A
    further style is yielded if no other one writes these bytes. None yields ``body`` itself.

    Yields nothing if ``body`` is not JSON.
    """
    try:
        writer = _Writer(document.parse(body))
    except (ValueError, RecursionError):
        return
    seen = {body}
    for language, serialiser in _by_likelihood():
        variant = writer.variant(serialiser, language)
        if variant is not None and variant.body != body:
            seen.add(variant.body)
            yield variant
    for serialiser in _further_styles():
        variant = writer.variant(serialiser, None)
        if variant is not None and variant.body not in seen:
            seen.add(variant.body)
            yield variant


class _Writer:
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
        except (ValueError, RecursionError):
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
        """Write the document, or return what a serialiser with the same tables has written."""
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


def _python() -> Iterator[Serialiser]:
    sorted_keys = document.by_code_point
    spellings = (
        ("", layouts.SPACED),
        (', separators=(",", ":")', layouts.COMPACT),
        (", indent=2", layouts.INDENT_2),
        (", indent=4", layouts.INDENT_4),
    )
    for (order_option, order), (option, layout), (ascii_option, style) in product(
        (("", document.original), (", sort_keys=True", sorted_keys)),
        spellings,
        (("", strings.ASCII), (", ensure_ascii=False", strings.RAW)),
    ):
        code = f"json.dumps(json.loads(body){ascii_option}{option}{order_option})"
        yield Serialiser(code, layout, style, numbers.python, order)
    yield Serialiser("orjson.dumps(orjson.loads(body))", numbers=numbers.orjson)
    orjson_options = (
        ("OPT_SORT_KEYS", layouts.COMPACT, sorted_keys),
        ("OPT_INDENT_2", layouts.INDENT_2, None),
    )
    for option, layout, order_or_none in orjson_options:
        code = f"orjson.dumps(orjson.loads(body), option=orjson.{option})"
        yield Serialiser(code, layout, numbers=numbers.orjson, order=order_or_none or document.original)
    yield Serialiser(
        "flask.jsonify(request.get_json())",
        strings=strings.ASCII,
        numbers=numbers.python,
        order=sorted_keys,
        newline=True,
    )
    yield Serialiser("str(json.loads(body))", layouts.PYTHON_REPR, strings.PYTHON_REPR, numbers.python)


def _javascript() -> Iterator[Serialiser]:
    for arguments, layout in (
        ("", layouts.COMPACT),
        (", null, 2", layouts.INDENT_2),
        (", null, 4", layouts.INDENT_4),
        (', null, "\\t"', layouts.INDENT_TAB),
    ):
        code = f"JSON.stringify(JSON.parse(body){arguments})"
        yield Serialiser(code, layout, strings.JAVASCRIPT, numbers.javascript, document.indices_first)
    yield Serialiser(
        "stringify(JSON.parse(body)) of json-stable-stringify",
        strings=strings.JAVASCRIPT,
        numbers=numbers.javascript,
        order=document.by_code_point,
    )


def _php() -> Iterator[Serialiser]:
    unicode_flag, slashes_flag = "JSON_UNESCAPED_UNICODE", "JSON_UNESCAPED_SLASHES"
    for (decode, php_arrays), (pretty, layout), (flags, style) in product(
        (("json_decode($body)", False), ("json_decode($body, true)", True)),
        ((None, layouts.COMPACT), ("JSON_PRETTY_PRINT", layouts.INDENT_4)),
        (
            ((), strings.PHP),
            ((unicode_flag, slashes_flag), strings.LINE_SEPARATORS),
            ((slashes_flag,), strings.ASCII_KEEPING_DELETE),
            ((unicode_flag,), strings.PHP_UNICODE),
        ),
    ):
        options = " | ".join([*flags, *([pretty] if pretty else [])])
        code = f"json_encode({decode}{', ' if options else ''}{options})"
        yield Serialiser(code, layout, style, numbers.php, php_arrays=php_arrays)


def _ruby() -> Iterator[Serialiser]:
    for code, layout, style in (
        ("JSON.generate(JSON.parse(body))", layouts.COMPACT, strings.RAW),
        ("JSON.parse(body).to_json (Rails)", layouts.COMPACT, strings.HTML),
        ("JSON.pretty_generate(JSON.parse(body))", layouts.INDENT_2, strings.RAW),
        ("JSON.generate(JSON.parse(body), ascii_only: true)", layouts.COMPACT, strings.ASCII_KEEPING_DELETE),
        ("JSON.generate(JSON.parse(body), script_safe: true)", layouts.COMPACT, strings.SCRIPT_SAFE),
        ("JSON.parse(body).to_s", layouts.RUBY_INSPECT, strings.RUBY_INSPECT),
        ("JSON.parse(body).to_s (Ruby 3.4)", layouts.RUBY_34_INSPECT, strings.RUBY_INSPECT),
    ):
        yield Serialiser(code, layout, style, numbers.ruby)


def _go() -> Iterator[Serialiser]:
    maps = document.by_code_point
    yield Serialiser("json.Marshal of a map", layouts.COMPACT, strings.HTML, numbers.go, maps)
    yield Serialiser(
        "json.NewEncoder(w).Encode of a map",
        strings=strings.HTML,
        numbers=numbers.go,
        order=maps,
        newline=True,
    )
    yield Serialiser("json.Marshal of a struct", layouts.COMPACT, strings.HTML)
    yield Serialiser("json.NewEncoder(w).Encode of a struct", strings=strings.HTML, newline=True)
    yield Serialiser(
        "json.Encoder with SetEscapeHTML(false), of a map",
        strings=strings.LINE_SEPARATORS,
        numbers=numbers.go,
        order=maps,
        newline=True,
    )
    yield Serialiser(
        "json.Encoder with SetEscapeHTML(false), of a struct", strings=strings.LINE_SEPARATORS, newline=True
    )
    for indent, layout in (("  ", layouts.INDENT_2), ("    ", layouts.INDENT_4), ("\\t", layouts.INDENT_TAB)):
        yield Serialiser(
            f'json.MarshalIndent(v, "", "{indent}") of a map', layout, strings.HTML, numbers.go, maps
        )
    yield Serialiser("fmt.Sprint of a map", layouts.GO_MAP, strings.BARE, numbers.go, maps)


def _java() -> Iterator[Serialiser]:
    mapper = "objectMapper.writeValueAsString(objectMapper.readTree(body))"
    yield Serialiser(mapper, strings=strings.JACKSON, numbers=numbers.java)
    yield Serialiser(
        "objectMapper.writerWithDefaultPrettyPrinter().writeValueAsString(objectMapper.readTree(body))",
        layouts.JACKSON_PRETTY,
        strings.JACKSON,
        numbers.java,
    )
    yield Serialiser(
        f"{mapper} with ORDER_MAP_ENTRIES_BY_KEYS",
        strings=strings.JACKSON,
        numbers=numbers.java,
        order=document.by_code_point,
    )
    yield Serialiser(f"{mapper} with ESCAPE_NON_ASCII", strings=strings.UPPER_ASCII, numbers=numbers.java)
    parsed, loose = "JsonParser.parseString(body)", "new Gson().fromJson(body, Object.class)"
    unescaped = "new GsonBuilder().disableHtmlEscaping().create()"
    yield Serialiser(f"new Gson().toJson({parsed})", strings=strings.GSON)
    yield Serialiser(f"new Gson().toJson({loose})", strings=strings.GSON, numbers=numbers.java_double)
    yield Serialiser(f"{unescaped}.toJson({parsed})", strings=strings.LINE_SEPARATORS)
    yield Serialiser(
        f"{unescaped}.toJson({loose})", strings=strings.LINE_SEPARATORS, numbers=numbers.java_double
    )
    yield Serialiser(
        f"new GsonBuilder().setPrettyPrinting().create().toJson({parsed})", layouts.INDENT_2, strings.GSON
    )
    yield Serialiser(
        "new JSONObject(body).toString()",
        strings=strings.ORG_JSON,
        numbers=numbers.java_decimal,
        order=document.by_java_hash,
    )
    yield Serialiser(
        "objectMapper.readValue(body, Map.class).toString()", layouts.JAVA_MAP, strings.BARE, numbers.java
    )


SERIALISERS = {
    "JavaScript": tuple(_javascript()),
    "Python": tuple(_python()),
    "PHP": tuple(_php()),
    "Ruby": tuple(_ruby()),
    "Go": tuple(_go()),
    "Java": tuple(_java()),
}
"""The known serialisers by language; of each, likely ones first."""


def _by_likelihood() -> Iterator[tuple[str, Serialiser]]:
    """Yield the first serialiser of each language, then the second ones, and so on."""
    for rank in zip_longest(*SERIALISERS.values()):
        for language, serialiser in zip(SERIALISERS, rank, strict=True):
            if serialiser:
                yield language, serialiser


def _further_styles() -> Iterator[Serialiser]:
    """Yield every layout with every way to write strings, numbers unchanged."""
    for layout, order, style, newline in product(
        (
            layouts.COMPACT,
            layouts.SPACED,
            layouts.SPACED_COLONS,
            layouts.SPACED_COMMAS,
            layouts.INDENT_2,
            layouts.INDENT_4,
            layouts.INDENT_TAB,
        ),
        (document.original, document.by_code_point),
        (
            strings.RAW,
            strings.ASCII,
            strings.HTML,
            strings.SLASHES,
            strings.ASCII_SLASHES,
            strings.ASCII_HTML,
            strings.UPPER_ASCII,
        ),
        (False, True),
    ):
        yield Serialiser(None, layout, style, order=order, newline=newline)
