from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.sandbox.support import SandboxClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def slow() -> Iterator[SandboxClient]:
    with Sandbox(SandboxOptions(backfill_step=10)) as sandbox, SandboxClient(sandbox) as client:
        start = sandbox.state.clock()
        sandbox.state.clock = lambda: start
        yield client


def _advance_clock(client: SandboxClient, seconds: float) -> None:
    later = client.sandbox.state.clock() + seconds
    client.sandbox.state.clock = lambda: later


def test_a_backfill_is_received_then_processing_then_finished(slow: SandboxClient) -> None:
    backfill = slow.create("integration_historic_backfills", integration_id=slow.integration()["id"])
    path = f"integration_historic_backfills/{backfill['id']}"
    statuses = [backfill["attributes"]["status"]]
    for _ in range(3):
        _advance_clock(slow, 10)
        statuses.append(slow.get(path).json()["data"]["attributes"]["status"])
    assert statuses == ["received", "processing", "finished", "finished"]
    (listed,) = slow.list("integration_historic_backfills")
    assert listed["attributes"]["updated_at"] > listed["attributes"]["created_at"]


def test_only_a_finished_backfill_can_be_restarted(slow: SandboxClient) -> None:
    integration = slow.integration()["id"]
    backfill = slow.create("integration_historic_backfills", integration_id=integration)
    path = f"integration_historic_backfills/{backfill['id']}"
    assert slow.call("PATCH", path, {}).status_code == 400
    _advance_clock(slow, 15)
    assert slow.call("PATCH", path, {}).status_code == 400
    _advance_clock(slow, 15)
    restarted = slow.call("PATCH", path)
    assert (restarted.status_code, restarted.json()["data"]["attributes"]["status"]) == (200, "received")
    _advance_clock(slow, 10)
    assert slow.get(path).json()["data"]["attributes"]["status"] == "processing"


def test_a_failed_backfill_stays_failed_until_it_is_restarted(slow: SandboxClient) -> None:
    id_ = slow.create("integration_historic_backfills", integration_id=slow.integration()["id"])["id"]
    (business,) = slow.sandbox.state.businesses.values()
    business.of("integration_historic_backfills")[id_].attributes["status"] = "failed"
    _advance_clock(slow, 60)
    path = f"integration_historic_backfills/{id_}"
    assert slow.get(path).json()["data"]["attributes"]["status"] == "failed"
    assert slow.write("PATCH", path).json()["data"]["attributes"]["status"] == "received"


def test_a_backfill_can_have_statuses_that_nobody_documents(slow: SandboxClient) -> None:
    slow.sandbox.state.behaviour.backfill_statuses = ("enqueued", "retrying", "running", "aborted")
    backfill = slow.create("integration_historic_backfills", integration_id=slow.integration()["id"])
    path = f"integration_historic_backfills/{backfill['id']}"
    statuses = [backfill["attributes"]["status"]]
    for _ in range(4):
        assert statuses[-1] == "aborted" or slow.call("PATCH", path).status_code == 400
        _advance_clock(slow, 10)
        statuses.append(slow.get(path).json()["data"]["attributes"]["status"])
    assert statuses == ["enqueued", "retrying", "running", "aborted", "aborted"]
    assert slow.call("PATCH", path).json()["data"]["attributes"]["status"] == "enqueued"


@pytest.mark.parametrize(
    ("attributes", "status"), [({}, 422), ({"integration_id": "x"}, 404), ({"a": 1}, 400)]
)
def test_a_backfill_needs_an_integration(
    client: SandboxClient, attributes: dict[str, Any], status: int
) -> None:
    assert client.write("POST", "integration_historic_backfills", **attributes).status_code == status


def test_a_backfill_of_an_inactive_integration_gets_400(client: SandboxClient) -> None:
    integration = client.integration(is_active=False)["id"]
    response = client.write("POST", "integration_historic_backfills", integration_id=integration)
    assert response.status_code == 400
    assert "inactive" in response.json()["errors"][0]["detail"]
    assert client.list("integration_historic_backfills", **{"filter[integration_id]": integration}) == []


def test_a_backfill_cannot_be_deleted(client: SandboxClient) -> None:
    backfill = client.create("integration_historic_backfills", integration_id=client.integration()["id"])
    assert client.call("DELETE", f"integration_historic_backfills/{backfill['id']}").status_code == 405
