from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api.error_text import MAX_TEXT, error_code, error_text
from jebbitctl.api.transport import ApiResponse
from jebbitctl.util.redaction import register_secret
from tests.strategies import JSON

SECRET = "s3cret-of-the-client"


def words(body: Any, *, content_type: str = "application/json") -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_text(ApiResponse(422, {"Content-Type": content_type}, raw), [SECRET])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"errors": [{"status": 401, "title": "Unauthorized Request"}]}, "Unauthorized Request"),
        (
            {
                "errors": [
                    {
                        "status": "422",
                        "code": "100",
                        "title": "Invalid",
                        "detail": "endpoint must be given",
                        "source": {"pointer": "/data/attributes/endpoint"},
                    },
                    {"status": 404, "code": "404", "title": "Same", "detail": "Same"},
                ]
            },
            "Invalid: endpoint must be given (code 100, /data/attributes/endpoint); Same",
        ),
        ({"errors": [{"detail": "no", "source": {"parameter": "page[size]"}}]}, "no (page[size])"),
        ({"errors": ["one", "two", "one"]}, "one; two"),
        ({"errors": "region is missing"}, "region is missing"),
        (
            {"errors": {"endpoint": ["must be given", "is too short"], "base": ["is inactive"], "a": "b"}},
            "endpoint must be given; endpoint is too short; is inactive; a b",
        ),
        ({"errors": {"endpoint": [{"error": "blank"}]}}, "endpoint blank"),
        ({"message": "Not Found"}, "Not Found"),
        ({"Message": "Missing Authentication Token"}, "Missing Authentication Token"),
        ({"error": "access_denied", "error_description": "Not granted"}, "Not granted (access_denied)"),
        ({"error": "unavailable"}, "unavailable"),
        ({"error": {"message": "quota", "code": 7}}, "quota (code 7)"),
        ({"error": ["a", "b"]}, "a; b"),
        ({"status": 500, "error": "Internal Server Error"}, "Internal Server Error"),
        ({"type": "about:blank", "title": "Too long", "detail": "name", "status": 400}, "Too long: name"),
        ("Only a text", "Only a text"),
        (b"Not allowed\r\nhere", "Not allowed here"),
        ({"message": "line\none\t\x1b[31mred\u202e"}, r"line one \x1b[31mred\u202e"),
        ({"errors": [], "message": "said elsewhere"}, "said elsewhere"),
    ],
)
def test_the_words_of_an_error_are_found_in_every_format(body: Any, text: str) -> None:
    assert words(body) == text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"a\x00b",
        b"<!DOCTYPE html><title>502</title>",
        b"  <html>",
        b"Error <a href='x'>here</a>",
        b"<?xml version='1.0'?><Error/>",
        b"x" * 201,
        b'{"errors": [{"title": "cut o',
        {"message": "<h1>Bad Gateway</h1>"},
        {"errors": {"<b>": ["<i>"]}},
        {"error": 5},
        {"errors": [None, 1, {}, {"title": 5, "source": "x"}]},
        [],
        7,
        None,
    ],
)
def test_markup_binary_and_long_text_are_no_words(body: Any) -> None:
    assert words(body, content_type="text/html") == ""


@pytest.mark.parametrize("body", [f"bad {SECRET}".encode(), {"errors": {"x": [f"bad {SECRET}"]}}])
def test_a_secret_is_masked_before_a_text_is_shortened(body: Any) -> None:
    assert SECRET not in words(body)
    assert "bad ********" in words(body)
    padded = {"message": "x" * (MAX_TEXT - 5) + SECRET}
    assert SECRET[:5] not in words(padded)
    register_secret("another-secret-in-use")
    assert words({"message": "another-secret-in-use"}) == "********"


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b'{"error": []}', b"5"])
def test_a_response_without_an_oauth_error_has_no_code(body: bytes) -> None:
    assert error_code(ApiResponse(400, {}, body)) == ""


TEXTS = st.text() | st.sampled_from(["<b>", "<", "b>", SECRET, "\x1b[2J", "a\nb", "x" * 300])
KEYS = st.sampled_from(
    ["errors", "error", "message", "title", "detail", "code", "status", "source", "pointer", "base"]
)
ERRORS = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | TEXTS, inner),
    max_leaves=12,
)


@settings(max_examples=50)
@given((ERRORS | JSON).map(lambda value: json.dumps(value).encode()) | st.binary() | TEXTS.map(str.encode))
def test_whatever_an_error_contains_its_words_are_one_bounded_line_without_markup_and_secrets(
    body: bytes,
) -> None:
    text = words(body)
    assert len(text) <= MAX_TEXT + 1
    assert SECRET not in text
    assert not re.search(r"<[a-z!/?]", text, re.IGNORECASE)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", text)
