from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.state import READ_ONLY
from tests.sandbox.support import JSON_API

if TYPE_CHECKING:
    from tests.sandbox.support import Client

UNAUTHORIZED = {"errors": [{"status": 401, "title": "Unauthorized Request"}]}
FORBIDDEN = {"errors": [{"status": 403, "title": "Forbidden"}]}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer \xe9\xff"]
)
def test_without_a_valid_token_every_route_is_401(client: Client, header: str) -> None:
    for path in ("self", "integrations", "integrations/abcd1234"):
        response = client.send("GET", f"/api/v1/{path}", headers={"Authorization": header.encode("latin-1")})
        assert (response.status_code, response.json()) == (401, UNAUTHORIZED)
        assert response.headers["Content-Type"] == JSON_API


def test_a_token_whose_content_was_changed_is_401(client: Client) -> None:
    head, payload, signature = client.login().split(".")
    client.token = f"{head}.{payload[:-2]}AA.{signature}"
    assert client.get("self").status_code == 401


def test_a_token_stops_working_when_it_expires(client: Client) -> None:
    client.login()
    state = client.sandbox.state
    start = state.clock()
    state.clock = lambda: start + 86390
    assert client.get("self").status_code == 200
    state.clock = lambda: start + 86401
    assert client.get("self").json() == UNAUTHORIZED


def test_a_revoked_token_is_401_and_a_new_one_works(client: Client) -> None:
    client.login()
    client.sandbox.state.revoke_tokens()
    assert client.get("self").json() == UNAUTHORIZED
    client.login()
    assert client.get("self").status_code == 200


def test_self_is_the_business(client: Client) -> None:
    (business,) = client.sandbox.state.businesses.values()
    assert client.get("self").json() == {
        "data": {"id": business.id, "type": "businesses", "attributes": {"name": business.name}}
    }


def test_one_business_may_be_named(client: Client) -> None:
    (client.business,) = client.sandbox.state.businesses
    assert client.get("self").status_code == 200


def test_a_business_the_token_does_not_cover_is_401(client: Client) -> None:
    client.business = "abcd1234"
    assert client.get("self").json() == UNAUTHORIZED


def test_with_several_businesses_a_call_that_names_none_is_the_same_flat_401(several: Client) -> None:
    assert several.get("self").json() == UNAUTHORIZED
    assert several.get("integrations").json() == UNAUTHORIZED


def test_each_business_has_its_own_data(several: Client) -> None:
    first, second = several.sandbox.state.businesses
    several.business = first
    integration = several.integration()
    assert several.get("self").json()["data"]["id"] == first
    several.business = second
    assert several.listed("integrations") == []
    assert several.get(f"integrations/{integration['id']}").status_code == 404


def test_a_removed_business_is_401_and_stays_in_the_tokens(several: Client) -> None:
    first, second = several.sandbox.state.businesses
    several.sandbox.state.remove_business(first)
    several.business = first
    assert several.get("self").json() == UNAUTHORIZED
    assert f"read:business:{first}" in several.ask_token().json()["scope"]
    several.business = second
    assert several.get("self").status_code == 200


def test_a_business_added_later_needs_a_new_token(client: Client) -> None:
    client.login()
    client.business = client.sandbox.state.add_business("Latecomer").id
    assert client.get("self").status_code == 401
    client.login()
    assert client.get("self").json()["data"]["attributes"]["name"] == "Latecomer"


def test_the_read_only_client_may_look_and_not_touch(client: Client) -> None:
    integration = client.integration()
    client.client_id += READ_ONLY
    client.login()
    assert client.listed("integrations") == [integration]
    one = f"integrations/{integration['id']}"
    for response in (
        client.write("POST", "integrations", endpoint="https://example.com"),
        client.write("PATCH", one, is_active=False),
        client.call("DELETE", one),
        client.call("POST", f"{one}/test", {}),
    ):
        assert (response.status_code, response.json()) == (403, FORBIDDEN)


def test_a_nested_route_is_gated_by_what_it_returns(seeded: Client) -> None:
    seeded.sandbox.state.permissions.remove("read:integration")
    campaign = seeded.listed("campaigns")[0]["id"]
    assert seeded.get(f"campaigns/{campaign}/launch_links").status_code == 200
    assert seeded.get(f"campaigns/{campaign}/integrations").json() == FORBIDDEN


def test_a_scope_granted_later_needs_a_new_token(client: Client) -> None:
    client.sandbox.state.permissions.remove("read:campaign")
    client.login()
    client.sandbox.state.permissions.append("read:campaign")
    assert client.get("campaigns").json() == FORBIDDEN
    client.login()
    assert client.get("campaigns").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/v1", "/api/v1/nothing", "/api/v1/self/", "/api//v1/self", "/api/v1/launch_links"]
)
def test_an_unknown_route_is_404_without_a_body(client: Client, path: str) -> None:
    response = client.send("GET", path, headers={"Authorization": f"Bearer {client.login()}"})
    assert (response.status_code, response.content) == (404, b"")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "self"), ("POST", "campaigns"), ("PUT", "integrations/abcd1234"), ("GET", "auth")],
)
def test_a_wrong_method_is_405_and_says_which_are_right(client: Client, method: str, path: str) -> None:
    response = client.call(method, path)
    assert response.status_code == 405
    assert response.json()["errors"][0]["status"] == 405
    assert response.headers["Allow"]
