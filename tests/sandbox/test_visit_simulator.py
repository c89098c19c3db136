"""Visits of a running sandbox: who gets what, and that the numbers agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.sandbox.consistent_statistics import assert_consistent, assert_parts_add_up
from tests.sandbox.support import SandboxClient
from tests.webhooks.support import UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def visit(client: SandboxClient, **wanted: Any) -> dict[str, Any]:
    """Simulate visits; return what came of them once each delivery has a result."""
    response = client.control("POST", "visits", **{"count": 1, **wanted})
    assert response.status_code == 201, response.text
    done: dict[str, Any] = client.control("GET", f"visits/{response.json()['id']}?wait=5").json()
    assert done["pending"] == 0
    return done


def bodies(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [json.loads(request.body)["data"] for request in endpoint.requests]


def reasons(done: dict[str, Any]) -> dict[str, int]:
    return {one["reason"]: one["count"] for one in done["kept_back"]}


def test_finished_visits_are_delivered_and_the_others_are_explained(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    client.integration(url)
    done = visit(client, count=40)
    assert (done["visits"], done["deliveries"]) == (40, len(endpoint.requests))
    assert done["results"] == {"returned 200": len(endpoint.requests)}
    assert sum(reasons(done).values()) == 40 - done["deliveries"]
    assert reasons(done)["unfinished"] == 40 - done["finished"] > 0
    assert all("x-jebbit-test" not in request.headers for request in endpoint.requests)


def test_the_statistics_agree_with_the_visits(client: SandboxClient) -> None:
    def totals() -> dict[str, int]:
        stats = [one["attributes"] for one in client.list("campaign_stats")]
        return {name: sum(one[name] for one in stats) for name in ("views", "completions", "leads")}

    before = totals()
    done = visit(client, count=60)
    after = totals()
    assert after["views"] - before["views"] == 60
    assert after["completions"] - before["completions"] == done["finished"]
    assert after["leads"] - before["leads"] == done["finished"] - reasons(done)["no_email"]


def test_the_statistics_of_visits_agree_with_each_other(client: SandboxClient) -> None:
    (business,) = client.sandbox.state.businesses.values()
    business.activity.clear()
    visit(client, count=200)
    for campaign in business.launched_campaigns():
        report = client.get(f"campaign_stats/{campaign}").json()["data"]["attributes"]
        assert report["views"] == 50
        assert_consistent(report)
        assert_parts_add_up(report)


def test_one_campaign_can_be_visited(client: SandboxClient, endpoint: Endpoint, url: str) -> None:
    launched = client.list("campaigns", **{"filter[launched]": "true"})
    client.integration(url)
    for campaign in launched[:2]:
        before = client.get(f"campaign_stats/{campaign['id']}").json()["data"]["attributes"]["views"]
        visit(client, campaign=campaign["id"], count=3, finish=True)
        shown = client.get(f"campaign_stats/{campaign['id']}").json()["data"]["attributes"]
        assert shown["views"] - before == 3
    assert len(endpoint.requests) == 6


def test_each_integration_gets_what_its_settings_say(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    plain, filtered, off = (
        client.integration(f"{url}/{path}", **attributes)["id"]
        for path, attributes in (
            ("plain", {}),
            ("filtered", {"additional_options": {"campaign_name_filter": "no such title"}}),
            ("off", {"is_active": False}),
        )
    )
    strict = client.integration(f"{url}/strict", require_opt_in=True)["id"]
    done = visit(client, set=["data.opt_in=false", "data.favourite_colour=green"])
    assert [request.path for request in endpoint.requests] == ["/plain"]
    assert {one["reason"]: one["integrations"] for one in done["kept_back"]} == {
        "name_filter": [filtered],
        "inactive": [off],
        "not_opted_in": [strict],
    }
    (sent,) = bodies(endpoint)
    assert (sent["opt_in"], sent["favourite_colour"]) == ("false", "green")
    assert "internal_score" not in sent
    counts = client.control("GET", "deliveries").json()["counts"]
    assert counts["kept_back"] == {"name_filter": 1, "inactive": 1, "not_opted_in": 1}
    assert (counts["visits"], counts["live"]) == (1, {"delivered": 1})
    assert plain not in str(done["kept_back"])


def test_a_linked_integration_gets_only_its_campaigns(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    first, second, *_ = client.list("campaigns", **{"filter[launched]": "true"})
    (business,) = client.sandbox.state.businesses.values()
    linked = business.of("integrations")[client.integration(url)["id"]]
    linked.attributes["attached_at"] = "campaigns"
    linked.linked.add(first["id"])
    assert reasons(visit(client, campaign=second["id"], finish=True)) == {"no_integration": 1}
    assert visit(client, campaign=first["id"], finish=True)["deliveries"] == 1
    assert len(endpoint.requests) == 1


def test_integrations_of_other_services_send_no_webhooks(seeded: SandboxClient) -> None:
    (business,) = seeded.sandbox.state.businesses.values()
    for integration in list(business.of("integrations").values()):
        if integration.attributes["service_name"] == "webhooks_standard":
            seeded.call("DELETE", f"integrations/{integration.id}")
    campaign = seeded.list("campaigns", **{"filter[launched]": "true"})[-1]["id"]
    assert reasons(visit(seeded, campaign=campaign, finish=True)) == {"no_integration": 1}


def test_settings_that_have_just_been_changed_hold(
    client: SandboxClient, endpoint: Endpoint, url: str
) -> None:
    id_ = client.integration(url)["id"]
    client.create("integration_mappings", integration_id=id_, jebbit_var="email", client_var="mail")
    visit(client, finish=True)
    client.write("PATCH", f"integrations/{id_}", additional_options={"hash_pii": True})
    visit(client, finish=True)
    plain, hashed = bodies(endpoint)
    assert plain["mail"].endswith("@example.com")
    assert len(hashed["mail"]) == 64
    assert "email" not in {*plain, *hashed}


@pytest.mark.parametrize(
    "case",
    [
        ("403", "refused", "returned 403"),
        ("unreachable", "unanswered", "refused"),
        ("https://hooks.example.com/a", "not_sent", "not sent: the sandbox only delivers to this machine"),
    ],
)
def test_what_became_of_a_delivery_is_told(
    client: SandboxClient, endpoint: Endpoint, url: str, lines: list[str], case: tuple[str, str, str]
) -> None:
    target, outcome, words = case
    endpoint.status = "403 Forbidden"
    id_ = client.integration({"403": f"{url}/x?key=secret", "unreachable": UNREACHABLE}.get(target, target))[
        "id"
    ]
    done = visit(client, count=2, finish=True)
    assert done["outcomes"] == {outcome: 2}
    assert words in str(done["results"]).lower()
    log = client.control("GET", "deliveries").json()["data"]
    assert [(one["integration_id"], one["kind"], one["outcome"]) for one in log] == [
        (id_, "live", outcome)
    ] * 2
    assert "key" not in log[0]["endpoint"]
    told = [line for line in lines if line.startswith("delivery ")]
    assert len(told) == 1
    assert words in told[0].lower()


def test_an_endpoint_can_change_the_sandbox_while_it_gets_live_deliveries_and_backfills(
    client: SandboxClient,
) -> None:
    statuses: list[int] = []

    def calling(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with SandboxClient(client.sandbox) as other:
            other.token = client.token
            statuses.append(other.write("PATCH", f"integrations/{id_}", include_uids=True).status_code)
            statuses.append(other.control("POST", "visits", count=1).status_code)
        return Endpoint()(environ, start_response)

    with BackgroundServer(calling) as server:
        id_ = client.integration(server.url)["id"]
        visit(client, count=3, finish=True)
        client.write("PATCH", f"integrations/{id_}", is_active=False)
        assert client.sandbox.state.dispatcher.wait_until_idle(10)
        live = len(statuses)
        client.write("PATCH", f"integrations/{id_}", is_active=True, additional_options={"hash_pii": True})
        client.create("integration_historic_backfills", integration_id=id_)
        client.write("PATCH", f"integrations/{id_}", is_active=False)
        assert client.sandbox.state.dispatcher.wait_until_idle(10)
    assert live >= 6
    assert {*statuses} == {200, 201}


def test_a_delivery_is_sent_once_and_a_redirect_is_not_followed(client: SandboxClient) -> None:
    endpoint = Endpoint("302 Found", headers={"Location": "/elsewhere"})
    with BackgroundServer(endpoint) as server:
        client.integration(server.url)
        assert visit(client, finish=True)["outcomes"] == {"refused": 1}
    assert len(endpoint.requests) == 1


def test_a_run_counts_on_if_it_is_named(client: SandboxClient) -> None:
    run = visit(client, count=2)["id"]
    assert visit(client, count=3, run=run)["visits"] == 5
    assert visit(client)["visits"] == 1


def test_steady_visits_are_delivered_and_stop_with_the_sandbox() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        with Sandbox(SandboxOptions(visits=10_000)) as sandbox, SandboxClient(sandbox) as client:
            client.integration(server.url)
            state = sandbox.state
            (business,) = state.businesses.values()
            for _ in range(200):
                if endpoint.requests:
                    break
                state.dispatcher.wait_until_idle(0.05)
                client.get("self")
        visits = business.history.count
        assert endpoint.requests
        assert state.delivery_log.counts(business.id)["visits"] == visits > 0


def test_a_business_sees_only_its_own_visits_and_deliveries(three_businesses: SandboxClient) -> None:
    client = three_businesses
    first, second = client.sandbox.state.businesses
    client.business = first
    client.integration()
    run = visit(client, finish=True)["id"]
    assert len(client.control("GET", "deliveries").json()["data"]) == 1
    client.business = second
    assert client.control("GET", "deliveries").json()["data"] == []
    assert client.control("GET", "deliveries").json()["counts"]["visits"] == 0
    assert client.control("GET", f"visits/{run}").status_code == 404
    assert client.control("POST", "visits", run=run).status_code == 404
