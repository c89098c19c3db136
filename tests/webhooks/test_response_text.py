"""What is shown of compressed responses."""

from __future__ import annotations

import gzip
import threading
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.webhooks.endpoint import MAX_KEPT_BYTES, EndpointClient, EndpointResponse
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.forwarding import Forwarder, answer_to_sender
from jebbitctl.webhooks.response_excerpt import excerpt
from jebbitctl.webhooks.response_text import MAX_DECODED_BYTES, readable_body, response_text
from tests.webhooks.recorded import delivered
from tests.webhooks.support import SECRET, Endpoint

WORDS = b'{"error": "tenant unknown"}'


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def response(body: bytes, encoding: str) -> EndpointResponse:
    return EndpointResponse(422, 0.1, body, headers={"content-encoding": encoding})


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(WORDS, mtime=0)),
        ("X-GZip", gzip.compress(WORDS, mtime=0)),
        ("deflate", zlib.compress(WORDS)),
        ("deflate", raw_deflate(WORDS)),
        ("gzip, deflate", zlib.compress(gzip.compress(WORDS, mtime=0))),
        ("identity", WORDS),
        ("gzip", WORDS),
        ("gzip", gzip.compress(WORDS, mtime=0) + b"junk"),
    ],
)
def test_a_compressed_response_is_shown_in_its_own_words(encoding: str, body: bytes) -> None:
    assert response_text(response(body, encoding)) == WORDS.decode()
    assert excerpt(response(body, encoding), SECRET) == WORDS.decode()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("br", "br"),
        ("gzip, zstd", "gzip, zstd"),
        ("gzip", "gzip"),
        (",".join(["gzip"] * 9), "gzip, gzip, gzip, gzip, gzip, gzip, gzip"),
    ],
)
def test_a_response_that_cannot_be_decompressed_is_named_as_such(encoding: str, shown: str) -> None:
    unreadable = response(b"\x1f\x8b\x08 not really", encoding)
    assert response_text(unreadable).startswith(f"(compressed, cannot be shown: {shown}")
    assert excerpt(unreadable, SECRET) == ""


def test_the_start_of_a_compressed_response_that_was_cut_off_is_shown() -> None:
    words = b" ".join(b"%d" % number for number in range(5000))
    shown = readable_body(response(gzip.compress(words, mtime=0)[:MAX_KEPT_BYTES], "gzip"))
    assert shown
    assert words.startswith(shown)


def test_a_small_response_that_would_decompress_to_megabytes_is_shown_in_part() -> None:
    bomb = gzip.compress(gzip.compress(bytes(10**8), 9, mtime=0), 9, mtime=0)
    assert len(readable_body(response(bomb, "gzip")) or b"") <= MAX_DECODED_BYTES
    assert len(readable_body(response(bomb, "gzip, gzip")) or b"") <= MAX_DECODED_BYTES


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_body_with_any_encoding_has_a_text(body: bytes, encoding: str) -> None:
    assert isinstance(response_text(response(body, encoding)), str)


def test_a_forwarded_answer_keeps_its_bytes_and_the_event_is_readable() -> None:
    packed = gzip.compress(WORDS, mtime=0)
    app = Endpoint("422 Unprocessable", body=packed, headers={"Content-Encoding": "gzip"})
    with BackgroundServer(app) as server, EndpointClient(server.url) as client:
        outcome, answer = Forwarder(client, "hop", 0, threading.Event()).forward(delivered())
    assert outcome.response == WORDS.decode()
    assert (answer.status, answer.body) == (422, packed)
    assert dict(answer.headers)["Content-Encoding"] == "gzip"
    assert answer_to_sender(response(packed, "gzip")).body == packed
