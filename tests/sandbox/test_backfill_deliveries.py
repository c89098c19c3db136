from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.sandbox.support import SandboxClient
from tests.webhooks.support import PausingEndpoint

if TYPE_CHECKING:
    from tests.webhooks.support import Endpoint


def backfill(client: SandboxClient, integration: str) -> str:
    id_: str = client.create("integration_historic_backfills", integration_id=integration)["id"]
    return id_


def status(client: SandboxClient, id_: str) -> str:
    found: str = client.get(f"integration_historic_backfills/{id_}").json()["data"]["attributes"]["status"]
    return found


def settle(client: SandboxClient) -> None:
    assert client.sandbox.state.dispatcher.wait_until_idle(10)


def answers(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [json.loads(request.body)["data"] for request in endpoint.requests]


def test_a_backfill_delivers_again_in_order_what_was_delivered_live(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    id_ = client.integration(url)["id"]
    client.control("POST", "visits", count=40)
    client.control("POST", "visits", count=3, set=["data.email=set@example.com"])
    settle(client)
    live = {json.dumps(one) for one in answers(endpoint)}
    endpoint.requests.clear()
    started = backfill(client, id_)
    settle(client)
    assert status(client, started) == "finished"
    repeated = answers(endpoint)
    assert {json.dumps(one) for one in repeated} == live
    numbers = [int(one["email"].split("@")[0].rpartition(".")[2]) for one in repeated[:-3]]
    assert numbers == sorted(numbers)
    assert [one["email"] for one in repeated[-3:]] == ["set@example.com"] * 3
    assert all("x-jebbit-test" not in request.headers for request in endpoint.requests)
    counts = client.control("GET", "deliveries").json()["counts"]
    assert counts["live"] == counts["backfill"] == {"delivered": len(repeated)}
    log = client.control("GET", "deliveries?kind=backfill&limit=1").json()["data"]
    assert [one["integration_id"] for one in log] == [id_]


def test_a_new_integration_gets_what_visitors_did_before_by_its_own_settings(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    run = client.control("POST", "visits", count=30, finish=True).json()
    assert run["deliveries"] == 0
    campaign = client.list("campaigns", **{"filter[launched]": "true"})[0]["attributes"]["title"]
    strict = client.integration(
        url, require_opt_in=True, additional_options={"campaign_name_filter": campaign}
    )
    client.create("integration_mappings", integration_id=strict["id"], jebbit_var="email", client_var="mail")
    backfill(client, strict["id"])
    settle(client)
    assert 0 < len(endpoint.requests) < 8
    assert all(one["opt_in"] == "true" and "mail" in one for one in answers(endpoint))


def test_it_is_processing_while_it_sends_and_cannot_be_restarted(client: SandboxClient) -> None:
    endpoint = PausingEndpoint()
    with BackgroundServer(endpoint) as server:
        id_ = client.integration(server.url, is_active=True)["id"]
        client.control("POST", "visits", count=2, finish=True)
        endpoint.may_answer.set()
        settle(client)
        endpoint.reached.clear()
        endpoint.may_answer.clear()
        started = backfill(client, id_)
        assert endpoint.reached.wait(10)
        path = f"integration_historic_backfills/{started}"
        assert (status(client, started), client.call("PATCH", path).status_code) == ("processing", 400)
        endpoint.may_answer.set()
        settle(client)
        assert status(client, started) == "finished"
        assert len(endpoint.requests) == 4
        assert client.call("PATCH", path).json()["data"]["attributes"]["status"] in {
            *("received", "processing", "finished")
        }
        settle(client)
    assert len(endpoint.requests) == 6


@pytest.mark.parametrize("statuses", [("a", "b", "c", "d", "e"), ("a", "e")])
def test_statuses_that_nobody_documents_end_with_the_last_delivery(
    client: SandboxClient, endpoint: Endpoint, url: str, statuses: tuple[str, ...]
) -> None:
    client.sandbox.state.behaviour.backfill_statuses = statuses
    id_ = client.integration(url)["id"]
    client.control("POST", "visits", count=2, finish=True)
    started = backfill(client, id_)
    settle(client)
    assert status(client, started) == "e"
    assert len(endpoint.requests) == 4


def test_a_backfill_whose_deliveries_are_refused_finishes(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    endpoint.status = "500 Internal Server Error"
    id_ = client.integration(url)["id"]
    client.control("POST", "visits", count=1, finish=True)
    started = backfill(client, id_)
    settle(client)
    assert status(client, started) == "finished"
    assert client.control("GET", "deliveries").json()["counts"]["backfill"] == {"refused": 1}


def test_a_backfill_that_may_send_nothing_says_so(client: SandboxClient) -> None:
    id_ = client.integration("https://hooks.example.com/a")["id"]
    client.control("POST", "visits", count=2, finish=True)
    started = backfill(client, id_)
    settle(client)
    assert status(client, started) == "finished"
    counts = client.control("GET", "deliveries").json()["counts"]
    assert counts["backfill"] == counts["live"] == {"not_sent": 2}


def test_it_ends_with_its_integration(client: SandboxClient) -> None:
    endpoint = PausingEndpoint()
    with BackgroundServer(endpoint) as server:
        client.control("POST", "visits", count=20, finish=True)
        id_ = client.integration(server.url)["id"]
        backfill(client, id_)
        assert endpoint.reached.wait(10)
        assert client.call("DELETE", f"integrations/{id_}").status_code == 204
        endpoint.may_answer.set()
        settle(client)
    assert len(endpoint.requests) == 1


def test_visits_that_come_later_are_not_part_of_it(client: SandboxClient) -> None:
    endpoint = PausingEndpoint()
    with BackgroundServer(endpoint) as server:
        client.control("POST", "visits", count=3, finish=True)
        id_ = client.integration(server.url)["id"]
        backfill(client, id_)
        assert endpoint.reached.wait(10)
        client.control("POST", "visits", count=2, finish=True)
        endpoint.may_answer.set()
        settle(client)
    counts = client.control("GET", "deliveries").json()["counts"]
    assert (counts["backfill"], counts["live"]) == ({"delivered": 3}, {"delivered": 2})


def test_the_end_of_the_sandbox_says_what_was_not_sent(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.sandbox.dispatcher.CLOSE_TIMEOUT", 0)
    endpoint = PausingEndpoint()
    with BackgroundServer(endpoint, threads=20) as server:
        with Sandbox(log=lines.append) as sandbox, SandboxClient(sandbox) as client:
            id_ = client.integration(server.url)["id"]
            client.control("POST", "visits", count=30, finish=True)
            backfill(client, id_)
            assert endpoint.reached.wait(10)
        endpoint.may_answer.set()
        assert sandbox.state.dispatcher.wait_until_idle(10)
    assert "30 deliveries not sent: the sandbox was stopped" in lines
    assert "1 backfill not finished: the sandbox was stopped" in lines
