from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.util.text import MAX_DEPTH
from jebbitctl.webhooks.body_edits import edit_body
from jebbitctl.webhooks.sender import SAMPLE_BODY

BODY = b'{"data":{"email":"a@example.com","list":["x","y"]},"event":{"event_number":0}}'


def edited(*set_: str, unset: tuple[str, ...] = (), body: bytes = BODY) -> Any:
    return json.loads(edit_body(body, set_, unset))


@given(st.binary(max_size=50))
def test_a_body_without_edits_keeps_its_bytes(body: bytes) -> None:
    assert edit_body(body, (), ()) == body


def test_an_edited_sample_is_written_as_jebbit_writes_it() -> None:
    assert edit_body(SAMPLE_BODY, ["event.event_number=0"], ()) == SAMPLE_BODY


def test_an_edited_body_is_utf8_without_spaces_or_escapes() -> None:
    body = edit_body(b'{ "a" : "caf\\u00e9" }\n', ["b=\u2603"], ())
    assert body == '{"a":"caf\u00e9","b":"\u2603"}'.encode()


def test_half_a_surrogate_pair_stays_an_escape() -> None:
    assert edit_body(rb'{"a":"\ud800"}', ["b=1"], ()) == rb'{"a":"\ud800","b":1}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x@y.z", "x@y.z"),
        ("", ""),
        ("3", 3),
        ("true", True),
        ("null", None),
        ('"3"', "3"),
        ('["a", "b"]', ["a", "b"]),
        ('{"a":{}}', {"a": {}}),
        ("a=b=c", "a=b=c"),
        ("02134", "02134"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("[not json", "[not json"),
    ],
)
def test_a_value_is_json_if_it_is_valid_json_else_a_string(value: str, expected: object) -> None:
    found = edited(f"data.email={value}")["data"]["email"]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("data.email=new", {"email": "new", "list": ["x", "y"]}),
        (".data.email=new", {"email": "new", "list": ["x", "y"]}),
        ("data.list[0]=new", {"email": "a@example.com", "list": ["new", "y"]}),
        ("data.list.1=new", {"email": "a@example.com", "list": ["x", "new"]}),
        ("data.list[2]=new", {"email": "a@example.com", "list": ["x", "y", "new"]}),
        ("data.list[2].a=1", {"email": "a@example.com", "list": ["x", "y", {"a": 1}]}),
        ("data=new", "new"),
        ('["data"]=new', "new"),
    ],
)
def test_a_path_leads_through_objects_and_lists(setting: str, expected: object) -> None:
    assert edited(setting) == {"data": expected, "event": {"event_number": 0}}


def test_missing_parents_are_created() -> None:
    assert edited("a.b.c=1", "d[0][0].0=2", body=b"{}") == {"a": {"b": {"c": 1}}, "d": [[{"0": 2}]]}


def test_a_name_in_quotes_may_hold_what_a_path_uses() -> None:
    assert edited(r'["a.b"]["c=\"]"].d e=1', body=b"{}") == {"a.b": {'c="]': {"d e": 1}}}


def test_edits_are_made_in_order_and_removals_first() -> None:
    assert edited("a=1", "a=2", "b.c=3", unset=("b",), body=b'{"b":{"d":4}}') == {"a": 2, "b": {"c": 3}}


def test_members_and_items_are_removed() -> None:
    document = edited(unset=("data.email", "data.list[0]", "event"))
    assert document == {"data": {"list": ["y"]}}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("data.email.x", "'x' is for an object or a list, not a single value"),
        ("data.email[0]", "0 is for an object or a list, not a single value"),
        ("data[0]", "[0] is for a list, not an object"),
        ("data.list.x", "'x' is for an object, not a list"),
        ("data.list[3]", "the list has only 2 items"),
    ],
)
def test_a_path_that_does_not_fit_the_body_is_a_usage_error(path: str, reason: str) -> None:
    with pytest.raises(UsageError) as setting:
        edit_body(BODY, [f"{path}=1"], ())
    with pytest.raises(UsageError) as removing:
        edit_body(BODY, (), [path])
    assert setting.value.message == f"--set {path}: {reason}"
    assert removing.value.message == f"--unset {path}: {reason}"


@pytest.mark.parametrize("path", ["x", "data.x", "data.x.y", "data.list[2]"])
def test_removing_what_is_not_there_is_a_usage_error(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        edit_body(BODY, (), [path])
    assert caught.value.message == f"--unset {path}: not found"


@pytest.mark.parametrize(
    "path",
    ["", ".", "a.", "a..b", "a[", "a[]", "a[-1]", "a[x]", "a]", "a[0]b", 'a"b"', r'["\x"]', "[0].", "a.[0]"],
)
def test_an_invalid_path_is_a_usage_error(path: str) -> None:
    with pytest.raises(UsageError, match=r"is not (PATH=VALUE|a path)"):
        edit_body(BODY, [f"{path}=1"], ())
    with pytest.raises(UsageError, match="is not a path"):
        edit_body(BODY, (), [path])


def test_a_path_may_be_as_long_as_a_body_may_be_deep() -> None:
    path = ".".join("a" * MAX_DEPTH)
    assert edit_body(b"{}", [f"{path}=1"], ()).count(b"a") == MAX_DEPTH
    with pytest.raises(UsageError, match="not a path"):
        edit_body(b"{}", [f"{path}.a=1"], ())


def test_an_error_does_not_quote_a_value() -> None:
    for setting in ("data.email.x=hidden", "a..b=hidden", "data.list[9]=hidden", "a=hidden\udcff"):
        with pytest.raises(UsageError) as caught:
            edit_body(BODY, [setting], ())
        assert "hidden" not in caught.value.message


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"a=1", b'{"a":NaN}'])
def test_only_json_can_be_edited(body: bytes) -> None:
    with pytest.raises(UsageError, match="require a JSON body"):
        edit_body(body, ["a=1"], ())


@pytest.mark.parametrize("setting", ["a=\udcff", "\udcff=1"])
def test_an_argument_that_is_not_utf8_is_a_usage_error(setting: str) -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        edit_body(b"{}", [setting], ())
