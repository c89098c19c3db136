from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.client import Client
from jebbitctl.errors import (
    AmbiguousWriteError,
    CredentialsError,
    ExitCode,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UsageError,
)
from tests.api.faults import api, http
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
