from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.client import Client
from jebbitctl.api.transport import ApiResponse
from jebbitctl.errors import RejectedError
from tests.api.faults import api

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer
    from tests.api.support import Tokens


def page(link: Any, *ids: str) -> bytes:
    return api({"data": [{"id": id_} for id_ in ids], "links": {"next": link}})


def test_any_form_of_next_link_is_followed(server: FaultServer, client: Client) -> None:
    server.script = [
        page("/api/v1/things?page[number]=2", "1"),
        page({"href": f"{server.url}/api/v1/things?page[number]=3"}, "2"),
        page("?page[number]=4", "3"),
        page(None, "4"),
    ]
    documents = list(client.pages("/things", {"page[size]": "1"}))
    assert [document["data"][0]["id"] for document in documents] == ["1", "2", "3", "4"]
    assert [path.partition("?")[2] for path in server.calls] == [
        "page%5Bsize%5D=1",
        "page%5Bnumber%5D=2",
        "page%5Bnumber%5D=3",
        "page%5Bnumber%5D=4",
    ]
    assert all(seen.headers["authorization"] for seen in server.seen)


@pytest.mark.parametrize("links", [None, [], "x", {}, {"next": ""}, {"next": 5}, {"next": {"href": []}}])
def test_a_page_without_a_next_link_is_the_last(server: FaultServer, client: Client, links: Any) -> None:
    server.script = [api({"data": [], "links": links})]
    assert len(list(client.pages("/things"))) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v1/things",
        "//evil.example/api/v1/things",
        "http://127.0.0.1:1/api/v1/things",
        "http://[",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ],
)
def test_a_link_to_another_origin_is_rejected(server: FaultServer, client: Client, link: str) -> None:
    server.script = [page(link)]
    with pytest.raises(RejectedError, match="which is not followed"):
        list(client.pages("/things"))
    assert len(server.seen) == 1


def test_a_link_whose_user_info_resembles_this_server_is_rejected(
    server: FaultServer, client: Client
) -> None:
    server.script = [page(f"{server.url}@evil.example/x")]
    with pytest.raises(RejectedError, match="not followed"):
        list(client.pages("/things"))


def test_a_link_to_this_server_in_another_spelling_is_followed(
    transport: Transport, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = "https://API2.jebbit.com:443/api/v1/things?page=2"
    bodies = [json.dumps({"data": [], "links": {"next": link}}).encode() for link in (second, None)]
    calls = []

    def send(_method: str, url: str, **_: object) -> ApiResponse:
        calls.append(url)
        return ApiResponse(200, {"Content-Type": "application/json"}, bodies.pop(0))

    monkeypatch.setattr(transport, "send", send)
    client = Client(transport, "https://api2.jebbit.com", tokens)
    assert len(list(client.pages("/things"))) == 2
    assert calls[1] == second


def test_a_link_with_a_password_leads_to_another_origin(server: FaultServer, client: Client) -> None:
    server.script = [page(server.url.replace("//", "//user:password@"))]
    with pytest.raises(RejectedError, match="not followed"):
        list(client.pages("/things"))


@pytest.mark.parametrize("last", ["/api/v1/things", "/api/v1/things?page=2"])
def test_pages_that_form_a_loop_are_rejected(server: FaultServer, client: Client, last: str) -> None:
    server.script = [page("?page=2"), page(last), page(None)]
    with pytest.raises(RejectedError, match="form a loop"):
        list(client.pages("/things"))
    assert len(server.seen) == 2
