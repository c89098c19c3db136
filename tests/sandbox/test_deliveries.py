from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.signature import verify
from tests.sandbox.support import Endpoint

if TYPE_CHECKING:
    import requests

    from tests.sandbox.support import Client

BODY = (
    '{"data":{"email":"test@example.com","test_attribute":"attribute_value",'
    '"test_sata_attribute":["option 1","option 4"],"opt_in":"true","outcome":"example_outcome"},'
    '"event":{"event_number":0}}'
)


def _test(client: Client, endpoint: str) -> requests.Response:
    integration = client.integration(endpoint)
    return client.call("POST", f"integrations/{integration['id']}/test", {})


def test_a_test_delivery_arrives_signed_before_the_answer(client: Client, lines: list[str]) -> None:
    with Endpoint() as endpoint:
        integration = client.integration(f"{endpoint.url}?key=SECRET")
        response = client.call("POST", f"integrations/{integration['id']}/test", {})
        (delivered,) = endpoint.deliveries
    assert (response.status_code, response.json()) == (200, [BODY])
    assert delivered.body == BODY.encode()
    assert delivered.path == "/hook?key=SECRET"
    assert delivered.headers["content-type"] == "application/json"
    assert delivered.headers["x-jebbit-test"]
    secret = integration["attributes"]["shared_secret"]
    assert verify(secret, delivered.body, delivered.headers["x-jebbit-signature"])
    (line,) = [line for line in lines if line.startswith("delivery")]
    assert line.startswith(f"delivery {integration['id']} -> {endpoint.url}: 200 in ")
    assert line.endswith(" ms")


def test_no_body_is_needed(client: Client) -> None:
    integration = client.integration()["id"]
    assert client.call("POST", f"integrations/{integration}/test").status_code == 200


def test_an_endpoint_that_refuses_or_is_not_there_changes_only_the_log(
    client: Client, lines: list[str]
) -> None:
    with Endpoint(403) as endpoint:
        assert _test(client, endpoint.url).json() == [BODY]
    assert ": 403 in " in lines[-2]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        response = _test(client, f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert (response.status_code, response.json()) == (200, [BODY])
    assert "refused" in lines[-2].rpartition(": ")[2]


def test_a_redirect_is_not_followed(client: Client) -> None:
    with Endpoint() as other, Endpoint(307, other.url) as endpoint:
        assert _test(client, endpoint.url).status_code == 200
        assert len(endpoint.deliveries) == 1
        assert other.deliveries == []


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
def test_an_endpoint_elsewhere_is_never_contacted(client: Client, lines: list[str], endpoint: str) -> None:
    response = _test(client, endpoint)
    assert (response.status_code, response.json()) == (200, [BODY])
    (line,) = [line for line in lines if line.startswith("delivery")]
    assert "not sent" in line or "Failed to parse" in line


def test_an_integration_of_another_service_has_nowhere_to_deliver_to(seeded: Client) -> None:
    others = [one for one in seeded.listed("integrations") if one["attributes"]["endpoint"] is None]
    assert seeded.call("POST", f"integrations/{others[0]['id']}/test", {}).status_code == 200


def test_the_answer_holds_json_texts(client: Client) -> None:
    (text,) = _test(client, "https://hooks.example.com").json()
    assert json.loads(text)["data"]["email"] == "test@example.com"


def test_an_endpoint_may_call_the_sandbox_while_it_takes_a_delivery(client: Client, lines: list[str]) -> None:
    assert _test(client, f"{client.sandbox.url}/api/v1/self").status_code == 200
    assert any(line.startswith("POST /api/v1/self 405") for line in lines)
