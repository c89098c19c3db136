from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.webhooks import Reason, sign
from jebbitctl.webhooks.explain import Cause, explain, search
from jebbitctl.webhooks.explain.suspicions import suspicions
from jebbitctl.webhooks.explain.texts import TEXTS
from tests.strategies import JSON, fewer_examples
from tests.yardstick import in_yardsticks

from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

AT = 1_700_000_000
BODY = '{"name":"Zoë","b":[1,2],"a":"x/y"}'.encode()


@pytest.fixture
def few_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound the search for tests in which it finds nothing."""
    for name in ("_MAX_BYTES", "_MAX_PAIR_BYTES", "_MAX_REWRITTEN_BYTES"):
        monkeypatch.setattr(search, name, 1024 * 1024)


def sign_at(body: bytes, secret: str | bytes = SECRET, at: int = AT) -> str:
    return sign(secret, body, timestamp=at)


@pytest.mark.parametrize(
    ("body", "signed_body", "cause"),
    [
        (BODY + b"\n", BODY, Cause.NEWLINE_ADDED),
        (BODY + b"\r\n", BODY, Cause.NEWLINE_ADDED),
        (BODY + b"\n\n", BODY, Cause.NEWLINE_ADDED),
        (BODY, BODY + b"\n", Cause.NEWLINE_LOST),
        (BODY, BODY + b"\r\n", Cause.NEWLINE_LOST),
        (b"a\r\nb\r\n", b"a\nb\n", Cause.CRLF),
        (b"a\nb\n", b"a\r\nb\r\n", Cause.CRLF),
        (b"\xef\xbb\xbf" + BODY, BODY, Cause.BOM_ADDED),
        (BODY, b"\xef\xbb\xbf" + BODY, Cause.BOM_LOST),
    ],
)
def test_a_changed_body_is_detected(body: bytes, signed_body: bytes, cause: Cause) -> None:
    assert explain(SECRET, body, sign_at(signed_body)).cause is cause


STYLES: list[dict[str, object]] = [
    {},
    {"separators": (",", ":")},
    {"separators": (",", ":"), "ensure_ascii": False},
    {"ensure_ascii": False},
    {"indent": 2},
    {"indent": 4, "ensure_ascii": False},
    {"sort_keys": True},
    {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False},
]


@pytest.mark.parametrize("style", STYLES)
def test_rewritten_json_is_detected_in_both_directions(style: dict[str, object]) -> None:
    rewritten = json.dumps(json.loads(BODY), **style).encode()  # type: ignore[arg-type]
    if rewritten != BODY:
        assert explain(SECRET, rewritten, sign_at(BODY)).cause in {Cause.JSON_REWRITTEN, Cause.UNKNOWN}
        assert explain(SECRET, BODY, sign_at(rewritten)).cause is Cause.JSON_REWRITTEN
    if "sort_keys" not in style and rewritten != BODY:
        assert explain(SECRET, rewritten, sign_at(BODY)).cause is Cause.JSON_REWRITTEN


def test_the_explanation_describes_the_style_of_the_signed_json() -> None:
    result = explain(SECRET, b'{"b": "\xc3\xab", "a": 1}', sign_at(b'{"a":1,"b":"\\u00eb"}\n'))
    assert result.cause is Cause.JSON_REWRITTEN
    assert "without spaces, non-ASCII as \\u escapes, keys sorted, a newline at the end" in result.explanation


@pytest.mark.parametrize("original", [b'{"a":"\\u003cb\\u003e \\u0026"}', b'{"a":"<b> &","u":"x\\/y"}'])
def test_the_escapes_of_rails_and_php_are_detected(original: bytes) -> None:
    rewritten = json.dumps(json.loads(original)).encode()
    assert explain(SECRET, rewritten, sign_at(original)).cause is Cause.JSON_REWRITTEN


DIGEST = hmac.new(SECRET.encode(), b"%d." % AT + BODY, hashlib.sha256).digest()
# A timestamp whose signature has both + and /, so that the two alphabets differ.
SPECIAL_AT = next(
    at for at in range(AT, AT + 10_000) if {"+", "/"} <= set(sign_at(BODY, at=at).partition("v1=")[2])
)
SPECIAL = sign_at(BODY, at=SPECIAL_AT)


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (f"t={AT},v1={DIGEST.hex()}", Cause.HEX),
        (f"t={AT},v1={DIGEST.hex().upper()}", Cause.HEX),
        (f"t={AT},v1={base64.b64encode(DIGEST.hex().encode()).decode()}", Cause.HEX),
        (SPECIAL.replace("+", "-").replace("/", "_"), Cause.URL_SAFE_BASE64),
        (SPECIAL.replace("+", "-").replace("/", "_").rstrip("="), Cause.URL_SAFE_BASE64),
        (SPECIAL.rstrip("="), Cause.PADDING_LOST),
        ("", Cause.MALFORMED_HEADER),
        ("sha256=abc", Cause.MALFORMED_HEADER),
    ],
)
def test_another_encoding_of_the_signature_is_detected(header: str, cause: Cause) -> None:
    assert explain(SECRET, BODY, header).cause is cause


def test_a_missing_timestamp_in_the_signed_text_is_detected() -> None:
    bare = base64.b64encode(hmac.digest(SECRET.encode(), BODY, "sha256")).decode()
    assert explain(SECRET, BODY, f"t={AT},v1={bare}").cause is Cause.NO_TIMESTAMP


@pytest.mark.parametrize(
    ("in_header", "in_message"),
    [(AT * 1000 + 123, AT * 1000 + 123), (AT * 1000 + 123, AT), (AT, AT * 1000 + 999), (AT, AT * 1000)],
)
def test_a_timestamp_in_milliseconds_is_detected(in_header: int, in_message: int) -> None:
    value = sign_at(BODY, at=in_message).partition("v1=")[2]
    assert explain(SECRET, BODY, f"t={in_header},v1={value}").cause is Cause.MILLISECONDS


@pytest.mark.parametrize(
    ("secret", "used_secret", "cause"),
    [
        (SECRET, SECRET + "\n", Cause.KEY_WHITESPACE),
        (SECRET, SECRET + "\r\n", Cause.KEY_WHITESPACE),
        (SECRET + "\n", SECRET, Cause.KEY_WHITESPACE),
        (SECRET, base64.b64decode(SECRET + "=="), Cause.KEY_DECODED),
        ("c2VjcmV0LQ==", b"secret-", Cause.KEY_DECODED),
        ("-_-_", base64.urlsafe_b64decode("-_-_"), Cause.KEY_DECODED),
    ],
)
def test_a_changed_secret_is_detected(secret: str, used_secret: str | bytes, cause: Cause) -> None:
    assert explain(secret, BODY, sign_at(BODY, used_secret)).cause is cause


def test_the_fix_for_a_valid_signature_says_what_to_check_at_the_endpoint() -> None:
    result = explain(SECRET, BODY, sign_at(BODY))
    assert result.cause is Cause.NONE
    assert "request.body.read" in result.fix


@pytest.mark.parametrize("reason", [Reason.STALE, Reason.FUTURE])
def test_the_fix_for_an_old_or_future_timestamp_mentions_the_clock(reason: Reason) -> None:
    result = explain(SECRET, BODY, sign_at(BODY), reason=reason)
    assert result.cause == reason.value
    assert "clock" in result.fix
    assert explain(SECRET, BODY + b"\n", sign_at(BODY), reason=reason).cause is Cause.NEWLINE_ADDED


@pytest.mark.usefixtures("few_pairs")
@pytest.mark.parametrize(
    "body", [BODY, b"x", b"\xff\x00", b"[" * 100_000 + b"x", b'{"a":' + b"9" * 5000 + b"}", b'"\\ud800"']
)
def test_the_fix_for_an_unknown_cause_says_what_to_check_next(body: bytes) -> None:
    result = explain(SECRET, body, sign_at(BODY, "some other secret"))
    assert result.cause is Cause.UNKNOWN
    assert "IO object" in result.fix


@fewer_examples(25)
@given(st.binary(max_size=50), st.text(max_size=50), st.binary(min_size=1, max_size=20))
def test_no_input_makes_explain_raise(body: bytes, header: str, secret: bytes) -> None:
    assert explain(secret, body, header).explanation
    assert explain(secret, body, f"t=1,v1={header.replace(',', '')}").fix


def test_every_cause_has_an_explanation_and_a_fix() -> None:
    for cause in Cause:
        text = TEXTS[cause]
        assert text.explanation.endswith("."), cause
        assert text.fix.endswith("."), cause
        assert not text.by_signer or text.by_signer.endswith("."), cause


def test_an_empty_secret_is_rejected() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        explain("", BODY, sign_at(BODY))


@pytest.mark.usefixtures("few_pairs")
def test_no_explanation_contains_the_secret() -> None:
    for header in ("", sign_at(BODY), sign_at(BODY, SECRET + "\n"), f"t={AT},v1=x"):
        assert SECRET not in repr(explain(SECRET, BODY, header))


@fewer_examples(25)
@given(JSON, st.text("abcXYZ0189", min_size=20, max_size=40))
def test_a_wrong_secret_is_never_explained_by_a_proven_cause(value: object, other: str) -> None:
    body = json.dumps(value).encode()
    result = explain(SECRET, body, sign_at(body, other))
    assert not result.proven
    assert result.causes == (result.cause,)


def test_the_secret_of_another_integration_is_named_by_its_label() -> None:
    others = {"L5m24mjs (https://a.example/hook)": "another-secret-of-the-account", "empty": ""}
    result = explain(SECRET, BODY, sign_at(BODY, "another-secret-of-the-account"), others=others)
    assert (result.cause, result.proven) == (Cause.KEY_INTEGRATION, True)
    assert "L5m24mjs (https://a.example/hook)" in result.explanation
    assert "another-secret-of-the-account" not in repr(result)
    twice = explain(SECRET, BODY + b"\n", sign_at(BODY, "another-secret-of-the-account"), others=others)
    assert set(twice.causes) == {Cause.KEY_INTEGRATION, Cause.NEWLINE_ADDED}


@pytest.mark.parametrize(
    ("language", "body", "signed"),
    [
        ("JavaScript", b'{"b":1.0,"2":1}', b'{"2":1,"b":1}'),
        ("PHP", b'{"a":"x/y"}', b'{"a":"x\\/y"}'),
        ("Python", b'{"a": "\\u00eb"}', '{"a":"\u00eb"}'.encode()),
        ("Java", b'{ "a" : [ 1, { "b" : 2 } ] }', b'{\n  "a" : [ 1, {\n    "b" : 2\n  } ]\n}'),
        ("Go", b'{"b":1,"a":"<"}', b'{"a":"\\u003c","b":1}\n'),
    ],
)
def test_the_fix_for_rewritten_json_names_how_the_language_reads_the_raw_body(
    language: str, body: bytes, signed: bytes
) -> None:
    result = explain(SECRET, body, sign_at(signed))
    assert result.cause is Cause.JSON_REWRITTEN
    assert f"({language})" in result.explanation
    assert f"In {language}, read it with" in result.fix


@pytest.mark.parametrize(
    ("cause", "body", "secret"),
    [
        (Cause.BODY_EMPTY, b"", SECRET),
        (Cause.BODY_TRUNCATED, BODY[:20], SECRET),
        (Cause.BODY_TRUNCATED, b'{"a":tr', SECRET),
        (Cause.BODY_TRUNCATED, b'{"a":"b...', SECRET),
        (Cause.BODY_TRUNCATED, b"x" * 1024, SECRET),
        (Cause.BODY_NOT_READ, b"#<StringIO:0x000055d0c0a8>", SECRET),
        (Cause.BODY_NOT_READ, b"[object Object]", SECRET),
        (Cause.BODY_MASKED, b'{"email":"z***@example.com"}', SECRET),
        (Cause.CHARACTERS_LOST, '{"name":"Zo\ufffd"}'.encode(), SECRET),
        (Cause.KEY_PLACEHOLDER, BODY, "${JEBBIT_SECRET}"),
        (Cause.KEY_PLACEHOLDER, BODY, "********"),
        (Cause.KEY_PLACEHOLDER, BODY, "your-secret-here"),
        (Cause.KEY_PLACEHOLDER, BODY, "short"),
    ],
)
def test_causes_without_a_proof_are_suspicions(cause: Cause, body: bytes, secret: str) -> None:
    (note,) = suspicions(secret.encode(), body, sign_at(b"{}"))
    assert note.cause is cause
    assert " may " in TEXTS[cause].explanation or cause is Cause.BODY_EMPTY


@pytest.mark.usefixtures("few_pairs")
@pytest.mark.parametrize("header", [sign_at(BODY)[:-20], sign_at(BODY)[:-9] + "...", f"t={AT},v1=****"])
def test_a_header_that_looks_cut_is_a_suspicion(header: str) -> None:
    result = explain(SECRET[::-1], BODY, header)
    assert (result.cause, result.proven) == (Cause.HEADER_TRUNCATED, False)
    assert "may be cut off" in result.explanation


@pytest.mark.usefixtures("few_pairs")
def test_a_suspicion_is_said_beside_what_was_not_found() -> None:
    result = explain(SECRET, BODY[:20], sign_at(BODY))
    assert (result.cause, result.proven) == (Cause.BODY_TRUNCATED, False)
    assert "may be cut off: its JSON breaks off" in result.explanation
    assert "None of the usual causes" in result.explanation


def test_a_complete_body_and_secret_raise_no_suspicion() -> None:
    assert list(suspicions(SECRET.encode(), BODY, sign_at(BODY))) == []


@pytest.mark.usefixtures("few_pairs")
@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "it is empty"),
        ("sha256=abc", "another service"),
        (f"t={AT}", "v1= is missing"),
        ("v1=abc", "t= is missing"),
        ('"t=1,v1=abc"', "even after a repair"),
        ("hello", "t= and v1= are missing"),
    ],
)
def test_a_header_that_stays_malformed_is_said_to_be_so_in_detail(header: str, words: str) -> None:
    result = explain(SECRET, BODY, header)
    assert result.cause is Cause.MALFORMED_HEADER
    assert words in result.explanation


def test_a_request_without_the_header_is_told_from_one_whose_header_is_empty() -> None:
    result = explain(SECRET, BODY, None)
    assert (result.cause, result.proven) == (Cause.MALFORMED_HEADER, True)
    assert result.explanation == "The request has no x-jebbit-signature header."


def test_an_old_timestamp_is_named_beside_another_cause() -> None:
    result = explain(SECRET, BODY + b"\n", sign_at(BODY), now=AT + 1000)
    assert result.causes == (Cause.NEWLINE_ADDED, Cause.STALE)
    assert "The signature matches" not in result.explanation
    assert explain(SECRET, BODY, sign_at(BODY), now=AT + 300).cause is Cause.NONE
    assert explain(SECRET, BODY, sign_at(BODY), now=AT + 301).cause is Cause.STALE
    assert explain(SECRET, BODY, sign_at(BODY), now=AT + 301, tolerance=301).cause is Cause.NONE
    assert explain(SECRET, BODY, sign_at(BODY), now=AT - 301).cause is Cause.FUTURE


def test_a_difference_of_whole_hours_is_said_to_look_like_a_time_zone() -> None:
    assert "by 2 h" in explain(SECRET, BODY, sign_at(BODY), now=AT + 7205).explanation
    assert "time zone" not in explain(SECRET, BODY, sign_at(BODY), now=AT + 8000).explanation


@pytest.mark.long
@pytest.mark.parametrize(
    "make_body",
    [
        lambda: json.dumps([{"id": one, "name": f"Zo\u00eb {one / 7}"} for one in range(25_000)]).encode(),
        lambda: b"[" + b"1," * 500_000 + b"1]",
        lambda: b"%41" * 300_000,
        lambda: b"a=b&" * 250_000,
        lambda: b"1\r\na\r\n" * 150_000,
        lambda: b'"' * 1_000_000,
        lambda: b"\\" * 1_000_000,
        lambda: b"." * 1_000_000,
        lambda: gzip.compress(bytes(200_000_000), 1),
        lambda: b'{"a":"' + ("\u0300\u0323" * 10_000).encode(),
        lambda: json.dumps([[[[[["x"]]]] * 40] * 40] * 40).encode(),
    ],
    ids=[
        "records",
        "integers",
        "percent",
        "form",
        "chunks",
        "quotes",
        "backslashes",
        "dots",
        "gzip",
        "accents",
        "nested",
    ],
)
def test_the_work_for_a_large_body_is_bounded(make_body: Callable[[], bytes]) -> None:
    body = make_body()  # here, because every run imports this module
    header = sign_at(body, "another secret altogether")
    results = []
    yardsticks = in_yardsticks(lambda: results.append(explain(SECRET, body, header)))
    assert not results[0].proven
    assert yardsticks < 60, yardsticks  # from 5 to 25 on an idle machine
