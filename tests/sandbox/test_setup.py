"""What a sandbox starts with, if it is told."""

from __future__ import annotations

from typing import Any

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.setup import InitialIntegration
from tests.sandbox.support import running

MAPPING: dict[str, str | None] = {"jebbit_var": "Outcome", "client_var": "bucket", "default": None}


def test_integrations_and_their_mappings_are_there_from_the_start() -> None:
    attributes = {"endpoint": "https://a.example/", "region": "eu", "additional_options": {"new": 1}}
    initial = [InitialIntegration("leads", attributes=attributes, mappings=[MAPPING])]
    with running(initial=initial) as client:
        (integration,) = client.list("integrations")
        (mapping,) = client.list("integration_mappings")
    found = integration["attributes"]
    assert (found["endpoint"], found["region"], found["is_active"]) == ("https://a.example/", "eu", True)
    assert found["additional_options"] == {"hash_pii": False, "new": 1}
    assert mapping["attributes"] == {**MAPPING, "integration_id": integration["id"]}


def test_an_id_is_kept_and_another_service_has_no_endpoint() -> None:
    initial = [InitialIntegration("mail", id="L5m24mjs", service_name="klaviyo"), InitialIntegration("hook")]
    with running(initial=initial) as client:
        webhook, other = client.list("integrations")
    assert (other["id"], other["attributes"]["service_name"]) == ("L5m24mjs", "klaviyo")
    assert other["attributes"]["endpoint"] is None
    assert webhook["attributes"]["endpoint"] == "https://hooks.example.com/jebbit/hook"


def test_businesses_have_the_ids_that_integrations_name() -> None:
    initial = [InitialIntegration("a", business="bOne1111"), InitialIntegration("b", business="bTwo2222")]
    with running(initial=initial, integrations=1) as client:
        assert [*client.sandbox.state.businesses] == ["bOne1111", "bTwo2222"]
        for business, name in (("bOne1111", "a"), ("bTwo2222", "b")):
            client.business = business
            new, _ = client.list("integrations")
            assert new["attributes"]["endpoint"].endswith(f"/{name}")


def test_an_id_that_is_taken_is_refused() -> None:
    initial = [InitialIntegration("a", id="L5m24mjs"), InitialIntegration("b", id="L5m24mjs")]
    with pytest.raises(UsageError, match=r"b: the sandbox already has .* L5m24mjs"), running(initial=initial):
        pass


def test_what_is_given_is_not_changed() -> None:
    options: dict[str, Any] = {"hash_pii": True}
    with running(initial=[InitialIntegration("a", attributes={"additional_options": options})]) as client:
        (integration,) = client.list("integrations")
        client.write("PATCH", f"integrations/{integration['id']}", additional_options={"hash_pii": False})
    assert options == {"hash_pii": True}


def test_the_credentials_can_be_fixed() -> None:
    with running(client_id="ci", client_secret="a-secret-of-ci") as client:
        assert client.request_token().status_code == 200
        environment = client.sandbox.environment
    assert (environment["JEBBIT_CLIENT_ID"], environment["JEBBIT_CLIENT_SECRET"]) == ("ci", "a-secret-of-ci")
