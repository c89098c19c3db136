from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.webhooks import Reason, sign
from jebbitctl.webhooks.explain import Culprit, explain

from .support import SECRET

AT = 1_700_000_000
BODY = '{"name":"Zoë","b":[1,2],"a":"x/y"}'.encode()


def signed(body: bytes, secret: str | bytes = SECRET, at: int = AT) -> str:
    return sign(secret, body, timestamp=at)


@pytest.mark.parametrize(
    ("have", "was_signed", "culprit"),
    [
        (BODY + b"\n", BODY, Culprit.NEWLINE_ADDED),
        (BODY + b"\r\n", BODY, Culprit.NEWLINE_ADDED),
        (BODY + b"\n\n", BODY, Culprit.NEWLINE_ADDED),
        (BODY, BODY + b"\n", Culprit.NEWLINE_LOST),
        (BODY, BODY + b"\r\n", Culprit.NEWLINE_LOST),
        (b"a\r\nb\r\n", b"a\nb\n", Culprit.CRLF),
        (b"a\nb\n", b"a\r\nb\r\n", Culprit.CRLF),
        (b"\xef\xbb\xbf" + BODY, BODY, Culprit.BOM_ADDED),
        (BODY, b"\xef\xbb\xbf" + BODY, Culprit.BOM_LOST),
    ],
)
def test_a_body_that_was_changed_on_the_way_is_named(
    have: bytes, was_signed: bytes, culprit: Culprit
) -> None:
    assert explain(SECRET, have, signed(was_signed)).culprit is culprit


WAYS: list[dict[str, object]] = [
    {},
    {"separators": (",", ":")},
    {"separators": (",", ":"), "ensure_ascii": False},
    {"ensure_ascii": False},
    {"indent": 2},
    {"indent": 4, "ensure_ascii": False},
    {"sort_keys": True},
    {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False},
]


@pytest.mark.parametrize("way", WAYS)
def test_json_that_was_parsed_and_written_again_is_named_in_both_directions(way: dict[str, object]) -> None:
    rewritten = json.dumps(json.loads(BODY), **way).encode()  # type: ignore[arg-type]
    if rewritten != BODY:
        assert explain(SECRET, rewritten, signed(BODY)).culprit in {Culprit.JSON_REWRITTEN, Culprit.UNKNOWN}
        assert explain(SECRET, BODY, signed(rewritten)).culprit is Culprit.JSON_REWRITTEN
    if "sort_keys" not in way and rewritten != BODY:
        assert explain(SECRET, rewritten, signed(BODY)).culprit is Culprit.JSON_REWRITTEN


def test_how_the_signed_json_was_written_is_said() -> None:
    found = explain(SECRET, b'{"b": "\xc3\xab", "a": 1}', signed(b'{"a":1,"b":"\\u00eb"}\n'))
    assert found.culprit is Culprit.JSON_REWRITTEN
    assert "without spaces, non-ASCII as \\u escapes, keys sorted, a newline at the end" in found.sentence


@pytest.mark.parametrize("original", [b'{"a":"\\u003cb\\u003e \\u0026"}', b'{"a":"<b> &","u":"x\\/y"}'])
def test_the_escapes_that_rails_and_php_write_are_known(original: bytes) -> None:
    rewritten = json.dumps(json.loads(original)).encode()
    assert explain(SECRET, rewritten, signed(original)).culprit is Culprit.JSON_REWRITTEN


DIGEST = hmac.new(SECRET.encode(), b"%d." % AT + BODY, hashlib.sha256).digest()
# A timestamp whose signature has both + and /, so that the two alphabets differ.
SPECIAL_AT = next(
    at for at in range(AT, AT + 10_000) if {"+", "/"} <= set(signed(BODY, at=at).partition("v1=")[2])
)
SPECIAL = signed(BODY, at=SPECIAL_AT)


@pytest.mark.parametrize(
    ("header", "culprit"),
    [
        (f"t={AT},v1={DIGEST.hex()}", Culprit.HEX),
        (f"t={AT},v1={DIGEST.hex().upper()}", Culprit.HEX),
        (f"t={AT},v1={base64.b64encode(DIGEST.hex().encode()).decode()}", Culprit.HEX),
        (SPECIAL.replace("+", "-").replace("/", "_"), Culprit.URL_SAFE_BASE64),
        (SPECIAL.replace("+", "-").replace("/", "_").rstrip("="), Culprit.URL_SAFE_BASE64),
        (SPECIAL.rstrip("="), Culprit.PADDING_LOST),
        ("", Culprit.MALFORMED_HEADER),
        ("sha256=abc", Culprit.MALFORMED_HEADER),
    ],
)
def test_a_signature_in_another_notation_is_named(header: str, culprit: Culprit) -> None:
    assert explain(SECRET, BODY, header).culprit is culprit


def test_a_body_signed_without_the_timestamp_is_named() -> None:
    bare = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
    assert explain(SECRET, BODY, f"t={AT},v1={bare}").culprit is Culprit.NO_TIMESTAMP


@pytest.mark.parametrize(
    ("in_header", "in_message"),
    [(AT * 1000 + 123, AT * 1000 + 123), (AT * 1000 + 123, AT), (AT, AT * 1000 + 999), (AT, AT * 1000)],
)
def test_a_timestamp_in_milliseconds_is_named(in_header: int, in_message: int) -> None:
    value = signed(BODY, at=in_message).partition("v1=")[2]
    assert explain(SECRET, BODY, f"t={in_header},v1={value}").culprit is Culprit.MILLISECONDS


@pytest.mark.parametrize(
    ("have", "used", "culprit"),
    [
        (SECRET, SECRET + "\n", Culprit.KEY_BLANKS),
        (SECRET, SECRET + "\r\n", Culprit.KEY_BLANKS),
        (SECRET + "\n", SECRET, Culprit.KEY_BLANKS),
        (SECRET, base64.b64decode(SECRET + "=="), Culprit.KEY_DECODED),
        ("c2VjcmV0LQ==", b"secret-", Culprit.KEY_DECODED),
        ("-_-_", base64.urlsafe_b64decode("-_-_"), Culprit.KEY_DECODED),
    ],
)
def test_a_secret_that_was_changed_is_named(have: str, used: str | bytes, culprit: Culprit) -> None:
    assert explain(have, BODY, signed(BODY, used)).culprit is culprit


def test_a_signature_that_fits_here_leads_to_what_to_look_at_there() -> None:
    found = explain(SECRET, BODY, signed(BODY))
    assert found.culprit is Culprit.NONE
    assert "request.body.read" in found.advice


@pytest.mark.parametrize("reason", [Reason.STALE, Reason.FUTURE])
def test_a_signature_that_fits_at_another_time_leads_to_the_clock(reason: Reason) -> None:
    found = explain(SECRET, BODY, signed(BODY), reason=reason)
    assert found.culprit == reason.value
    assert "clock" in found.advice
    assert explain(SECRET, BODY + b"\n", signed(BODY), reason=reason).culprit is Culprit.NEWLINE_ADDED


@pytest.mark.parametrize(
    "body", [BODY, b"", b"\xff\x00", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}", b'"\\ud800"']
)
def test_what_nothing_explains_leads_to_what_to_look_at_next(body: bytes) -> None:
    found = explain(SECRET, body, signed(BODY, "some other secret"))
    assert found.culprit is Culprit.UNKNOWN
    assert "IO object" in found.advice


@given(st.binary(max_size=50), st.text(max_size=50), st.binary(min_size=1, max_size=20))
def test_nothing_that_anybody_sends_makes_it_fail(body: bytes, header: str, secret: bytes) -> None:
    assert explain(secret, body, header).sentence
    assert explain(secret, body, f"t=1,v1={header.replace(',', '')}").advice


@pytest.mark.parametrize("culprit", Culprit)
def test_every_culprit_is_put_into_words(culprit: Culprit) -> None:
    from jebbitctl.webhooks.explain import _WORDS

    sentence, advice = _WORDS[culprit]
    assert sentence.endswith(".")
    assert advice.endswith(".")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        explain("", BODY, signed(BODY))


def test_the_secret_is_never_repeated() -> None:
    for header in ("", signed(BODY), signed(BODY, SECRET + "\n"), f"t={AT},v1=x"):
        assert SECRET not in repr(explain(SECRET, BODY, header))
