from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.state import StoredResource
from tests.sandbox.support import running

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient

ENDPOINT = "https://user@Hooks.example.com:8443/jebbit?key=TOKEN"
ARTICLE = {
    *("endpoint", "include_uids", "region", "require_opt_in", "created_at", "updated_at", "service_name"),
    *("include_mapped_attributes", "additional_options", "is_active", "shared_secret"),
}

NEWEST = {"attached_at", "created_in_dashboard", "mappings", "static_values"}


def _responses(client: SandboxClient) -> dict[str, dict[str, Any]]:
    """Return the resource objects in the responses to each kind of request, for one integration."""
    created = client.integration(ENDPOINT, region="us")
    path = f"integrations/{created['id']}"
    (listed,) = client.list("integrations")
    return {
        "POST": created,
        "GET": client.get(path).json()["data"],
        "list": listed,
        "PATCH": client.write("PATCH", path, region="eu").json()["data"],
    }


def _stored(client: SandboxClient) -> list[dict[str, Any]]:
    (business,) = client.sandbox.state.businesses.values()
    return [integration.attributes for integration in business.of("integrations").values()]


def test_the_article_returns_every_attribute_in_every_response() -> None:
    with running(dialect="article") as client:
        for response in _responses(client).values():
            assert set(response["attributes"]) == ARTICLE
            assert response["type"] == "integrations"


def test_openapi_returns_neither_options_nor_whether_an_integration_is_active() -> None:
    with running(dialect="openapi") as client:
        responses = _responses(client)
        for response in responses.values():
            assert set(response["attributes"]) == ARTICLE - {"additional_options", "is_active"}
            assert response["attributes"]["shared_secret"] == _stored(client)[0]["shared_secret"]
        types = {kind: response["type"] for kind, response in responses.items()}
    assert types == {
        "POST": "integration",
        "GET": "integration",
        "list": "integrations",
        "PATCH": "integration",
    }


def test_openapi_keeps_the_attributes_that_it_does_not_return() -> None:
    with running(dialect="openapi") as client:
        client.integration(ENDPOINT, region="us", is_active=False, additional_options={"hash_pii": True})
        (stored,) = _stored(client)
    assert (stored["is_active"], stored["additional_options"]) == (False, {"hash_pii": True})


def test_openapi_requires_a_region() -> None:
    with running(dialect="openapi") as client:
        response = client.write("POST", "integrations", endpoint=ENDPOINT)
        assert response.status_code == 400
        assert "region" in response.json()["errors"][0]["detail"]
        assert _stored(client) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_patch_replaces_additional_options_as_a_whole_in_every_dialect(dialect: str) -> None:
    with running(dialect=dialect) as client:
        created = client.integration(ENDPOINT, region="us", additional_options={"hash_pii": True})
        path = f"integrations/{created['id']}"
        client.write("PATCH", path, additional_options={"include_sub_channel": True})
        (stored,) = _stored(client)
    assert stored["additional_options"] == {"include_sub_channel": True}


def test_host_shows_endpoint_and_secret_only_in_the_response_that_creates() -> None:
    with running(dialect="host") as client:
        responses = _responses(client)
    created = responses.pop("POST")["attributes"]
    assert set(created) == ARTICLE | NEWEST
    assert created["endpoint"] == ENDPOINT
    for response in responses.values():
        assert set(response["attributes"]) == ARTICLE - {"endpoint", "shared_secret"} | NEWEST | {"host"}
        assert response["attributes"]["host"] == "hooks.example.com"


@pytest.mark.parametrize("endpoint", [None, "http://[/"])
def test_an_endpoint_without_a_host_is_shown_as_none(endpoint: str | None) -> None:
    with running(dialect="host") as client:
        id_ = client.integration()["id"]
        _stored(client)[0]["endpoint"] = endpoint
        assert client.get(f"integrations/{id_}").json()["data"]["attributes"]["host"] is None


def test_the_integrations_of_a_campaign_are_shown_as_in_the_list() -> None:
    with running(dialect="host", integrations=2) as client:
        integration = client.list("integrations")[0]
        (campaign,) = client.list(f"integrations/{integration['id']}/campaigns")
        assert client.list(f"campaigns/{campaign['id']}/integrations") == [integration]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_webhook_integrations_are_the_webhooks_made_in_the_dashboard(dialect: str) -> None:
    with running(dialect=dialect, integrations=4) as client:
        by_api = client.integration(region="us")["id"]
        listed = client.list("webhook_integrations")
        stored = {attributes["endpoint"]: attributes["shared_secret"] for attributes in _stored(client)}
        assert [one["attributes"]["service_name"] for one in listed] == ["webhooks_standard"] * 2
        for one in listed:
            assert one["type"] == "webhook_integrations"
            assert one["attributes"]["shared_secret"] == stored[one["attributes"]["endpoint"]]
            assert client.get(f"webhook_integrations/{one['id']}").json() == {"data": one}
        assert client.get(f"webhook_integrations/{by_api}").status_code == 404


def test_tests_can_add_an_integration_made_in_the_dashboard(client: SandboxClient) -> None:
    (business,) = client.sandbox.state.businesses.values()
    attributes = {"service_name": "webhooks_standard", "endpoint": ENDPOINT, "shared_secret": "s"}
    business.of("integrations")["abcd1234"] = StoredResource("abcd1234", attributes, 0.0, from_dashboard=True)
    (listed,) = client.list("webhook_integrations")
    assert (listed["id"], listed["attributes"]) == ("abcd1234", attributes)


def test_webhook_integrations_are_read_only_and_require_the_scope_of_integrations(
    seeded: SandboxClient,
) -> None:
    one = f"webhook_integrations/{seeded.list('webhook_integrations')[0]['id']}"
    for method, path in (("POST", "webhook_integrations"), ("PATCH", one), ("DELETE", one)):
        assert seeded.call(method, path, {}).status_code == 405
    seeded.sandbox.state.permissions.remove("read:integration")
    seeded.login()
    assert seeded.get("webhook_integrations").status_code == 403


def test_webhook_integrations_can_have_a_host_instead_of_an_endpoint(seeded: SandboxClient) -> None:
    behaviour = seeded.sandbox.state.behaviour
    behaviour.dialect = DIALECTS["host"].without("webhook_integrations", "endpoint")
    for one in seeded.list("webhook_integrations"):
        assert "endpoint" not in one["attributes"]
        assert one["attributes"]["host"] == "hooks.example.com"
        assert one["attributes"]["shared_secret"]


def test_the_service_name_of_webhooks_can_be_changed_and_that_of_others_stays() -> None:
    with running(service_name="webhook", dialect="host", integrations=2) as client:
        created = client.integration()
        shown = {one["attributes"]["service_name"] for one in client.list("webhook_integrations")}
        assert created["attributes"]["service_name"] == "webhook"
        assert shown == {"webhook"}
        services = [one["attributes"]["service_name"] for one in client.list("integrations")]
    assert services == ["webhook", "klaviyo", "webhook"]


def test_attributes_of_any_type_can_have_other_names_or_none(seeded: SandboxClient) -> None:
    behaviour = seeded.sandbox.state.behaviour
    behaviour.dialect = (
        DIALECTS["host"]
        .renaming("uploaders", recent_runs="runs", row_count="rows", started_at=None)
        .renaming("campaign_stats", views="view_count", response_rate=None)
        .renaming("traits", user_defined_id="key")
        .renaming("traits", rank=None)
        .renaming("campaigns", direct="own")
        .renaming("integrations", transformers=None)
    )
    for export in seeded.list("uploaders"):
        assert "recent_runs" not in export["attributes"]
        for run in export["attributes"]["runs"]:
            assert set(run) == {"status", "rows", "finished_at"}
    report = seeded.get(f"campaign_stats/{seeded.list('campaign_stats')[-1]['id']}").json()["data"]
    assert report["attributes"]["view_count"] > 0
    assert set(report["attributes"]["questions"][0]) == {"name", "resource_type", "view_count", "responses"}
    (trait,) = seeded.list("traits", **{"filter[user_defined_id]": "email"})
    assert set(trait["attributes"]) == {"key", "display_name", "pass_to_integrations"}
    assert seeded.list("campaigns")[0]["attributes"]["integration_counts"] == {"own": 0, "inherited": 2}
    mappings = [one["attributes"]["mappings"] for one in seeded.list("integrations")]
    assert any(mappings)
    assert "transformers" not in str(mappings)


def test_attributes_of_statistics_can_be_left_out(seeded: SandboxClient) -> None:
    behaviour = seeded.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("campaign_stats", "leads", "questions")
    (first, *_) = seeded.list("campaign_stats")
    report = seeded.get(f"campaign_stats/{first['id']}").json()["data"]["attributes"]
    assert not {"leads", "questions"} & (set(first["attributes"]) | set(report))
