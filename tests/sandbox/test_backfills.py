from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from tests.sandbox.support import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def slow() -> Iterator[Client]:
    with Sandbox(Options(backfill_step=10)) as sandbox, Client(sandbox) as client:
        start = sandbox.state.clock()
        sandbox.state.clock = lambda: start
        yield client


def _wait(client: Client, seconds: float) -> None:
    later = client.sandbox.state.clock() + seconds
    client.sandbox.state.clock = lambda: later


def test_a_backfill_is_received_then_processing_then_finished(slow: Client) -> None:
    backfill = slow.create("integration_historic_backfills", integration_id=slow.integration()["id"])
    path = f"integration_historic_backfills/{backfill['id']}"
    statuses = [backfill["attributes"]["status"]]
    for _ in range(3):
        _wait(slow, 10)
        statuses.append(slow.get(path).json()["data"]["attributes"]["status"])
    assert statuses == ["received", "processing", "finished", "finished"]
    (listed,) = slow.listed("integration_historic_backfills")
    assert listed["attributes"]["updated_at"] > listed["attributes"]["created_at"]


def test_a_backfill_restarts_only_when_it_is_over(slow: Client) -> None:
    integration = slow.integration()["id"]
    backfill = slow.create("integration_historic_backfills", integration_id=integration)
    path = f"integration_historic_backfills/{backfill['id']}"
    assert slow.call("PATCH", path, {}).status_code == 400
    _wait(slow, 15)
    assert slow.call("PATCH", path, {}).status_code == 400
    _wait(slow, 15)
    restarted = slow.call("PATCH", path)
    assert (restarted.status_code, restarted.json()["data"]["attributes"]["status"]) == (200, "received")
    _wait(slow, 10)
    assert slow.get(path).json()["data"]["attributes"]["status"] == "processing"


def test_a_failed_backfill_stays_failed_until_it_is_restarted(slow: Client) -> None:
    id_ = slow.create("integration_historic_backfills", integration_id=slow.integration()["id"])["id"]
    (business,) = slow.sandbox.state.businesses.values()
    business.of("integration_historic_backfills")[id_].attributes["status"] = "failed"
    _wait(slow, 60)
    path = f"integration_historic_backfills/{id_}"
    assert slow.get(path).json()["data"]["attributes"]["status"] == "failed"
    assert slow.write("PATCH", path).json()["data"]["attributes"]["status"] == "received"


@pytest.mark.parametrize(
    ("attributes", "status"), [({}, 422), ({"integration_id": "x"}, 404), ({"a": 1}, 400)]
)
def test_a_backfill_needs_an_integration(client: Client, attributes: dict[str, Any], status: int) -> None:
    assert client.write("POST", "integration_historic_backfills", **attributes).status_code == status


def test_an_inactive_integration_has_no_backfill(client: Client) -> None:
    integration = client.integration(is_active=False)["id"]
    response = client.write("POST", "integration_historic_backfills", integration_id=integration)
    assert response.status_code == 400
    assert "inactive" in response.json()["errors"][0]["detail"]
    assert client.listed("integration_historic_backfills", **{"filter[integration_id]": integration}) == []


def test_a_backfill_cannot_be_deleted(client: Client) -> None:
    backfill = client.create("integration_historic_backfills", integration_id=client.integration()["id"])
    assert client.call("DELETE", f"integration_historic_backfills/{backfill['id']}").status_code == 405
