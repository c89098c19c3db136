from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api import integrations
from jebbitctl.api.resources import Resource, unconfirmed
from jebbitctl.errors import AmbiguousWriteError, RejectedError, UsageError
from tests.api.faults import api, http, resource

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer

NOT_IDS = ["", "..", ".", "a/b", "a?x", "a#x", "a b", "%2e%2e"]
DESIRED = {"endpoint": "https://e.example/", "region": "us"}


@pytest.mark.parametrize("id_", NOT_IDS)
@pytest.mark.parametrize(
    "call", [integrations.get, integrations.delete, integrations.send_test, integrations.shared_secret]
)
def test_a_malformed_id_is_rejected_before_any_request(
    server: FaultServer, client: Client, call: Any, id_: str
) -> None:
    with pytest.raises(UsageError):
        call(client, id_)
    assert server.connections == 0


@pytest.mark.parametrize("id_", NOT_IDS)
def test_an_update_with_a_malformed_id_is_rejected_before_any_request(
    server: FaultServer, client: Client, id_: str
) -> None:
    with pytest.raises(UsageError):
        integrations.update(client, Resource(None, id_), {"region": "us"})
    assert server.connections == 0


def test_a_selection_applies_every_filter(client: Client) -> None:
    one = Resource(None, "1", {"is_active": True, "region": "us", "service_name": "a", "endpoint": "e"})
    two = Resource(None, "2", {"is_active": False, "region": None, "service_name": "b", "endpoint": None})

    def select(**filters: Any) -> list[Resource]:
        return integrations.select(client, [one, two], **filters).matching

    assert select() == [one, two]
    assert select(is_active=False) == [two]
    assert select(region="us", service_name="a", endpoint="e") == [one]
    assert select(is_active=True, service_name="b") == []


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"endpoint": "https://a.example/x"}, True),
        ({"endpoint": "https://A.example:443/x"}, True),
        ({"endpoint": "https://a.example/y"}, False),
        ({"endpoint": None}, None),
        ({"endpoint": None, "service_name": "webhook"}, None),
        ({"endpoint": None, "service_name": "klaviyo"}, False),
        ({"endpoint": "b.example", "service_name": "klaviyo"}, False),
        ({"endpoint": "a.example", "service_name": "webhook"}, None),
        ({"endpoint": "b.example", "service_name": "webhook"}, False),
        ({"endpoint": ["https://a.example/x"]}, None),
        ({}, None),
        ({"host": None}, None),
        ({"host": "a.example"}, None),
        ({"host": "A.example.:443"}, None),
        ({"host": "https://a.example"}, None),
        ({"host": "*.example"}, None),
        ({"host": 7}, None),
        ({"host": "b.example"}, False),
        ({"host": "https://b.example/"}, False),
        ({"endpoint": None, "host": "a.example"}, None),
        ({"endpoint": None, "host": "b.example"}, False),
    ],
)
def test_an_endpoint_matches_surely_surely_not_or_perhaps(
    attributes: dict[str, Any], expected: bool | None
) -> None:
    assert integrations.matches(attributes, {"endpoint": "https://a.example/x"}) is expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        *((name, True) for name in ("webhook", "webhooks_standard")),
        *((name, False) for name in ("klaviyo", "", "web_hook")),
        *((name, None) for name in ("Webhook", "webhooks", "webhook_v2", None, 7, ["webhook"])),
    ],
)
def test_a_service_is_no_webhook_only_if_its_name_surely_says_so(service: Any, expected: bool | None) -> None:
    assert integrations.is_webhook({"service_name": service}) is expected
    assert integrations.is_webhook({}) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("webhook", "webhooks_standard", True),
        ("klaviyo", "klaviyo", True),
        ("klaviyo", "webhook", False),
        (None, "webhook", False),
        (["webhook"], "webhook", False),
    ],
)
def test_webhook_and_webhooks_standard_are_the_same_service(one: Any, other: Any, expected: bool) -> None:
    assert integrations.same_service(one, other) is integrations.same_service(other, one) is expected


def test_the_shared_secret_is_read_from_the_integration(server: FaultServer, client: Client) -> None:
    server.script = [resource({"shared_secret": "s3cr3t"})]
    assert integrations.shared_secret(client, "L5m24mjs") == "s3cr3t"


@pytest.mark.parametrize(
    "attributes", [{}, {"shared_secret": None}, {"shared_secret": ""}, {"shared_secret": 5}]
)
def test_a_response_without_a_secret_is_rejected(
    server: FaultServer, client: Client, attributes: dict[str, Any]
) -> None:
    server.script = [resource(attributes), api({"data": []})]
    with pytest.raises(RejectedError, match="contains no shared secret for L5m24mjs"):
        integrations.shared_secret(client, "L5m24mjs")


def test_create_sends_the_attributes_and_returns_the_response(server: FaultServer, client: Client) -> None:
    server.script = [resource({**DESIRED, "shared_secret": "s3cr3t", "new": [1]}, status=201)]
    created, unapplied = integrations.create(client, DESIRED)
    assert unapplied == []
    assert created.attributes["shared_secret"] == "s3cr3t"
    assert created.attributes["new"] == [1]
    assert server.seen[0].json == {"data": {"type": "integrations", "attributes": DESIRED}}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("desired", "returned", "name", "current"),
    [
        ({"is_active": True}, {"is_active": False}, "is_active", False),
        ({"is_active": True}, {"is_active": 1}, "is_active", 1),
        ({"is_active": False}, {"is_active": None}, "is_active", None),
        (
            {"additional_options": {"hash_pii": True}},
            {"additional_options": {"hash_pii": False}},
            "additional_options.hash_pii",
            False,
        ),
    ],
)
def test_create_returns_unapplied_attributes(
    server: FaultServer,
    client: Client,
    *,
    desired: dict[str, Any],
    returned: dict[str, Any],
    name: str,
    current: Any,
) -> None:
    server.script = [resource(returned, status=201)]
    _, (difference,) = integrations.create(client, desired)
    assert (difference.name, difference.current) == (name, current)
    assert len(server.seen) == 1


SPARSE_ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {"region": "us"},
    {"additional_options": {}},
    {"additional_options": None},
    {"additional_options": "x"},
    {"additional_options": {"other": 1}},
]


@pytest.mark.parametrize("returned", SPARSE_ATTRIBUTES, ids=str)
@pytest.mark.parametrize("applied", [True, False])
def test_a_sparse_response_is_completed_by_a_read(
    server: FaultServer, client: Client, returned: dict[str, Any], applied: bool
) -> None:
    current = {
        "region": "us",
        "additional_options": {"hash_pii": applied, "further": 1},
        "shared_secret": None,
    }
    server.script = [resource({**returned, "shared_secret": "once"}, status=201), resource(current)]
    created, unapplied = integrations.create(
        client, {"region": "us", "additional_options": {"hash_pii": True}}
    )
    assert server.calls == ["POST /api/v1/integrations", "GET /api/v1/integrations/L5m24mjs"]
    assert [difference.name for difference in unapplied] == (
        [] if applied else ["additional_options.hash_pii"]
    )
    assert created.attributes["additional_options"]["further"] == 1
    assert created.attributes["shared_secret"] == "once"


def test_a_sparse_response_is_returned_when_the_read_fails(server: FaultServer, client: Client) -> None:
    server.script = [resource({"shared_secret": "once"}, status=201), http(403)]
    created, unapplied = integrations.create(client, {"region": "us"})
    assert (created.id, created.attributes["shared_secret"]) == ("L5m24mjs", "once")
    assert (unapplied, unconfirmed(created.attributes, {"region": "us"})) == ([], ["region"])


@pytest.mark.parametrize("id_", [None, "..", "a/b", ""])
def test_a_secret_without_a_usable_id_is_returned_without_a_read(
    server: FaultServer, client: Client, id_: Any
) -> None:
    shown_once = {"shared_secret": "the only time it is shown"}
    server.script = [resource(shown_once, id_=id_, status=201)]
    created, unapplied = integrations.create(client, {"region": "us"})
    assert created.attributes["shared_secret"] == shown_once["shared_secret"]
    assert (unapplied, unconfirmed(created.attributes, {"region": "us"})) == ([], ["region"])
    assert len(server.seen) == 1


@pytest.mark.parametrize("id_", [None, "..", "a/b", ""])
def test_create_without_an_id_and_a_secret_is_ambiguous(
    server: FaultServer, client: Client, id_: Any
) -> None:
    server.script = [resource({}, id_=id_, status=201)]
    with pytest.raises(
        AmbiguousWriteError, match="contains no id; the POST was probably carried out"
    ) as caught:
        integrations.create(client, {"region": "us"})
    assert "jebbitctl integrations list" in (caught.value.hint or "")
    assert len(server.seen) == 1


CURRENT = Resource(
    "integrations",
    "L5m24mjs",
    {
        "region": "us",
        "is_active": False,
        "additional_options": {"hash_pii": False, "unknown": [1], "campaign_name_filter": "Spring"},
    },
)


def test_an_update_sends_only_changes_but_all_options(server: FaultServer, client: Client) -> None:
    desired = {"region": "us", "is_active": True, "additional_options": {"hash_pii": True}}
    options = {"hash_pii": True, "unknown": [1], "campaign_name_filter": "Spring"}
    server.script = [resource({"region": "us", "is_active": True, "additional_options": options})]
    updated, unapplied = integrations.update(client, CURRENT, desired)
    assert server.calls == ["PATCH /api/v1/integrations/L5m24mjs"]
    assert server.seen[0].json == {
        "data": {
            "id": "L5m24mjs",
            "type": "integrations",
            "attributes": {"is_active": True, "additional_options": options},
        }
    }
    assert unapplied == []
    assert updated.attributes["additional_options"] == options


def test_send_test_decodes_the_bodies(server: FaultServer, client: Client) -> None:
    server.script = [api(['{"data": {"a": 1}}', "not JSON", {"already": 1}, "9" * 5000, None])]
    report = integrations.send_test(client, "L5m24mjs")
    assert report.deliveries == [{"data": {"a": 1}}, {"already": 1}]
    assert not report.is_documented
    assert (server.calls, server.seen[0].body) == (["POST /api/v1/integrations/L5m24mjs/test"], b"{}")


@pytest.mark.parametrize("document", [{"data": []}, "x", 5])
def test_send_test_keeps_a_response_of_another_shape(
    server: FaultServer, client: Client, document: Any
) -> None:
    server.script = [api(document)]
    report = integrations.send_test(client, "L5m24mjs")
    assert (report.deliveries, report.response) == ([], document)


def test_delete_sends_a_delete_request(server: FaultServer, client: Client) -> None:
    server.script = [http(204)]
    integrations.delete(client, "L5m24mjs")
    assert server.calls == ["DELETE /api/v1/integrations/L5m24mjs"]
