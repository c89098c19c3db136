from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands.webhooks.endpoint_options import parse_headers
from jebbitctl.errors import UsageError
from jebbitctl.util.redaction import forget_registered_secrets, scrub_registered

if TYPE_CHECKING:
    from pathlib import Path


def test_headers_are_read_as_curl_reads_them() -> None:
    assert parse_headers(["X-Key:  a: b ", "x-empty:"]) == {"x-key": "a: b", "x-empty": ""}


def test_the_value_of_a_header_can_be_read_from_a_file_and_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer 0123456789\n")
    try:
        assert parse_headers([f"Authorization: @{tmp_path}/token"]) == {"authorization": "Bearer 0123456789"}
        assert scrub_registered("sent Bearer 0123456789") == "sent ********"
    finally:
        forget_registered_secrets()


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        ": x",
        "a b: c",
        "x: a\nb",
        "x: a\x00b",
        "x: a\x1bb",
        "Content-Length: 1",
        "X-Jebbit-Signature: t=1,v1=AAAA",
        "x: @/nowhere",
    ],
)
def test_a_header_that_is_invalid_or_would_break_the_delivery_is_a_usage_error(line: str) -> None:
    with pytest.raises(UsageError, match="--header"):
        parse_headers([line])


def test_a_header_that_is_given_twice_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="given twice"):
        parse_headers(["x-a: 1", "X-A: 2"])


def test_a_header_is_sent_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "value").write_text("\u2603\n", encoding="utf-8")
    headers = parse_headers(
        [f"x-file: @{tmp_path}/value", "x-typed: caf\u00e9", "x-raw: \udcff", "x-tab: a\tb"]
    )
    forget_registered_secrets()
    assert {name: value.encode("latin-1") for name, value in headers.items()} == {
        "x-file": b"\xe2\x98\x83",
        "x-typed": b"caf\xc3\xa9",
        "x-raw": b"\xff",
        "x-tab": b"a\tb",
    }
