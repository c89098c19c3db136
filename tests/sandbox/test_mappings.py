from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient


def test_a_mapping_can_be_created_read_updated_and_deleted(client: SandboxClient) -> None:
    integration = client.integration()["id"]
    mapping = client.create(
        "integration_mappings", jebbit_var="Outcome", client_var="Bucket", integration_id=integration
    )
    assert mapping["type"] == "integration_mappings"
    assert mapping["attributes"] == {
        "jebbit_var": "Outcome",
        "client_var": "Bucket",
        "integration_id": integration,
        "default": None,
    }
    path = f"integration_mappings/{mapping['id']}"
    assert client.get(path).json()["data"] == mapping
    for default in ("none", None):
        changed = client.write("PATCH", path, default=default).json()["data"]["attributes"]
        assert changed == mapping["attributes"] | {"default": default}
    assert client.call("DELETE", path).status_code == 204
    assert client.get(path).status_code == 404


def test_mappings_can_be_listed_for_one_integration(client: SandboxClient) -> None:
    one, other = client.integration()["id"], client.integration()["id"]
    names = {"jebbit_var": "a", "client_var": "b"}
    mine = client.create("integration_mappings", integration_id=one, **names)
    theirs = client.create("integration_mappings", integration_id=other, **names)
    assert client.list("integration_mappings") == [theirs, mine]
    assert client.list("integration_mappings", **{"filter[integration_id]": one}) == [mine]


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({}, 422),
        ({"jebbit_var": "$metadata", "client_var": "b"}, 400),
        ({"jebbit_var": "a"}, 400),
        ({"integration_id": "abcd1234", "jebbit_var": "a", "client_var": "b"}, 404),
    ],
)
def test_an_invalid_mapping_is_rejected(
    client: SandboxClient, attributes: dict[str, Any], status: int
) -> None:
    integration = {"integration_id": client.integration()["id"]} if attributes else {}
    assert client.write("POST", "integration_mappings", **(integration | attributes)).status_code == status


def test_mappings_and_backfills_are_deleted_with_their_integration(client: SandboxClient) -> None:
    one, other = client.integration()["id"], client.integration()["id"]
    for id_ in (one, other):
        client.create("integration_mappings", integration_id=id_, jebbit_var="a", client_var="b")
        client.create("integration_historic_backfills", integration_id=id_)
    client.call("DELETE", f"integrations/{one}")
    for type_ in ("integration_mappings", "integration_historic_backfills"):
        remaining = client.list(type_)
        assert [document["attributes"]["integration_id"] for document in remaining] == [other]
