from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.state import READ_ONLY_SUFFIX, WRITE_ONLY_SUFFIX
from tests.sandbox.support import JSON_API, running

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient

UNAUTHORIZED = {"errors": [{"status": 401, "title": "Unauthorized Request"}]}
FORBIDDEN = {"errors": [{"status": 403, "title": "Forbidden"}]}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer \xe9\xff"]
)
def test_a_request_without_a_valid_token_gets_401(client: SandboxClient, header: str) -> None:
    for path in ("self", "integrations", "integrations/abcd1234"):
        response = client.send("GET", f"/api/v1/{path}", headers={"Authorization": header.encode("latin-1")})
        assert (response.status_code, response.json()) == (401, UNAUTHORIZED)
        assert response.headers["Content-Type"] == JSON_API


def test_a_changed_token_gets_401(client: SandboxClient) -> None:
    head, payload, signature = client.login().split(".")
    client.token = f"{head}.{payload[:-2]}AA.{signature}"
    assert client.get("self").status_code == 401


def test_an_expired_token_gets_401(client: SandboxClient) -> None:
    client.login()
    state = client.sandbox.state
    start = state.clock()
    state.clock = lambda: start + 86390
    assert client.get("self").status_code == 200
    state.clock = lambda: start + 86401
    assert client.get("self").json() == UNAUTHORIZED


def test_a_revoked_token_gets_401_and_a_new_one_works(client: SandboxClient) -> None:
    client.login()
    client.sandbox.state.revoke_tokens()
    assert client.get("self").json() == UNAUTHORIZED
    client.login()
    assert client.get("self").status_code == 200


def test_self_returns_the_business(client: SandboxClient) -> None:
    (business,) = client.sandbox.state.businesses.values()
    assert client.get("self").json() == {
        "data": {"id": business.id, "type": "businesses", "attributes": {"name": business.name}}
    }


def test_the_only_business_can_be_named(client: SandboxClient) -> None:
    (client.business,) = client.sandbox.state.businesses
    assert client.get("self").status_code == 200


def test_a_business_that_a_token_of_several_does_not_cover_gets_401(three_businesses: SandboxClient) -> None:
    three_businesses.business = "abcd1234"
    assert three_businesses.get("self").json() == UNAUTHORIZED


def test_a_token_of_one_business_concerns_that_business_whichever_one_is_named(client: SandboxClient) -> None:
    client.login()
    (covered,) = client.sandbox.state.businesses
    client.business = client.sandbox.state.add_business("New Business").id
    assert client.get("self").json()["data"]["id"] == covered
    created = client.integration()["id"]
    stored = [list(one.of("integrations")) for one in client.sandbox.state.businesses.values()]
    assert stored == [[created], []]


def test_a_request_that_names_none_of_several_businesses_gets_401(three_businesses: SandboxClient) -> None:
    assert three_businesses.get("self").json() == UNAUTHORIZED
    assert three_businesses.get("integrations").json() == UNAUTHORIZED


def test_each_business_has_its_own_data(three_businesses: SandboxClient) -> None:
    first, second = three_businesses.sandbox.state.businesses
    three_businesses.business = first
    integration = three_businesses.integration()
    assert three_businesses.get("self").json()["data"]["id"] == first
    three_businesses.business = second
    assert three_businesses.list("integrations") == []
    assert three_businesses.get(f"integrations/{integration['id']}").status_code == 404


def test_a_removed_business_gets_401_and_stays_in_the_tokens(three_businesses: SandboxClient) -> None:
    first, second = three_businesses.sandbox.state.businesses
    three_businesses.sandbox.state.remove_business(first)
    three_businesses.business = first
    assert three_businesses.get("self").json() == UNAUTHORIZED
    assert f"read:business:{first}" in three_businesses.request_token().json()["scope"]
    three_businesses.business = second
    assert three_businesses.get("self").status_code == 200


def test_a_business_added_later_needs_a_new_token(client: SandboxClient) -> None:
    client.login()
    client.business = client.sandbox.state.add_business("New Business").id
    assert client.get("self").json()["data"]["attributes"]["name"] == "Acme Outfitters"
    client.login()
    assert client.get("self").json()["data"]["attributes"]["name"] == "New Business"


def test_the_read_only_client_can_read_and_not_write(client: SandboxClient) -> None:
    integration = client.integration()
    client.client_id += READ_ONLY_SUFFIX
    client.login()
    assert client.list("integrations") == [integration]
    one = f"integrations/{integration['id']}"
    for response in (
        client.write("POST", "integrations", endpoint="https://example.com"),
        client.write("PATCH", one, is_active=False),
        client.call("DELETE", one),
        client.call("POST", f"{one}/test", {}),
    ):
        assert (response.status_code, response.json()) == (403, FORBIDDEN)


def test_the_write_only_client_can_write_and_not_read(client: SandboxClient) -> None:
    client.client_id += WRITE_ONLY_SUFFIX
    integration = client.integration()
    assert client.get("self").status_code == 200
    for path in ("integrations", f"integrations/{integration['id']}", "webhook_integrations"):
        assert client.get(path).json() == FORBIDDEN
    assert client.call("DELETE", f"integrations/{integration['id']}").status_code == 204


def test_only_the_openapi_dialect_has_delete_scopes_and_a_delete_requires_one() -> None:
    with running(dialect="openapi") as client:
        state = client.sandbox.state
        path = f"integrations/{client.integration(region='us')['id']}"
        assert "delete:integration" in client.request_token().json()["scope"].split()
        state.permissions.remove("delete:integration")
        client.login()
        assert client.call("DELETE", path).json() == FORBIDDEN
        assert client.write("PATCH", path, region="eu").status_code == 200
    with running() as client:
        assert "delete:" not in client.request_token().json()["scope"]
        assert client.call("DELETE", f"integrations/{client.integration()['id']}").status_code == 204


def test_a_token_can_have_its_scopes_in_the_scope_claim(client: SandboxClient) -> None:
    client.sandbox.state.behaviour.scope_claim = "scope"
    client.sandbox.state.permissions.remove("read:campaign")
    content = client.request_token().json()
    claims = client.claims(content["access_token"])
    assert claims["scope"] == content["scope"]
    assert "permissions" not in claims
    assert client.get("integrations").status_code == 200
    assert client.get("campaigns").json() == FORBIDDEN


def test_a_nested_route_requires_the_scope_of_the_returned_type(seeded: SandboxClient) -> None:
    seeded.sandbox.state.permissions.remove("read:integration")
    campaign = seeded.list("campaigns")[0]["id"]
    assert seeded.get(f"campaigns/{campaign}/launch_links").status_code == 200
    assert seeded.get(f"campaigns/{campaign}/integrations").json() == FORBIDDEN


def test_a_scope_granted_later_needs_a_new_token(client: SandboxClient) -> None:
    client.sandbox.state.permissions.remove("read:campaign")
    client.login()
    client.sandbox.state.permissions.append("read:campaign")
    assert client.get("campaigns").json() == FORBIDDEN
    client.login()
    assert client.get("campaigns").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/v1", "/api/v1/nothing", "/api/v1/self/", "/api//v1/self", "/api/v1/launch_links"]
)
def test_an_unknown_route_gets_404_without_a_body(client: SandboxClient, path: str) -> None:
    response = client.send("GET", path, headers={"Authorization": f"Bearer {client.login()}"})
    assert (response.status_code, response.content) == (404, b"")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "self"), ("POST", "campaigns"), ("PUT", "integrations/abcd1234"), ("GET", "auth")],
)
def test_a_wrong_method_gets_405_with_the_allowed_methods(
    client: SandboxClient, method: str, path: str
) -> None:
    response = client.call(method, path)
    assert response.status_code == 405
    assert response.json()["errors"][0]["status"] == 405
    assert response.headers["Allow"]
