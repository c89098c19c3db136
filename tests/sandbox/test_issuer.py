from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.sandbox.state import READ_ONLY_SUFFIX
from tests.sandbox.support import JSON_API, SandboxClient

if TYPE_CHECKING:
    import requests


def _error(response: requests.Response) -> tuple[int, str]:
    content = response.json()
    assert set(content) == {"error", "error_description"}
    return response.status_code, content["error"]


def test_a_token_response_has_only_the_documented_members(client: SandboxClient) -> None:
    response = client.request_token()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    content = response.json()
    assert set(content) == {"access_token", "scope", "expires_in", "token_type"}
    assert (content["expires_in"], content["token_type"]) == (86400, "Bearer")


def test_the_token_is_a_jwt_with_the_scope_as_permissions(client: SandboxClient) -> None:
    content = client.request_token().json()
    claims = client.claims(content["access_token"])
    assert claims["permissions"] == content["scope"].split()
    assert claims["exp"] - claims["iat"] == 86400
    assert {"read:integration", "write:integration", "read:campaign", "read:launch_link"} <= set(
        claims["permissions"]
    )


def test_the_scope_lists_each_business_once(three_businesses: SandboxClient) -> None:
    scopes = [
        scope
        for scope in three_businesses.request_token().json()["scope"].split()
        if scope.startswith("read:business")
    ]
    assert scopes == [f"read:business:{id_}" for id_ in three_businesses.sandbox.state.businesses]
    assert len(scopes) == 2
    assert all(len(scope.split(":")[2]) == 8 for scope in scopes)


def test_the_token_lifetime_can_be_set() -> None:
    with Sandbox(SandboxOptions(token_lifetime=60)) as sandbox, SandboxClient(sandbox) as client:
        assert client.request_token().json()["expires_in"] == 60


@pytest.mark.parametrize(
    "changes", [{"client_secret": "wrong"}, {"client_secret": "é\ud800"}, {"client_id": "x"}]
)
def test_wrong_credentials_get_401(client: SandboxClient, changes: dict[str, str]) -> None:
    assert _error(client.request_token(**changes)) == (401, "access_denied")


def test_an_audience_that_is_not_allowed_gets_403(client: SandboxClient) -> None:
    assert _error(client.request_token(audience="https://elsewhere")) == (403, "access_denied")


def test_a_grant_type_that_is_not_allowed_gets_403(client: SandboxClient) -> None:
    assert _error(client.request_token(grant_type="password")) == (403, "unauthorized_client")


def test_a_scope_that_is_not_granted_gets_403(client: SandboxClient) -> None:
    assert _error(client.request_token(scope="read:everything")) == (403, "access_denied")


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_of_the_audience_or_the_grant_is_not_that_of_a_wrong_secret(
    client: SandboxClient, status: Literal[400, 403]
) -> None:
    behaviour = client.sandbox.state.behaviour
    behaviour.refusal_status = status
    assert _error(client.request_token(audience="https://elsewhere")) == (status, "access_denied")
    behaviour.grant_allowed = False
    assert _error(client.request_token()) == (status, "unauthorized_client")
    assert _error(client.request_token(client_secret="wrong")) == (401, "access_denied")


def test_a_requested_scope_does_not_narrow_the_token(client: SandboxClient) -> None:
    assert (
        client.request_token(scope="read:integration").json()["scope"]
        == client.request_token().json()["scope"]
    )


@pytest.mark.parametrize("changes", [{"client_id": 5}, {"unknown": "x"}, {"audience": None}])
def test_invalid_or_unknown_members_get_400(client: SandboxClient, changes: dict[str, Any]) -> None:
    assert _error(client.request_token(**changes)) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"\xff", b"{}", b'"x"', b"[" * 100_000])
def test_a_body_that_is_not_a_token_request_gets_400(client: SandboxClient, body: bytes) -> None:
    response = client.send("POST", "/oauth/token", data=body, headers={"Content-Type": "application/json"})
    assert _error(response) == (400, "invalid_request")


def test_a_form_gets_400(client: SandboxClient) -> None:
    assert _error(client.send("POST", "/oauth/token", data={"client_id": "x"})) == (400, "invalid_request")


def test_the_token_endpoint_only_allows_post(client: SandboxClient) -> None:
    response = client.send("GET", "/oauth/token")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


def test_a_rotated_secret_replaces_the_old_one_and_leaves_tokens_valid(client: SandboxClient) -> None:
    client.login()
    old = client.sandbox.state.client_secret
    new = client.sandbox.state.rotate_secret()
    assert client.request_token(client_secret=old).status_code == 401
    assert client.request_token(client_secret=new).status_code == 200
    assert client.get("self").status_code == 200


def test_the_read_only_client_has_the_read_scopes(client: SandboxClient) -> None:
    client.client_id += READ_ONLY_SUFFIX
    scopes = client.request_token().json()["scope"].split()
    assert "read:integration" in scopes
    assert all(scope.startswith("read:") for scope in scopes)


def test_credentials_are_different_at_each_start() -> None:
    one, other = Sandbox().state, Sandbox().state
    assert one.client_id != other.client_id
    assert one.client_secret != other.client_secret


def test_the_older_token_endpoint_returns_a_token(client: SandboxClient) -> None:
    credentials = {"client_id": client.client_id, "client_secret": client.sandbox.state.client_secret}
    response = client.send("POST", "/api/v1/auth", json=credentials, headers={"Content-Type": JSON_API})
    assert response.status_code == 200
    assert set(response.json()["data"]) == {"access_token", "token_type", "scope"}
    client.token = response.json()["data"]["access_token"]
    assert client.get("self").status_code == 200


@pytest.mark.parametrize("body", [{}, [], {"client_id": "x", "client_secret": "y"}])
def test_the_older_token_endpoint_returns_400_for_wrong_credentials(client: SandboxClient, body: Any) -> None:
    response = client.send("POST", "/api/v1/auth", json=body, headers={"Content-Type": JSON_API})
    assert response.status_code == 400
