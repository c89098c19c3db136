"""Paths and headers as users type them, and pages as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.raw_client import RawClient, join_pages, parse_headers, parse_path
from jebbitctl.errors import NotFoundError, RejectedError, UsageError
from tests.api.faults import drop, http
from tests.api.support import Tokens

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer

BASE = "https://api.example"


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("feeds", "/feeds"),
        ("/feeds", "/feeds"),
        ("/api/v1/feeds", "/feeds"),
        ("api/v1/feeds/1?filter[a]=/api/v1/../x", "/feeds/1?filter[a]=/api/v1/../x"),
        ("https://api.example/api/v1/feeds?a=b", "/feeds?a=b"),
        ("https://API.example/api/v1/feeds", "/feeds"),
        ("https://api.example:443/api/v1/feeds", "/feeds"),
        ("api/v1feeds", "/api/v1feeds"),
        ("feeds/", "/feeds/"),
    ],
)
def test_a_path_may_include_the_root_or_the_base_url(typed: str, path: str) -> None:
    assert parse_path(typed, BASE) == path


def test_a_base_url_may_have_a_path() -> None:
    base = "https://gateway.example/jebbit"
    assert parse_path(f"{base}/api/v1/feeds", base) == "/feeds"
    with pytest.raises(UsageError):
        parse_path("https://gateway.example/api/v1/feeds", base)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "/",
            "/api/v1",
            "//evil.example/x",
            "a//b",
            "..",
            "a/./b",
            "a/%2e%2e/b",
            "a/.%2E",
            "a#b",
            "a\\b",
        ),
        *("a\x00b", "a\udcffb", "http://api.example/api/v1/feeds", "https://api.example:444/api/v1/feeds"),
        *("https://api.example/other/feeds", "https://u:p@api.example/api/v1/feeds", "https://[::1/api/v1/x"),
        "https://api.example.evil.example/api/v1/feeds",
    ],
)
def test_a_path_outside_the_api_is_rejected(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_path(typed, BASE)


@pytest.mark.parametrize(
    "line",
    ["Authorization: x", "HOST: x", "Content-Length: 1", "x-jebbit-business: a", "a b: c", "a", "a: ☕", ":"],
)
def test_a_malformed_or_reserved_header_is_rejected(line: str) -> None:
    with pytest.raises(UsageError):
        parse_headers([line])


def test_no_header_replaces_another_one() -> None:
    with pytest.raises(UsageError, match="--header x-trace is given twice"):
        parse_headers(["X-Trace: 1", "x-trace: 2"])


@pytest.mark.parametrize("last", [[], {"data": {}}, {}])
def test_pages_without_a_list_cannot_be_joined(last: Any) -> None:
    with pytest.raises(RejectedError):
        join_pages([{"data": []}, last])


def test_not_found_is_a_success_only_for_a_retried_delete(server: FaultServer, transport: Transport) -> None:
    client = RawClient(transport, server.url, Tokens(), None, {})
    server.script = [drop, http(404), http(404), drop, http(404)]
    client.require_success(client.send_bytes("DELETE", "/feeds/1", None), "DELETE", "/feeds/1")
    for method in ("DELETE", "GET"):
        response = client.send_bytes(method, "/feeds/1", None)
        with pytest.raises(NotFoundError):
            client.require_success(response, method, "/feeds/1")
    assert len(server.seen) == 5
