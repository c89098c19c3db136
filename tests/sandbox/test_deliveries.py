from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.signature import verify
from tests.webhooks.support import Endpoint

if TYPE_CHECKING:
    import requests

    from tests.sandbox.support import SandboxClient

BODY = (
    '{"data":{"email":"test@example.com","test_attribute":"attribute_value",'
    '"test_sata_attribute":["option 1","option 4"],"opt_in":"true","outcome":"example_outcome"},'
    '"event":{"event_number":0}}'
)


def _create_and_test(client: SandboxClient, endpoint: str) -> requests.Response:
    integration = client.integration(endpoint)
    return client.call("POST", f"integrations/{integration['id']}/test", {})


def test_a_signed_test_delivery_arrives_before_the_response(client: SandboxClient, lines: list[str]) -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        integration = client.integration(f"{server.url}/hook?key=SECRET")
        response = client.call("POST", f"integrations/{integration['id']}/test", {})
        (delivered,) = endpoint.requests
    assert (response.status_code, response.json()) == (200, [BODY])
    assert delivered.body == BODY.encode()
    assert delivered.path == "/hook?key=SECRET"
    assert delivered.headers["content-type"] == "application/json"
    assert delivered.headers["x-jebbit-test"]
    secret = integration["attributes"]["shared_secret"]
    assert verify(secret, delivered.body, delivered.headers["x-jebbit-signature"])
    (line,) = [line for line in lines if line.startswith("delivery")]
    assert line.startswith(f"delivery {integration['id']} -> {server.url}/hook: returned 200 (")
    assert line.endswith(" ms)")


def test_the_request_needs_no_body(client: SandboxClient) -> None:
    integration = client.integration()["id"]
    assert client.call("POST", f"integrations/{integration}/test").status_code == 200


def test_a_failed_delivery_changes_only_the_log(client: SandboxClient, lines: list[str]) -> None:
    with BackgroundServer(Endpoint("403 Forbidden")) as server:
        assert _create_and_test(client, server.url).json() == [BODY]
    assert ": returned 403 (" in lines[-2]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        response = _create_and_test(client, f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert (response.status_code, response.json()) == (200, [BODY])
    assert "refused" in lines[-2].rpartition(": ")[2]


def test_a_redirect_is_not_followed(client: SandboxClient) -> None:
    other = Endpoint()
    with BackgroundServer(other) as elsewhere:
        endpoint = Endpoint("307 Temporary Redirect", headers={"Location": elsewhere.url})
        with BackgroundServer(endpoint) as server:
            assert _create_and_test(client, server.url).status_code == 200
    assert len(endpoint.requests) == 1
    assert other.requests == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://192.0.2.1/hook",
        "http://192.0.2.1:9/hook",
        "http://192.0.2.1\\@127.0.0.1/",
        "http://127.0.0.1@192.0.2.1/",
        "http://127.0.0.1.example/",
        "http://127.0.0.1\t.example/",
        "http://[::1].example/",
        "http://[/",
        "http://127.0.0.1:99999999/",
        "ftp://127.0.0.1/",
        "127.0.0.1",
        "no url at all",
    ],
)
def test_an_endpoint_on_another_machine_is_never_contacted(
    client: SandboxClient, lines: list[str], endpoint: str
) -> None:
    response = _create_and_test(client, endpoint)
    assert (response.status_code, response.json()) == (200, [BODY])
    (line,) = [line for line in lines if line.startswith("delivery")]
    assert "not sent" in line or "URL or the proxy's is not valid" in line


def test_an_integration_without_an_endpoint_can_be_tested(seeded: SandboxClient) -> None:
    others = [one for one in seeded.list("integrations") if one["attributes"]["endpoint"] is None]
    assert seeded.call("POST", f"integrations/{others[0]['id']}/test", {}).status_code == 200


def test_the_response_contains_json_texts(client: SandboxClient) -> None:
    (text,) = _create_and_test(client, "https://hooks.example.com").json()
    assert json.loads(text)["data"]["email"] == "test@example.com"


@pytest.mark.parametrize("response", [b"", b"{}", b'{"data": {"status": "sent"}}'])
def test_the_response_to_a_test_can_be_empty_or_of_another_shape(
    client: SandboxClient, lines: list[str], response: bytes
) -> None:
    client.sandbox.state.behaviour.test_response = response
    received = _create_and_test(client, "https://hooks.example.com")
    assert (received.status_code, received.content) == (200, response)
    assert any(line.startswith("delivery ") for line in lines)


def test_an_endpoint_can_call_the_sandbox_during_a_delivery(client: SandboxClient, lines: list[str]) -> None:
    assert _create_and_test(client, f"{client.sandbox.url}/api/v1/self").status_code == 200
    assert any(line.startswith("POST /api/v1/self 405") for line in lines)


def test_a_test_has_the_names_and_options_of_the_integration(client: SandboxClient) -> None:
    id_ = client.integration(include_uids=True, additional_options={"hash_pii": True})["id"]
    for variable, name in (("email", "mail"), ("shoe_size", "size"), ("shoe_size", "eu_size"), ("tyop", "x")):
        client.create("integration_mappings", integration_id=id_, jebbit_var=variable, client_var=name)
    (text,) = client.call("POST", f"integrations/{id_}/test").json()
    hashed = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    data = {
        "mail": hashed,
        "size": "attribute_value",
        "eu_size": "attribute_value",
        "x": "attribute_value",
        "opt_in": "true",
        "outcome": "example_outcome",
    }
    assert json.loads(text) == {"data": data, "event": {"event_number": 0}}
