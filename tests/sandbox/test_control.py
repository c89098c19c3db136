"""The sandbox's own routes: who may use them, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox import assumptions, control
from jebbitctl.sandbox.deliveries import DeliveryResult
from jebbitctl.sandbox.delivery_log import DeliveryLog
from jebbitctl.sandbox.delivery_reporter import DeliveryReporter
from jebbitctl.sandbox.dispatcher import CAPACITY
from tests.sandbox.support import running

if TYPE_CHECKING:
    from jebbitctl.sandbox.deliveries import Outcome
    from tests.sandbox.support import SandboxClient

ROUTES = [("POST", "visits"), ("GET", "visits/1"), ("GET", "deliveries")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_token_is_required(client: SandboxClient, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        response = client.send(method, f"/sandbox/{path}", json={}, headers=headers)
        assert (response.status_code, response.json()) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("suffix", ["-readonly", "-writeonly"])
def test_any_scope_suffices(client: SandboxClient, suffix: str) -> None:
    client.client_id += suffix
    assert client.control("POST", "visits").status_code == 415
    assert client.control("POST", "visits", count=1).status_code == 201
    assert client.control("GET", "deliveries").status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ("application/vnd.api+json", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
def test_a_web_page_cannot_send_what_the_routes_take(
    client: SandboxClient, content_type: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {client.login()}"}
    if content_type:
        headers["Content-Type"] = content_type
    response = client.send("POST", "/sandbox/visits", data=b"{}", headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_another_host_or_origin_is_refused(client: SandboxClient, header: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {client.login()}", **header}
    assert client.send("GET", "/sandbox/deliveries", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "status", "error"),
    [
        ({"count": 0}, 400, "count must be from 1 to 10000"),
        ({"count": 10_001}, 400, "count must be from 1 to 10000"),
        ({"count": True}, 400, "count has another type"),
        ({"count": "3"}, 400, "count has another type"),
        ({"set": "data.a=1"}, 400, "set has another type"),
        ({"set": [1]}, 400, "set must be a list of texts"),
        ({"set": ["data.email"]}, 400, "not PATH=VALUE"),
        ({"set": ["event.x=1"]}, 400, "only answers can be set"),
        ({"set": ["data.email.x=1"]}, 400, "--set data.email.x: "),
        ({"campaign": "nope1234"}, 404, "campaign nope1234 not found"),
        ({"campaign": 5}, 400, "campaign has another type"),
        ({"run": "nope"}, 404, "run nope not found"),
        ({"speed": 5}, 400, "unknown member: speed"),
    ],
)
def test_a_request_for_visits_that_cannot_be_carried_out_changes_nothing(
    client: SandboxClient, wanted: dict[str, Any], status: int, error: str
) -> None:
    response = client.control("POST", "visits", **wanted)
    assert response.status_code == status
    assert error in response.json()["error"]
    (business,) = client.sandbox.state.businesses.values()
    assert business.history.count == 0


def test_a_campaign_that_was_never_launched_cannot_be_visited(client: SandboxClient) -> None:
    campaign = client.list("campaigns", **{"filter[launched]": "false"})[0]["id"]
    response = client.control("POST", "visits", campaign=campaign)
    assert (response.status_code, "never launched" in response.text) == (400, True)
    (business,) = client.sandbox.state.businesses.values()
    for one in business.of("campaigns").values():
        one.attributes["launch_date"] = None
    response = client.control("POST", "visits", count=1)
    assert (response.status_code, response.json()["error"]) == (400, "no campaign was ever launched")


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "limit=nan"])
def test_an_invalid_number_is_refused(client: SandboxClient, query: str) -> None:
    assert client.control("GET", f"deliveries?{query}").status_code == 400


def test_an_unknown_run_is_not_found(client: SandboxClient) -> None:
    assert client.control("GET", "visits/nope?wait=5").status_code == 404


@pytest.mark.parametrize("integrations", [1, 30, 3000])
def test_a_request_for_visits_does_not_wait_for_slow_endpoints(
    client: SandboxClient, monkeypatch: pytest.MonkeyPatch, integrations: int
) -> None:
    (business,) = client.sandbox.state.businesses.values()
    stored = business.of("integrations")[client.integration()["id"]]
    business.of("integrations").update((str(n), replace(stored, id=str(n))) for n in range(1, integrations))
    monkeypatch.setattr(assumptions, "concurrency", lambda: 0)  # nothing gets on
    monkeypatch.setattr(control, "TIME_BUDGET", 0.05)
    found = client.control("POST", "visits", count=10_000, finish=True).json()
    assert found["simulated"] * integrations == found["deliveries"] == found["pending"]
    assert 0 < found["pending"] < 2 * CAPACITY + integrations
    monkeypatch.setattr(control, "TIME_BUDGET", 0)
    while (found := client.control("POST", "visits", count=10_000, run=found["id"]).json())["simulated"]:
        pass
    counts = client.control("GET", "deliveries").json()["counts"]
    assert counts["visits"] == found["visits"]  # those that found no room were not simulated


def test_deliveries_can_be_filtered(client: SandboxClient) -> None:
    first, second = (client.integration("https://hooks.example.com/a")["id"] for _ in range(2))
    for id_ in (first, second, second):
        client.call("POST", f"integrations/{id_}/test")
    client.control("POST", "visits", count=1, finish=True)
    assert client.sandbox.state.dispatcher.wait_until_idle(10)
    for query, number in (
        *(("", 5), (f"integration={second}", 3), ("kind=test", 3), ("failed=true", 5), ("limit=2", 2)),
        *(("outcome=delivered", 0), ("campaign=nope", 0), (f"integration={first}&kind=live", 1)),
    ):
        assert len(client.control("GET", f"deliveries?{query}").json()["data"]) == number, query


def test_faults_of_the_api_spare_the_control(client: SandboxClient) -> None:
    token = client.login()
    with running(fail_rate=1) as failing:
        failing.sandbox.state.signing_key = client.sandbox.state.signing_key
        failing.token = token
        (business,) = failing.sandbox.state.businesses
        failing.business = business
        assert failing.control("GET", "deliveries").status_code == 200
        assert failing.get("self").status_code in {429, 502, 503}


def result(outcome: Outcome = "refused", error: str | None = None, **changes: Any) -> DeliveryResult:
    values: dict[str, Any] = {
        "kind": "live",
        "business": "one",
        "integration": "L5m24mjs",
        "campaign": "def56789",
        "endpoint": "http://localhost/",
        "outcome": outcome,
        "status": None if error else 403,
        "error": error,
        "milliseconds": 1.0,
        "time": 1_700_000_000.0,
    }
    return DeliveryResult(**{**values, **changes})


def test_the_log_keeps_the_latest_results_and_counts_all() -> None:
    log = DeliveryLog()
    for number in range(10_500):
        log.add(result(integration=str(number)))
    log.add(result(business="two"))
    kept = [one.integration for one in log.results("one")]
    assert (len(kept), kept[0], kept[-1]) == (9_999, "10499", "501")
    assert log.counts("one")["live"] == {"refused": 10_500}
    assert log.counts("two")["live"] == {"refused": 1}


def test_many_failures_are_told_in_few_lines() -> None:
    lines: list[str] = []
    reporter = DeliveryReporter(lines.append, lines.append)
    for number in range(1000):
        reporter(result())
        reporter(result("unanswered", error=f"reason {number}"))
        reporter(result("not_sent", error="not this machine", milliseconds=None))
        reporter(result("delivered", status=200))
    reporter.tell_untold()
    assert lines[:3] == [
        "delivery L5m24mjs -> http://localhost/: returned 403 (1 ms)",
        "delivery L5m24mjs -> http://localhost/: reason 0 (1 ms)",
        "delivery L5m24mjs -> http://localhost/: not sent: not this machine",
    ]
    assert len(lines) == 6
    assert lines[-1].startswith("1,996 more deliveries failed: returned 403 (999x); ")
    assert "other reasons" in lines[-1]
    reporter.tell_untold()
    assert len(lines) == 6
