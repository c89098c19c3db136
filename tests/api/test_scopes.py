from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.client import Client
from jebbitctl.api.scopes import required_scopes
from jebbitctl.errors import (
    ForbiddenError,
)
from tests.api.faults import api, http
from tests.api.support import Tokens, token

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer


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
