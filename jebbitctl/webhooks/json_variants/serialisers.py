"""The serialisers of six languages, and further styles that no library is known for."""

from __future__ import annotations

from itertools import product, zip_longest
from typing import TYPE_CHECKING

from jebbitctl.webhooks.json_variants import document, layouts, numbers, strings
from jebbitctl.webhooks.json_variants.writer import DocumentWriter, Serialiser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.json_variants.writer import JsonVariant


def json_variants(body: bytes) -> Iterator[JsonVariant]:
    """Yield the JSON value of ``body`` as serialisers of six languages write it, then in further styles.

    Several serialisers may write the same bytes: each is yielded, since any of them may be the one in use. A
    further style is yielded if no other one writes these bytes. None yields ``body`` itself.

    Yields nothing if ``body`` is not JSON.
    """
    try:
        writer = DocumentWriter(document.parse(body))
    except ValueError:
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
