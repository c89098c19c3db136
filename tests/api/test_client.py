from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.client import Client
from jebbitctl.api.scopes import required_scopes
from jebbitctl.api.transport import ApiResponse
from jebbitctl.errors import (
    AmbiguousWriteError,
    CredentialsError,
    ExitCode,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UsageError,
)
from tests.api.faults import api, drop, http, reset, silence
from tests.api.support import ACCESS_TOKEN, Tokens, token

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer

TWO = ("read:business:bTUIhsye", "read:business:second00", "read:integration")


def test_a_request_has_the_headers_and_the_query_that_jebbit_expects(
    server: FaultServer, client: Client
) -> None:
    server.script = [api({"data": []}), http(204)]
    client.get("/campaigns", {"filter[launched]": "true", "filter[title_contains]": "a&b"})
    client.patch("/integrations/L5m24mjs", {"é": 1})
    read, write = server.seen
    assert read.path == "/api/v1/campaigns?filter%5Blaunched%5D=true&filter%5Btitle_contains%5D=a%26b"
    assert read.headers["authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert read.headers["accept"] == "application/vnd.api+json"
    assert read.headers["user-agent"].startswith("jebbitctl/")
    assert "content-type" not in read.headers
    assert "x-jebbit-business" not in read.headers
    assert (write.method, write.json) == ("PATCH", {"é": 1})
    assert write.headers["content-type"] == "application/vnd.api+json"


def test_netrc_does_not_replace_the_token(
    server: FaultServer, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.script = [api({})]
    client.get("/self")
    assert server.seen[0].headers["authorization"] == f"Bearer {ACCESS_TOKEN}"


def test_the_business_in_use_is_sent_as_a_header(server: FaultServer, transport: Transport) -> None:
    client = Client(transport, server.url, Tokens(token(*TWO)), "second00")
    server.script = [api({}), api({})]
    client.get("/self")
    client.for_business("bTUIhsye").get("/self")
    assert [seen.headers["x-jebbit-business"] for seen in server.seen] == ["second00", "bTUIhsye"]
    assert server.connections == 1


def test_several_businesses_without_a_choice_are_a_usage_error_before_any_request(
    server: FaultServer, transport: Transport
) -> None:
    client = Client(transport, server.url, Tokens(token(*TWO)))
    with pytest.raises(UsageError, match="bTUIhsye, second00") as caught:
        client.get("/self")
    assert "--business" in (caught.value.hint or "")
    assert server.connections == 0


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_rejected_token_is_replaced_once(server: FaultServer, transport: Transport, method: str) -> None:
    first, second = token(text="first-token"), token(text="second-token")
    tokens = Tokens(first, second)
    client = Client(transport, server.url, tokens)
    server.script = [http(401), api({"data": 1})]
    assert client.request(method, "/integrations") == {"data": 1}
    assert tokens.rejected == [first]
    assert [seen.headers["authorization"] for seen in server.seen] == [
        "Bearer first-token",
        "Bearer second-token",
    ]


@pytest.mark.parametrize(
    ("scopes", "business", "message", "hint"),
    [
        (
            (),
            None,
            r"rejected the token \(Unauthorized\)$",
            "set another token; if the credentials cover several",
        ),
        (TWO[:1], None, "rejected the token", "set another token"),
        ((), "bTUIhsye", "rejected the token", "or the credentials do not cover business bTUIhsye"),
        (TWO, "bTUIhsye", "for business bTUIhsye, although the token lists it", "removed"),
    ],
)
def test_a_second_401_is_an_error_with_the_likely_cause(
    server: FaultServer,
    transport: Transport,
    *,
    scopes: tuple[str, ...],
    business: str,
    message: str,
    hint: str,
) -> None:
    tokens = Tokens(token(*scopes, text="one"), token(*scopes, text="two"), token(*scopes, text="three"))
    server.script = [http(401, "Unauthorized", Content_Type="text/plain")] * 3
    with pytest.raises(CredentialsError, match=message) as caught:
        Client(transport, server.url, tokens, business).get("/self")
    assert hint in (caught.value.hint or "")
    assert (caught.value.status, caught.value.exit_code) == (401, ExitCode.CREDENTIALS)
    assert len(server.seen) == 2


def test_a_403_names_the_required_and_the_granted_scopes(server: FaultServer, transport: Transport) -> None:
    client = Client(transport, server.url, Tokens(token("read:business:bTUIhsye", "read:integration")))
    server.script = [api({"errors": [{"title": "Forbidden"}]}, 403)]
    with pytest.raises(ForbiddenError) as caught:
        client.post("/integrations", {})
    assert caught.value.message == (
        "Jebbit does not allow POST /integrations: Forbidden; it requires write:integration; "
        "the token has read:integration"
    )
    assert caught.value.hint == (
        "ask your Jebbit representative for write:integration; then set another token"
    )


@pytest.mark.parametrize(
    ("scopes", "message", "hint"),
    [
        (
            ["delete", "write"],
            ", although the token has delete:integration and write:integration",
            "not the cause",
        ),
        (
            ["write"],
            "; it may require delete:integration; the token has write:integration",
            "for delete:integration;",
        ),
        (
            ["delete"],
            "; it may require write:integration; the token has delete:integration",
            "for write:integration;",
        ),
        (
            ["read"],
            "; it requires delete:integration or write:integration; the token has read:integration",
            "for delete:integration or write:integration;",
        ),
    ],
)
def test_a_403_never_requires_what_the_token_has(
    server: FaultServer, transport: Transport, scopes: list[str], message: str, hint: str
) -> None:
    granted = token("read:business:bTUIhsye", *(f"{action}:integration" for action in scopes))
    server.script = [http(403)]
    with pytest.raises(ForbiddenError) as caught:
        Client(transport, server.url, Tokens(granted)).delete("/integrations/L5m24mjs")
    assert caught.value.message == f"Jebbit does not allow DELETE /integrations/L5m24mjs{message}"
    assert hint in (caught.value.hint or "")


def test_a_403_is_repeated_with_a_new_token_that_has_the_missing_scope(
    server: FaultServer, transport: Transport
) -> None:
    tokens = Tokens(token("read:integration", text="cached"), token("write:integration", text="new"))
    server.script = [http(403), api({"data": 1})]
    assert Client(transport, server.url, tokens).post("/integrations", {}) == {"data": 1}
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer cached", "Bearer new"]


def test_a_403_is_not_repeated_if_the_new_token_has_no_more_scopes(
    server: FaultServer, transport: Transport
) -> None:
    tokens = Tokens(token("read:integration"), token("read:integration"))
    server.script = [http(403)]
    with pytest.raises(ForbiddenError, match="requires write:integration"):
        Client(transport, server.url, tokens).post("/integrations", {})
    assert len(server.seen) == 1


def test_a_403_despite_the_scope_takes_one_request(server: FaultServer, transport: Transport) -> None:
    tokens = Tokens(token("read:integration"), token("read:integration"))
    server.script = [http(403)]
    with pytest.raises(ForbiddenError, match="although the token has read:integration"):
        Client(transport, server.url, tokens).get("/integrations")
    assert (len(server.seen), tokens.rejected) == (1, [])


def test_a_403_for_an_opaque_token_says_that_its_scopes_are_unknown(
    server: FaultServer, client: Client
) -> None:
    server.script = [http(403)]
    with pytest.raises(ForbiddenError, match="the token does not list its scopes"):
        client.get("/self")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/self", "read:business"),
        ("GET", "/integrations", "read:integration"),
        ("DELETE", "/integrations/L5m24mjs", "delete:integration write:integration"),
        ("GET", "/webhook_integrations/L5m24mjs", "read:integration"),
        ("GET", "/campaigns/x/integrations", "read:integration"),
        ("POST", "/integrations/L5m24mjs/test", "write:integration"),
        ("GET", "/integrations/L5m24mjs/campaigns", "read:campaign"),
        ("GET", "/api/v1/campaigns/x/launch_links?a=b", "read:launch_link"),
        ("GET", "/businesses/xyz", "read:business"),
        ("GET", "", "read:"),
    ],
)
def test_the_required_scope_follows_from_method_and_path(method: str, path: str, scope: str) -> None:
    assert required_scopes(method, path) == scope.split()


STATUSES = {
    300: RejectedError,
    304: RejectedError,
    400: RejectedError,
    402: RejectedError,
    404: NotFoundError,
    408: UnavailableError,
    409: RejectedError,
    422: RejectedError,
    429: UnavailableError,
    500: UnavailableError,
    502: UnavailableError,
    599: UnavailableError,
    999: UnavailableError,
}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><h1>Bad Gateway</h1></html>",
        "Unauthorized",
        '{"errors": []}',
        '{"errors": null}',
        '{"errors": [null, 1, [], {}, {"title": 5, "detail": null, "source": "x"}]}',
        '{"errors": {"title": "x"}}',
        "[]",
        "null",
        "[" * 5000,
        "9" * 5000,
        "\xff",
    ],
    ids=lambda body: body[:20],
)
def test_any_body_of_an_error_becomes_one_line_with_the_status(
    server: FaultServer, client: Client, body: str
) -> None:
    for status, kind in STATUSES.items():
        raw = http(status, body.encode("latin-1"), Retry_After="0.001")
        server.script = [raw] * 4
        with pytest.raises(kind) as caught:
            client.request("PATCH", "/integrations")
        assert caught.value.status == status
        assert status == 404 or str(status) in caught.value.message
        assert "\n" not in caught.value.message


def test_the_message_contains_jebbits_error_texts(server: FaultServer, client: Client) -> None:
    errors = [
        {
            "status": "422",
            "title": "Invalid",
            "detail": "region is not included",
            "source": {"pointer": "/r"},
        },
        {"status": 422, "title": "Same", "detail": "Same"},
        "plain",
    ]
    server.script = [api({"errors": errors}, 422)]
    with pytest.raises(RejectedError) as caught:
        client.post("/integrations", {})
    assert caught.value.message == (
        "Jebbit rejected POST /integrations (422: Invalid: region is not included (/r); Same; plain)"
    )


def test_a_token_in_a_response_is_masked(server: FaultServer, client: Client, log: list[str]) -> None:
    echo = {"errors": [{"title": f"no: Bearer {ACCESS_TOKEN}"}], "headers": {"Authorization": ACCESS_TOKEN}}
    server.script = [api(echo, 400)]
    with pytest.raises(RejectedError, match=r"no: Bearer \*{8}"):
        client.get("/self")
    assert ACCESS_TOKEN not in "".join(log)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://evil.example/x?token=1", "to https://evil.example/x (307, not followed)"),
        ("/login", "to /login (307, not followed)"),
        ("http://[", "to http://[ (307, not followed)"),
        ("", "to nowhere (307, not followed)"),
    ],
)
def test_a_redirect_is_named_and_not_followed(
    server: FaultServer, client: Client, location: str, message: str
) -> None:
    server.script = [http(307, Location=location)]
    with pytest.raises(RejectedError) as caught:
        client.post("/integrations", {"a": "secret"})
    assert message in caught.value.message
    assert "307" in caught.value.message
    assert "JEBBIT_API_BASE_URL" in (caught.value.hint or "")
    assert len(server.seen) == 1


UNREADABLE = [
    "<html>",
    "{",
    "[" * 100_000,
    "[" * 150 + "]" * 150,
    "9" * 5000,
    "NaN",
    "1e999",
    "\x00",
    "\ufeff{",
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:5])
def test_a_success_without_json_is_an_error(server: FaultServer, client: Client, body: str) -> None:
    server.script = [http(200, body, Content_Type="text/html; charset=utf-8")] * 2
    with pytest.raises(RejectedError, match="returned 200 with text/html that cannot be read") as caught:
        client.get("/integrations")
    assert server.url in (caught.value.hint or "")
    with pytest.raises(AmbiguousWriteError, match="the POST was probably carried out"):
        client.post("/integrations", {})


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:5])
def test_a_delete_with_an_unreadable_response_is_ambiguous(
    server: FaultServer, client: Client, body: str
) -> None:
    server.script = [http(200, body, Content_Type="text/html")]
    with pytest.raises(AmbiguousWriteError, match="the DELETE was probably carried out"):
        client.delete("/integrations/L5m24mjs")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "response", [http(200), http(204), api({"meta": {}}), api(None), api({"errors": []})]
)
def test_a_delete_accepts_any_document(server: FaultServer, client: Client, response: bytes) -> None:
    server.script = [response]
    client.delete("/integrations/L5m24mjs")


def test_a_success_with_errors_is_an_error(server: FaultServer, client: Client) -> None:
    response = api({"errors": [{"title": f"no: {ACCESS_TOKEN}"}]})
    server.script = [response] * 3
    with pytest.raises(RejectedError, match=r"returned 200 with errors: no: \*{8}$"):
        client.get("/integrations")
    with pytest.raises(AmbiguousWriteError, match="the POST may have been carried out"):
        client.post("/integrations", {})
    with pytest.raises(AmbiguousWriteError, match="the DELETE may have been carried out"):
        client.delete("/integrations/L5m24mjs")


@pytest.mark.parametrize("body", ["", " \r\n"])
def test_an_empty_success_returns_none(server: FaultServer, client: Client, body: str) -> None:
    server.script = [http(200, body)]
    assert client.get("/integrations") is None


@pytest.mark.parametrize("status", [101, 408, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_failed_at_the_server_is_ambiguous_and_sent_once(
    server: FaultServer, client: Client, status: int, method: str
) -> None:
    server.script = [http(status, "<html>")]
    with pytest.raises(AmbiguousWriteError, match="it may have been carried out") as caught:
        client.request(method, "/integration_mappings/1", document={})
    assert "jebbitctl mappings list" in (caught.value.hint or "")
    assert (caught.value.status, caught.value.exit_code) == (status, ExitCode.UNAVAILABLE)
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_timed_out_is_ambiguous_and_sent_once(
    server: FaultServer, impatient_client: Client, method: str
) -> None:
    server.script = [silence]
    with pytest.raises(
        AmbiguousWriteError, match=r"no response within 0.5 s; the \w+ may have been"
    ) as caught:
        impatient_client.request(method, "/integrations", document={})
    assert caught.value.exit_code == ExitCode.UNAVAILABLE
    assert len(server.seen) == 1


@pytest.mark.parametrize("failure", [drop, reset, http(502), http(503), http(504)])
def test_a_retried_delete_that_is_not_found_succeeds(
    server: FaultServer, client: Client, failure: Any
) -> None:
    server.script = [failure, http(404)]
    client.delete("/integrations/L5m24mjs")
    assert server.calls == ["DELETE /api/v1/integrations/L5m24mjs"] * 2


@pytest.mark.parametrize("script", [[http(404)], [http(429, Retry_After="0.01"), http(404)]])
def test_a_delete_that_was_never_carried_out_is_not_found(
    server: FaultServer, client: Client, script: list[bytes]
) -> None:
    server.script = [*script]
    with pytest.raises(NotFoundError, match="integration L5m24mjs not found"):
        client.delete("/integrations/L5m24mjs")


def test_a_delete_without_a_response_may_be_repeated(server: FaultServer, impatient_client: Client) -> None:
    server.script = [silence]
    with pytest.raises(AmbiguousWriteError) as caught:
        impatient_client.delete("/integrations/L5m24mjs")
    assert "delete it again" in (caught.value.hint or "")


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
