from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.support import JSON_API

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_new_integration_has_all_attributes(client: SandboxClient) -> None:
    response = client.write("POST", "integrations", endpoint="https://hooks.example.com/a")
    assert response.status_code == 201
    assert response.headers["Content-Type"] == JSON_API
    created = response.json()["data"]
    attributes = created["attributes"]
    assert re.fullmatch(r"[A-Za-z0-9]{8}", created["id"])
    assert re.fullmatch(r"[A-Za-z0-9]{34}", attributes["shared_secret"])
    assert TIME.fullmatch(attributes["created_at"])
    assert TIME.fullmatch(attributes["updated_at"])
    generated = ("shared_secret", "created_at", "updated_at")
    assert {name: value for name, value in attributes.items() if name not in generated} == {
        "endpoint": "https://hooks.example.com/a",
        "include_uids": False,
        "region": "us",
        "require_opt_in": None,
        "service_name": "webhooks_standard",
        "include_mapped_attributes": True,
        "additional_options": {"hash_pii": False},
        "is_active": True,
    }


def test_a_created_integration_can_be_read_and_listed(client: SandboxClient) -> None:
    created = client.integration()
    assert client.get(f"integrations/{created['id']}").json()["data"] == created
    assert client.list("integrations") == [created]


def test_lists_start_with_the_newest(client: SandboxClient) -> None:
    ids = [client.integration()["id"] for _ in range(3)]
    assert [document["id"] for document in client.list("integrations")] == ids[::-1]


def test_each_integration_has_another_secret(client: SandboxClient) -> None:
    one, other = client.integration(), client.integration()
    assert one["attributes"]["shared_secret"] != other["attributes"]["shared_secret"]


def test_additional_options_are_free_form_and_extend_the_defaults(client: SandboxClient) -> None:
    created = client.integration(
        region="eu", is_active=False, additional_options={"new_one": [1, {"a": None}]}
    )
    assert created["attributes"]["additional_options"] == {"hash_pii": False, "new_one": [1, {"a": None}]}
    assert created["attributes"]["region"] == "eu"
    assert created["attributes"]["is_active"] is False


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"region": "us"},
        {"endpoint": ""},
        {"endpoint": None},
        {"endpoint": 5},
        {"endpoint": "https://a.example", "region": "mars"},
        {"endpoint": "https://a.example", "region": None},
        {"endpoint": "https://a.example", "region": ["us"]},
    ],
)
def test_a_missing_endpoint_or_an_invalid_region_gets_400(
    client: SandboxClient, attributes: dict[str, Any]
) -> None:
    response = client.write("POST", "integrations", **attributes)
    assert response.status_code == 400
    assert response.json()["errors"][0]["status"] == 400
    assert client.list("integrations") == []


@pytest.mark.parametrize(
    "attributes",
    [
        {"shared_secret": "mine"},
        {"service_name": "klaviyo"},
        {"created_at": "2000-01-01T00:00:00.000Z"},
        {"include_uids": None},
        {"nonsense": 1},
        {"is_active": "no"},
        {"additional_options": "none"},
    ],
)
def test_unwritable_attributes_are_silently_ignored(
    client: SandboxClient, attributes: dict[str, Any]
) -> None:
    created = client.integration()
    updated = client.write("PATCH", f"integrations/{created['id']}", **attributes)
    assert updated.status_code == 200
    after = updated.json()["data"]["attributes"]
    assert after | {"updated_at": None} == created["attributes"] | {"updated_at": None}


def test_an_update_merges_attributes_and_replaces_additional_options(client: SandboxClient) -> None:
    created = client.integration(additional_options={"hash_pii": True, "require_outcomes": True})
    path = f"integrations/{created['id']}"
    after = client.write("PATCH", path, is_active=False).json()["data"]["attributes"]
    assert after["is_active"] is False
    assert after["additional_options"] == {"hash_pii": True, "require_outcomes": True}
    after = client.write("PATCH", path, additional_options={"include_url_params": True}).json()["data"][
        "attributes"
    ]
    assert after["additional_options"] == {"include_url_params": True}
    assert after["endpoint"] == created["attributes"]["endpoint"]
    assert after["shared_secret"] == created["attributes"]["shared_secret"]


def test_boolean_attributes_can_be_written(client: SandboxClient) -> None:
    flags: dict[str, Any] = {"include_uids": True, "require_opt_in": True, "include_mapped_attributes": False}
    assert client.integration(**flags)["attributes"].items() >= flags.items()


def test_an_update_changes_updated_at_and_not_created_at(client: SandboxClient) -> None:
    created = client.integration()
    state = client.sandbox.state
    later = state.clock() + 60
    state.clock = lambda: later
    after = client.write("PATCH", f"integrations/{created['id']}", region="eu").json()["data"]["attributes"]
    assert after["created_at"] == created["attributes"]["created_at"]
    assert after["updated_at"] > created["attributes"]["updated_at"]


@pytest.mark.parametrize("attributes", [{"region": "mars"}, {"endpoint": ""}, {"endpoint": None}])
def test_an_invalid_update_gets_400_and_changes_nothing(
    client: SandboxClient, attributes: dict[str, Any]
) -> None:
    created = client.integration()
    assert client.write("PATCH", f"integrations/{created['id']}", **attributes).status_code == 400
    assert client.list("integrations") == [created]


def test_a_deleted_integration_gets_404(client: SandboxClient) -> None:
    path = f"integrations/{client.integration()['id']}"
    response = client.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(path).status_code == 404
    assert client.call("DELETE", path).status_code == 404
    assert client.list("integrations") == []


def test_an_unknown_id_gets_404_without_a_body(client: SandboxClient) -> None:
    for response in (
        client.get("integrations/abcd1234"),
        client.write("PATCH", "integrations/abcd1234", is_active=True),
        client.call("DELETE", "integrations/abcd1234"),
        client.call("POST", "integrations/abcd1234/test", {}),
        client.get("integrations/abcd1234/campaigns"),
    ):
        assert (response.status_code, response.content) == (404, b"")


def test_ignored_attributes_are_not_written(client: SandboxClient) -> None:
    client.sandbox.state.ignored_attributes = {"hash_pii", "is_active"}
    created = client.integration(
        is_active=False, additional_options={"hash_pii": True, "require_outcomes": True}
    )
    assert created["attributes"]["is_active"] is True
    assert created["attributes"]["additional_options"] == {"hash_pii": False, "require_outcomes": True}
    after = client.write(
        "PATCH", f"integrations/{created['id']}", additional_options={"hash_pii": True}
    ).json()
    assert after["data"]["attributes"]["additional_options"] == {"hash_pii": False}


def test_seeded_integrations_include_other_services(seeded: SandboxClient) -> None:
    documents = seeded.list("integrations")
    services = [document["attributes"]["service_name"] for document in documents]
    assert services == ["braze", "webhooks_standard", "klaviyo", "webhooks_standard"]
    for document in documents:
        own = document["attributes"]["service_name"] == "webhooks_standard"
        assert (document["attributes"]["endpoint"] is not None) is own
        assert (document["attributes"]["region"] is not None) is own
    times = [document["attributes"]["created_at"] for document in documents]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "", "application/vnd.api+jsonx"])
def test_another_media_type_gets_415(client: SandboxClient, media_type: str) -> None:
    response = client.call(
        "POST", "integrations", data=b'{"data": {"attributes": {}}}', headers={"Content-Type": media_type}
    )
    assert response.status_code == 415


def test_parameters_of_the_media_type_are_allowed(client: SandboxClient) -> None:
    body = b'{"data": {"attributes": {"endpoint": "https://a.example"}}}'
    headers = {"Content-Type": f"{JSON_API}; charset=utf-8"}
    assert client.call("POST", "integrations", data=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"{}",
        b"[]",
        b"5",
        b'{"data": []}',
        b'{"data": {"attributes": 5}}',
        b'{"data": {"attributes": {"endpoint": NaN}}}',
        b'{"data": {"attributes": {"endpoint": 1e999}}}',
        b'{"data": {"attributes": {"endpoint": ' + b"1" * 5000 + b"}}}",
        b'{"data": {"attributes": {"additional_options": {"a": ' + b"[" * 200 + b"]" * 200 + b"}}}}",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_not_a_json_api_document_gets_400(client: SandboxClient, body: bytes) -> None:
    assert (
        client.call("POST", "integrations", data=body, headers={"Content-Type": JSON_API}).status_code == 400
    )


@pytest.mark.parametrize(
    "query", ["filter[region]=us", "include=campaigns", "region=us", "page=1", "page[limit]=5"]
)
def test_an_unknown_query_parameter_gets_400(client: SandboxClient, query: str) -> None:
    assert client.get(f"integrations?{query}").status_code == 400


def test_integrations_do_not_page_but_too_large_a_page_gets_400(client: SandboxClient) -> None:
    for _ in range(3):
        client.integration()
    assert len(client.list("integrations", **{"page[size]": "2", "page[number]": "2"})) == 3
    assert client.get("integrations?page[size]=1001").status_code == 400


def test_unusual_text_is_returned_unchanged(client: SandboxClient) -> None:
    unusual = {"number": 1.5, "note": "[red]\x1b[31m \u202e ÿ \ud800 😀"}
    created = client.integration(additional_options=unusual)
    assert client.get(f"integrations/{created['id']}").json()["data"]["attributes"]["additional_options"] == {
        "hash_pii": False,
        **unusual,
    }
