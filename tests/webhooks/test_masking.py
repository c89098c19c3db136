"""No e-mail address, phone number or value of a personal attribute is left in what was masked."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jebbitctl.webhooks.delivery import ForwardOutcome
from jebbitctl.webhooks.recordings.masking import (
    is_personal,
    mask_body,
    mask_delivery,
    mask_forward,
    mask_text,
    mask_value,
)
from tests.strategies import JSON

from .support import make_delivery

ADDRESSES = st.emails()
SEPARATORS = st.sampled_from(["", "", " ", "-", ".", "/", ") ", " (", "\u2011", "\u00a0"])
PHONES = st.tuples(
    st.sampled_from(["", "+", "(", "+(", "00"]),
    st.lists(st.tuples(st.sampled_from("123456789"), SEPARATORS), min_size=9, max_size=15),
).map(lambda made: made[0] + "".join(digit + separator for digit, separator in made[1]).rstrip(" (/.-\u2011"))
TEXT = st.text(max_size=20)


def holds_phone(text: str, phone: str) -> bool:
    """Whether all digits of a phone number are in a text, whatever is between them."""
    digits = re.sub(r"\D", "", phone)
    return phone in text or digits in re.sub(r"\D", "", text)


@given(TEXT, ADDRESSES, TEXT)
def test_an_address_within_text_is_masked(before: str, address: str, after: str) -> None:
    for text in (before + address + after, f"{before} {address},{after}", f"<{address}>"):
        assert address.lower() not in mask_text(text).lower()


@given(TEXT, PHONES, TEXT)
def test_a_phone_number_within_text_is_masked(before: str, phone: str, after: str) -> None:
    for text in (before + phone + after, f"tel:{phone}x"):
        assert phone not in mask_text(text)
    assert not holds_phone(mask_text(f"call {phone} now"), phone)


@pytest.mark.parametrize("at", ["@", "%40", "%2540", "&#64;", "&commat;", "\\u0040", "\uff20"])
def test_an_address_is_found_however_its_at_sign_is_written(at: str) -> None:
    assert mask_text(f"/u/ ann{at}example.com ,") == "/u/ ***@*** ,"


def holding(value: Any) -> st.SearchStrategy[Any]:
    """Return JSON that has a value somewhere: in text, in a list, as a key, in JSON within JSON, in a URL."""
    text = str(value)
    leaf = st.sampled_from(
        [
            value,
            f"write to {text} or so",
            json.dumps({"inner": [text]}),
            f"https://example.com/a?b=1&c={quote_plus(text)}",
        ]
    )
    return st.recursive(
        leaf | st.just({text: 1}),
        lambda inner: (
            st.tuples(JSON, inner).map(list)
            | st.tuples(st.text(), inner).map(lambda pair: {pair[0]: pair[1]})
        ),
        max_leaves=4,
    )


@pytest.mark.parametrize("address", ["=@a.example", "a=&b=@c.example", "a?b=c#d=@e.example"])
def test_an_address_that_looks_like_a_form_is_masked(address: str) -> None:
    for text in (
        address,
        f"https://e.example/?x=1&e={address}",
        f"https://e.example/?e={quote_plus(address)}",
    ):
        assert address not in unquote_plus(str(mask_value("x", text)))
    assert address not in mask_delivery(replace(make_delivery(), query=address)).query


@given(st.data(), ADDRESSES | PHONES)
def test_no_address_or_phone_number_is_left_in_json(data: st.DataObject, personal: str) -> None:
    masked = mask_body(
        json.dumps(data.draw(holding(personal)), ensure_ascii=data.draw(st.booleans())).encode()
    )
    for form in (personal, quote_plus(personal), json.dumps(personal)[1:-1]):
        assert form not in masked.decode()


@given(st.integers(min_value=10**9, max_value=10**14) | st.just(1555123456.5))
def test_a_number_that_may_be_a_phone_number_is_masked(number: float) -> None:
    assert mask_body(json.dumps({"a": [number], "n": 123456}).encode()) == b'{"a":["***"],"n":123456}'


@given(st.binary(max_size=200) | st.text().map(str.encode) | JSON.map(json.dumps).map(str.encode))
@example(b'"ann@a.example@b.example"')
@example(b'"\\"*@-@-\\""')
def test_any_body_can_be_masked_and_masking_twice_changes_nothing(body: bytes) -> None:
    once = mask_body(body)
    assert mask_body(once) == once


PERSONAL = (
    "email e_mail e-mail EmailAddress work.email phone phone_number mobilePhone tel fax first_name lastName"
    " name full_name address street zip zip_code postal_code birthday date_of_birth dob city customer_name"
    " user_name ip fname lname name_first nameLast your_name NAME names lead_name partnerName forename"
    " name_of_child name_2 profile_name profileName stylist_name whatsappName Contact_Name"
)


@pytest.mark.parametrize("key", [*PERSONAL.split(), "Last Name", "What's your name?"])
def test_the_whole_value_of_a_personal_attribute_is_masked(key: str) -> None:
    assert is_personal(key)
    value = {"a": ["Ann", 7, "Ann Lee <a@b.example>", "", None, True], "b": {"c": "Ann"}}
    assert mask_value(key, value) == {"a": ["***", "***", "***@***", "", None, True], "b": {"c": "***"}}
    assert (
        mask_body(json.dumps({"data": [{key: "Ann"}]}).encode())
        == json.dumps({"data": [{key: "***"}]}, separators=(",", ":")).encode()
    )


@pytest.mark.parametrize(
    "key",
    [
        *("opt_in", "outcome", "campaign_name", "event_number", "favourite", "chips", "a"),
        *("productName", "file-name", "hostname", "tournament", "outcome_names", "campaign_name_filter"),
        *("jebbit_campaign_name", "jebbitCampaignName", "CAMPAIGN_NAME", "Campaign Name"),
    ],
)
def test_other_attributes_are_kept(key: str) -> None:
    value = ["Ann", 7, 2.5, None, {"a": "2026-01-31 12:00:00", "b": "2026-01-31T12:00:00Z"}]
    assert mask_value(key, value) == value


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (b"", b""),
        (b"email=a%40b.example&x=1&First+Name=Ann", b"email=***@***&x=1&First+Name=***"),
        (b"a@b.example=1&x=2", b"***@***=1&x=2"),
        (b"plain text by Ann", b"***"),
        (b'{"first_name":"An', b"***"),
        ('{"a":"b@c.example"}'.encode("utf-16"), b'{"a":"***@***"}'),
        ("b@c.example".encode("utf-16-le"), b"***"),
        (b"\xff\xfe\x00", b"***"),
        (b"<name>Ann</name>", b"***"),
        (b'{"a":"{\\"name\\":\\"Ann\\"}"}', b'{"a":"{\\"name\\": \\"***\\"}"}'),
        (b'{"a":"[cut off"}', b'{"a":"***"}'),
        (b'{"u":"https://x.example/?first_name=Ann&n=1"}', b'{"u":"https://x.example/?first_name=***&n=1"}'),
        ('{"é":"ü"}'.encode(), '{"é":"ü"}'.encode()),
    ],
)
def test_forms_are_masked_by_name_and_what_cannot_be_read_wholly(body: bytes, masked: bytes) -> None:
    assert mask_body(body) == masked


def test_headers_path_and_query_are_masked_but_not_the_signature() -> None:
    signature = "t=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw="
    kept = {
        "x-jebbit-signature": signature,
        "content-length": "12345678",
        "content-type": "application/json",
        "host": "192.168.100.200:8787",
    }
    personal = {
        "cookie": "id=Ann",
        "x-forwarded-for": "203.0.113.9",
        "x-visitor": "a@b.example",
        "x-client-ip": "10.0.0.7",
        "from": "Ann",
    }
    delivery = replace(
        make_delivery(), headers={**kept, **personal}, path="/u/a@b.example", query="name=Ann&n=1", body=b"{}"
    )
    masked = mask_delivery(delivery)
    assert masked.masked
    assert masked.headers == {
        **kept,
        "cookie": "***",
        "x-forwarded-for": "***",
        "x-visitor": "***@***",
        "x-client-ip": "***",
        "from": "***",
    }
    assert (masked.path, masked.query, masked.body) == ("/u/***@***", "name=***&n=1", b"{}")
    assert masked.verification == delivery.verification


def test_the_answer_of_an_app_and_the_url_it_was_asked_at_are_masked() -> None:
    url = "http://localhost/?email=a%40b.example"
    masked = mask_forward(ForwardOutcome(url, 500, 1.0, '{"name":"Ann', "no answer for a@b.example"))
    assert masked == ForwardOutcome(
        "http://localhost/?email=***@***", 500, 1.0, "***", "no answer for ***@***"
    )


@pytest.mark.long
def test_long_text_is_masked_in_linear_time() -> None:
    for text in ("a" * 200_000, "1 " * 60_000, "a@" * 60_000, "1.a" * 60_000, "%25" * 60_000):
        mask_text(text)


@pytest.mark.parametrize("key", ["name", "key", "field", "attribute", "label", "Title", "question"])
@pytest.mark.parametrize("member", ["value", "Value", "ANSWER", "response"])
def test_a_value_beside_the_name_of_a_personal_attribute_is_masked(key: str, member: str) -> None:
    listed = [{key: "first_name", member: "Ann"}, {key: "score", member: 7}]
    first, second = mask_value("answers", listed)
    assert "Ann" not in first.values()
    assert second[member] == 7


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("first_name=Ann&utm_source=x", "first_name=***&utm_source=x"),
        ("?first_name=Ann&x=1", "?first_name=***&x=1"),
        ("https://e.example/p#first_name=Ann&x=1", "https://e.example/p#first_name=***&x=1"),
        ("https://e.example/p?x=1;first_name=Ann;Lee#y=2", "https://e.example/p?x=1;first_name=***#y=2"),
        (
            "https://e.example/?u=https%3A%2F%2Fe.example%2F%3Fname%3DAnn",
            "https://e.example/?u=https%3A%2F%2Fe.example%2F%3Fname%3D***",
        ),
        ("https://e.example/a?b=c=&d", "https://e.example/a?b=c=&d"),
    ],
)
def test_pairs_in_a_url_or_a_form_are_masked_by_their_names(text: str, masked: str) -> None:
    assert mask_value("url_param", text) == masked


@pytest.mark.parametrize(
    "hidden", ["ann@example.com", "call 555-123-4567", '{"name":"Ann"}', "???a@b.example"]
)
def test_base64_of_personal_data_is_masked(hidden: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(hidden.encode()).decode()
        for text in (encoded, encoded.rstrip("=")):
            assert mask_value("x", [text]) == ["***"]
            assert mask_value("x", f"https://e.example/?e={text}") == "https://e.example/?e=***"
            masked = mask_delivery(replace(make_delivery(), path=f"/u/{text}", headers={"x-a": text}))
            assert text not in (masked.path, *masked.headers.values())
    for other in ("L5m24mjs", "deadbeef" * 8, base64.b64encode(b"an outcome, 7").decode()):
        assert mask_value("x", other) == other


def test_a_phone_number_in_the_path_is_masked_even_if_it_is_encoded_or_has_slashes() -> None:
    for number in ("%2B49%20%2830%29%20123456", "555/123/4567"):
        assert mask_delivery(replace(make_delivery(), path=f"/u/{number}/x")).path == "/u/***/x"


def nested_json(levels: int) -> str:
    text = "Ann"
    for _ in range(levels):
        text = "[" * 90 + json.dumps(text) + "]" * 90
    return text


@pytest.mark.parametrize(
    "text", ["?a=" * 1500, "a=" * 1500, "a=1&" * 1500, nested_json(8), f"a={nested_json(4)}"]
)
def test_text_that_nests_without_end_is_masked(text: str) -> None:
    for body in (text, json.dumps({"x": text}), f"x={quote_plus(text)}"):
        assert mask_body(mask_body(body.encode())) == mask_body(body.encode())
    mask_delivery(replace(make_delivery(), query=text, path=f"/{quote(text)}"))
