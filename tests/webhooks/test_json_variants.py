"""What serialisers write. JavaScript's lines come from Node 20, Python's from the libraries themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from jebbitctl.webhooks.json_variants import json_variants
from tests.strategies import JSON, fewer_examples

if TYPE_CHECKING:
    from jebbitctl.webhooks.json_variants import JsonVariant

DOCUMENT = '{"z":"é</b>\'=&\\u2028","2":1.10,"1":[1e2,-0,{}],"n":null}'.encode()
WRITTEN = [
    (
        "JavaScript",
        "JSON.stringify(JSON.parse(body))",
        '{"1":[100,0,{}],"2":1.1,"z":"é</b>\'=&\u2028","n":null}',
    ),
    (
        "Python",
        "json.dumps(json.loads(body))",
        '{"z": "\\u00e9</b>\'=&\\u2028", "2": 1.1, "1": [100.0, 0, {}], "n": null}',
    ),
    (
        "Python",
        "orjson.dumps(orjson.loads(body))",
        '{"z":"é</b>\'=&\u2028","2":1.1,"1":[100.0,0,{}],"n":null}',
    ),
    (
        "Python",
        "flask.jsonify(request.get_json())",
        '{"1":[100.0,0,{}],"2":1.1,"n":null,"z":"\\u00e9</b>\'=&\\u2028"}\n',
    ),
    (
        "Python",
        "str(json.loads(body))",
        "{'z': \"é</b>'=&\\u2028\", '2': 1.1, '1': [100.0, 0, {}], 'n': None}",
    ),
    (
        "PHP",
        "json_encode(json_decode($body))",
        '{"z":"\\u00e9<\\/b>\'=&\\u2028","2":1.1,"1":[100,-0,{}],"n":null}',
    ),
    (
        "PHP",
        "json_encode(json_decode($body, true), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES)",
        '{"z":"é</b>\'=&\\u2028","2":1.1,"1":[100,-0,[]],"n":null}',
    ),
    (
        "Ruby",
        "JSON.parse(body).to_json (Rails)",
        '{"z":"é\\u003c/b\\u003e\'=\\u0026\\u2028","2":1.1,"1":[100.0,0,{}],"n":null}',
    ),
    (
        "Ruby",
        "JSON.parse(body).to_s",
        '{"z"=>"é</b>\'=&\u2028", "2"=>1.1, "1"=>[100.0, 0, {}], "n"=>nil}',
    ),
    (
        "Go",
        "json.Marshal of a map",
        '{"1":[100,-0,{}],"2":1.1,"n":null,"z":"é\\u003c/b\\u003e\'=\\u0026\\u2028"}',
    ),
    (
        "Go",
        "json.Encoder with SetEscapeHTML(false), of a map",
        '{"1":[100,-0,{}],"2":1.1,"n":null,"z":"é</b>\'=&\\u2028"}\n',
    ),
    (
        "Java",
        "objectMapper.writerWithDefaultPrettyPrinter().writeValueAsString(objectMapper.readTree(body))",
        '{\n  "z" : "é</b>\'=&\u2028",\n  "2" : 1.1,\n  "1" : [ 100.0, 0, { } ],\n  "n" : null\n}',
    ),
    (
        "Java",
        "new Gson().toJson(new Gson().fromJson(body, Object.class))",
        '{"z":"é\\u003c/b\\u003e\\u0027\\u003d\\u0026\\u2028","2":1.1,"1":[100.0,-0.0,{}],"n":null}',
    ),
    (
        "Java",
        "new JSONObject(body).toString()",
        '{"1":[1E+2,-0,{}],"2":1.1,"z":"é<\\/b>\'=&\\u2028","n":null}',
    ),
]


def find(body: bytes, code: str) -> JsonVariant:
    return next(variant for variant in json_variants(body) if variant.code == code)


@pytest.mark.parametrize(("language", "code", "text"), WRITTEN)
def test_a_serialiser_is_imitated_to_the_byte(language: str, code: str, text: str) -> None:
    variant = find(DOCUMENT, code)
    assert (variant.language, variant.body.decode()) == (language, text)


NUMBERS = {
    "JSON.stringify(JSON.parse(body))": "[1,100,12345678901234567000,1e+21,1e-7,0.000001,1.1]",
    "json.dumps(json.loads(body))": "[1.0, 100.0, 12345678901234567890, 1e+21, 1e-07, 1e-06, 1.1]",
    "json_encode(json_decode($body))": "[1,100,1.2345678901234567e+19,1.0e+21,1.0e-7,1.0e-6,1.1]",
    "JSON.generate(JSON.parse(body))": "[1.0,100.0,12345678901234567890,1.0e+21,1.0e-07,1.0e-06,1.1]",
    "json.Marshal of a map": "[1,100,12345678901234567000,1e+21,1e-7,0.000001,1.1]",
    "new Gson().toJson(new Gson().fromJson(body, Object.class))": (
        "[1.0,100.0,1.2345678901234567E19,1.0E21,1.0E-7,1.0E-6,1.1]"
    ),
}


@pytest.mark.parametrize(("code", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_language_writes_them(code: str, text: str) -> None:
    variant = find(b"[1.0,1e2,12345678901234567890,1e21,1e-7,0.000001,1.10]", code)
    assert variant.body.decode() == text
    assert f"numbers as in {variant.language}" in variant.style


@fewer_examples(2)
@given(JSON)
def test_python_itself_writes_the_same(value: object) -> None:
    body = json.dumps(value).encode()
    written = {variant.code: variant.body for variant in json_variants(body)}
    for options, arguments in (
        ("", {}),
        (", ensure_ascii=False", {"ensure_ascii": False}),
        (", indent=2, sort_keys=True", {"indent": 2, "sort_keys": True}),
    ):
        expected = json.dumps(json.loads(body), **arguments).encode("utf-8", "surrogatepass")
        assert written.get(f"json.dumps(json.loads(body){options})", body) == expected


def test_lone_surrogates_and_old_duplicates_do_not_matter() -> None:
    assert find(b'{"a":1,"b":"\\uD800","a":2}', "JSON.stringify(JSON.parse(body), null, 2)").body == (
        b'{\n  "a": 2,\n  "b": "\\ud800"\n}'
    )


@pytest.mark.parametrize(
    "body", [b"", b"a=1", b"[NaN]", b"\xff", b"[" * 100_000, b"{'a': 1}", b'{"a":1}x', b"\xef\xbb\xbf{"]
)
def test_invalid_json_has_no_variants(body: bytes) -> None:
    assert list(json_variants(body)) == []


def test_a_number_that_a_language_cannot_hold_leaves_out_that_language_only() -> None:
    languages = {variant.language for variant in json_variants(b"[ 1e999 ]")}
    assert "JavaScript" not in languages
    assert "Java" in languages


def test_no_variant_is_the_body_itself_and_no_further_style_comes_twice() -> None:
    variants = list(json_variants(DOCUMENT))
    assert DOCUMENT not in {variant.body for variant in variants}
    known = {variant.body for variant in variants if variant.language}
    further = [variant.body for variant in variants if variant.language is None]
    assert len(set(further)) == len(further) > 100
    assert known.isdisjoint(further)


def test_each_call_stands_once() -> None:
    codes = [variant.code for variant in json_variants(DOCUMENT) if variant.code]
    assert len(set(codes)) == len(codes)
