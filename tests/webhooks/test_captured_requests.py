"""Captured requests: what each kind of file says about the request, and what it does not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.captured_requests.reader import read_request
from tests.strategies import JSON
from tests.webhooks.captures import (
    BODY,
    CAPTURES,
    CHUNKED_HEAD,
    CHUNKS,
    CURL_TRACE,
    CURL_TRACE_ASCII,
    CURL_VERBOSE,
    EVENT_V1,
    EVENT_V2,
    HEAD,
    HEADERS,
    LOWER,
    RAW,
    SIGNATURE,
    UNSIGNED,
    har,
    har_entry,
    har_request,
    recorded,
)

TIMED = {"HAR", "HAR, Base64", "HAR entry", "HAR entries", "API Gateway 1.0", "API Gateway 2.0"}
RECORDINGS = {"recording", "recording, indented"}


def refused(content: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_request(content, "FILE")
    return caught.value


@pytest.mark.parametrize("name", CAPTURES)
def test_header_and_body_are_read_from_every_kind_of_capture(name: str) -> None:
    format_, content = CAPTURES[name]
    request = read_request(content, "FILE")
    assert (request.format, request.signature, request.body) == (format_, SIGNATURE, BODY)


@pytest.mark.parametrize("name", CAPTURES)
def test_the_time_of_arrival_is_known_only_where_the_capture_says_it(name: str) -> None:
    expected = 1_700_000_001.5 if name in TIMED | RECORDINGS else None
    assert read_request(CAPTURES[name][1], "FILE").time == expected


@pytest.mark.parametrize(
    "event",
    [{**EVENT_V2, "requestContext": {"timeEpoch": bad}} for bad in (True, "1", -1, 10**20, 1.5, None)],
)
def test_a_time_that_no_clock_shows_is_unknown(event: dict[str, Any]) -> None:
    assert read_request(json.dumps(event).encode(), "FILE").time is None


@pytest.mark.parametrize(
    "body", [b"", b"\xff\x00\r\n\xfe", b"\n{}\r\n\r\n", b"=> Send header, 1\n> POST / HTTP/1.1\n"]
)
def test_a_body_of_any_bytes_is_kept_as_captured(body: bytes) -> None:
    head = HEAD.replace(b"51", str(len(body)).encode())
    assert read_request(head + b"\r\n" + body, "FILE").body == body
    assert read_request(recorded(body), "FILE").body == body


def test_a_repeated_header_is_joined_as_receivers_see_it() -> None:
    twice = HEAD + f"x-jebbit-signature: {SIGNATURE}\r\n\r\n".encode() + BODY
    assert read_request(twice, "FILE").signature == f"{SIGNATURE}, {SIGNATURE}"
    event = {**EVENT_V1, "multiValueHeaders": {"x-jebbit-signature": ["t=1", "v1=a"]}}
    assert read_request(json.dumps(event).encode(), "FILE").signature == "t=1, v1=a"


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (RAW[:-10], BODY[:-10]),
        (RAW + b"}\n", BODY + b"}\n"),
    ],
)
def test_a_body_of_another_length_than_its_header_says_is_kept_whole(content: bytes, body: bytes) -> None:
    request = read_request(content, "FILE")
    assert (request.body, request.content_length) == (body, len(BODY))


@pytest.mark.parametrize("value", [b"-1", b"five", b"9" * 5000, b""])
def test_an_invalid_length_is_unknown(value: bytes) -> None:
    request = read_request(HEAD.replace(b"51", value) + b"\r\n" + BODY, "FILE")
    assert (request.body, request.content_length) == (BODY, None)


@pytest.mark.parametrize("chunks", [CHUNKS[:40], CHUNKS[:-30], CHUNKS.replace(b"29\r\n", b"28\r\n")])
def test_damaged_chunks_are_a_caveat(chunks: bytes) -> None:
    request = read_request(CHUNKED_HEAD + b"\r\n" + chunks, "FILE")
    assert (request.body or b"").startswith(BODY[:10])
    assert "incomplete or damaged" in request.caveat


@pytest.mark.parametrize(
    ("content", "caveat"),
    [
        (CAPTURES["HAR"][1], "not UTF-8"),
        (CAPTURES["HAR, Base64"][1], ""),
        (CAPTURES["API Gateway 1.0"][1], "not UTF-8"),
        (CAPTURES["API Gateway 2.0"][1], ""),
        (recorded(omitted_bytes=7), "leaves out 7 bytes"),
        (recorded(), ""),
        (RAW, ""),
        (CURL_TRACE, ""),
        (CURL_TRACE_ASCII, ""),
        (CURL_TRACE_ASCII.replace(b'"a"', b'"."'), "as dots"),
        (CURL_TRACE_ASCII.replace(b'"a"', b'"'), "incomplete"),
        (CURL_TRACE.replace(b"0030: 30 7d 7d", b""), "incomplete"),
        (CURL_TRACE_ASCII + b"=> Send data, 5 bytes (0x5)\n", "incomplete"),
    ],
)
def test_a_capture_that_may_not_have_the_bytes_says_so(content: bytes, caveat: str) -> None:
    found = read_request(content, "FILE").caveat
    assert caveat in found
    assert bool(found) == bool(caveat)


def test_a_folded_value_is_joined_with_a_space() -> None:
    folded = HEAD.replace(b",v1=", b",\r\n v1=") + b"\r\n" + BODY
    assert read_request(folded, "FILE").signature == SIGNATURE.replace(",", ", ")


def test_a_gap_in_a_trace_is_filled_with_nothing() -> None:
    damaged = CURL_TRACE_ASCII.replace(b'"a"', b'"')
    assert read_request(damaged, "FILE").body == BODY.replace(b'"a"', b'"').replace(b"\r\n", b"")


def test_half_a_surrogate_pair_in_json_is_not_replaced_by_another_character() -> None:
    event = {**EVENT_V1, "body": "\ud83d"}
    assert read_request(json.dumps(event).encode(), "FILE").body == b"\xed\xa0\xbd"


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "FILE is not a captured request", "raw HTTP request"),
        (b"\x1f\x8b\x08\x00", "FILE is not a captured request", "raw HTTP request"),
        (b'{"data": {}, "event": {}}', "is JSON, but not a captured request", "--body"),
        (b"[]", "is JSON, but not a captured request", "--body"),
        (b'{"log": ', "is not a captured request (as JSON: Expecting value", "raw HTTP request"),
        (b"[" * 100_000, "is not a captured request (as JSON: nested too deep)", "raw HTTP request"),
        (har(UNSIGNED, UNSIGNED), "no x-jebbit-signature in FILE, which has 2 requests", "with its headers"),
        (har(), "no x-jebbit-signature in FILE, which has 0 requests", "with its headers"),
        (b"GET / HTTP/1.1\r\n\r\n", "no x-jebbit-signature in FILE", "with its headers"),
        (b"=> Send header, 5 bytes (0x5)\n", "no x-jebbit-signature in FILE", "with its headers"),
        (b"GET / HTTP/1.1\r\n", "no x-jebbit-signature in FILE", "with its headers"),
        (b"POST / HTTP/1.1\r\n\r\nX-Jebbit-Signature: a\r\n\r\n", "no x-jebbit-signature in FILE", None),
        (HEAD, "FILE has the headers of the request, but not its body", "--signature and --body"),
        (CHUNKED_HEAD + b"\r\n", "but not its body", "--signature and --body"),
        (CURL_VERBOSE, "but not its body", "use curl --trace"),
        (CURL_VERBOSE.replace(b"> \r\n", b">\n"), "but not its body", "use curl --trace"),
        (har(har_entry(har_request(mimeType="x"))), "but not its body", "--signature and --body"),
        (RAW + RAW, "FILE has 2 requests with x-jebbit-signature", "only one"),
        (CURL_TRACE * 2, "FILE has 2 requests with x-jebbit-signature", "only one"),
        (
            har({}, har_entry(), UNSIGNED, har_entry()),
            "x-jebbit-signature: entries 1, 3",
            "'.log.entries[1]'",
        ),
        (har(*[har_entry()] * 50), "has 50 requests with x-jebbit-signature: entries 0, 1, 2, 3, 4", "jq"),
        (recorded() + recorded(), "FILE is a recording with 2 lines", "sed -n 1p"),
        (recorded()[:-20], "is not a captured request (as JSON: ", "raw HTTP request"),
        (har(har_entry(har_request(text="not Base64", encoding="base64"))), "not Base64", None),
        (json.dumps({**EVENT_V2, "body": "{}"}).encode(), "not Base64, although", None),
        (json.dumps({**EVENT_V1, "body": {"data": {}}}).encode(), "parsed JSON instead of the text", None),
    ],
)
def test_a_file_without_exactly_one_signed_request_is_refused(
    content: bytes, message: str, hint: str | None
) -> None:
    error = refused(content)
    assert message in error.message
    assert (hint or "") in (error.hint or "")


def test_curl_verbose_without_a_body_is_complete_if_the_length_is_zero() -> None:
    request = read_request(CURL_VERBOSE.replace(b"51", b"0"), "FILE")
    assert (request.format, request.signature, request.body) == ("curl_verbose", SIGNATURE, b"")


def test_an_event_without_a_body_has_an_empty_one() -> None:
    assert read_request(json.dumps({**EVENT_V1, "body": None}).encode(), "FILE").body == b""
    no_length = {name: value for name, value in HEADERS.items() if name != "Content-Length"}
    entry = {**har_entry(), "request": {"method": "POST", "headers": har_request(no_length)["headers"]}}
    assert read_request(json.dumps(entry).encode(), "FILE").body == b""


def try_to_read(content: bytes) -> None:
    with suppress(UsageError):
        request = read_request(content, "FILE")
        assert isinstance(request.signature, str)
        assert isinstance(request.body, bytes)
        assert request.content_length is None or request.content_length >= 0


@given(st.binary())
def test_no_file_makes_the_reader_fail_otherwise_than_with_a_usage_error(content: bytes) -> None:
    try_to_read(content)


@given(
    st.sampled_from([content for _, content in CAPTURES.values()]),
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=8)), min_size=1, max_size=4
    ),
)
def test_no_damage_to_a_capture_makes_the_reader_fail_otherwise_than_with_a_usage_error(
    content: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    for position, removed, inserted in edits:
        at = position % (len(content) + 1)
        content = content[:at] + inserted + content[at + removed :]
    try_to_read(content)


MEMBERS = [
    "log",
    "entries",
    "request",
    "headers",
    "multiValueHeaders",
    "name",
    "value",
    "postData",
    "text",
    "method",
]
MORE_MEMBERS = [
    "requestContext",
    "timeEpoch",
    "body",
    "isBase64Encoded",
    "encoding",
    "time",
    "x-jebbit-signature",
]


@given(
    st.sampled_from(
        [EVENT_V1, EVENT_V2, har_entry(), har_request(), json.loads(recorded()), {"log": {"entries": []}}]
    ),
    st.dictionaries(st.sampled_from(MEMBERS + MORE_MEMBERS), JSON, min_size=1, max_size=4),
    st.sampled_from([None, "request", "requestContext", "postData", "headers", "log"]),
)
@settings(max_examples=max(settings().max_examples // 4, 1))  # JSON takes long to make
def test_no_json_in_a_capture_makes_the_reader_fail_otherwise_than_with_a_usage_error(
    document: dict[str, Any], changes: dict[str, Any], inside: str | None
) -> None:
    if inside and isinstance(inner := document.get(inside), dict):
        document = {**document, inside: {**inner, **changes}}
    else:
        document = {**document, **changes}
    try_to_read(json.dumps(document).encode())


def test_headers_in_lower_case_are_the_same_headers() -> None:
    assert read_request(json.dumps(EVENT_V2).encode(), "FILE").headers == LOWER
    assert read_request(RAW, "FILE").headers == LOWER


def test_a_line_of_a_log_with_headers_and_the_body_as_text_is_a_request() -> None:
    line = b'{"time": "2026-01-31T12:00:00Z", "headers": {"X-Jebbit-Signature": "t=1,v1=x"}, "body": "{}"}'
    found = read_request(line, "log")
    assert (found.signature, found.body) == ("t=1,v1=x", b"{}")
