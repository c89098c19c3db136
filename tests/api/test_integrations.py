from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api import integrations
from jebbitctl.api.integrations import Difference
from jebbitctl.errors import AmbiguousWriteError, RefusedError, UsageError
from tests.api.faults import api, http, resource

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer

BAD_IDS = ["", "..", ".", "a/b", "a?x", "a#x", "a b", "%2e%2e"]
ASKED = {"endpoint": "https://e.example/", "region": "us"}


@pytest.mark.parametrize("id_", BAD_IDS)
@pytest.mark.parametrize(
    "call", [integrations.get, integrations.delete, integrations.send_test, integrations.shared_secret]
)
def test_what_is_no_id_is_refused_before_any_request(
    server: FaultServer, client: Client, call: Any, id_: str
) -> None:
    with pytest.raises(UsageError):
        call(client, id_)
    assert server.connections == 0


@pytest.mark.parametrize("id_", BAD_IDS)
def test_an_update_goes_nowhere_else(server: FaultServer, client: Client, id_: str) -> None:
    with pytest.raises(UsageError):
        integrations.update(client, {"id": id_}, {"region": "us"})
    assert server.connections == 0


def test_the_inventory_has_every_page(server: FaultServer, client: Client) -> None:
    server.script = [
        api({"data": [{"id": "1", "attributes": {"new": True}}], "links": {"next": "?page=2"}}),
        api({"data": [{"id": "2"}]}),
    ]
    assert integrations.inventory(client) == [
        {"id": "1", "type": None, "new": True},
        {"id": "2", "type": None},
    ]


@pytest.mark.parametrize("answer", [http(200), api({"data": {}}), api([]), api({"data": [5]})])
def test_an_inventory_that_is_none_is_refused(server: FaultServer, client: Client, answer: bytes) -> None:
    server.script = [answer]
    with pytest.raises(RefusedError, match="Jebbit's response contains no"):
        integrations.inventory(client)


def test_only_those_that_match() -> None:
    one: dict[str, Any] = {"id": "1", "is_active": True, "region": "us", "service_name": "a", "endpoint": "e"}
    two: dict[str, Any] = {"id": "2", "is_active": False, "region": None, "service_name": "b"}
    assert integrations.matching([one, two]) == [one, two]
    assert integrations.matching([one, two], active=False) == [two]
    assert integrations.matching([one, two], region="us", service="a", endpoint="e") == [one]
    assert integrations.matching([one, two], active=True, service="b") == []


@pytest.mark.parametrize("id_", [None, 5, "other"])
def test_one_is_known_by_the_id_that_was_asked_for(server: FaultServer, client: Client, id_: Any) -> None:
    server.script = [resource({"region": "us"}, id_=id_)]
    assert integrations.get(client, "L5m24mjs")["id"] == "L5m24mjs"


def test_a_secret(server: FaultServer, client: Client) -> None:
    server.script = [resource({"shared_secret": "s3cr3t"})]
    assert integrations.shared_secret(client, "L5m24mjs") == "s3cr3t"


@pytest.mark.parametrize(
    "attributes", [{}, {"shared_secret": None}, {"shared_secret": ""}, {"shared_secret": 5}]
)
def test_no_secret_is_said_plainly(server: FaultServer, client: Client, attributes: dict[str, Any]) -> None:
    server.script = [resource(attributes)]
    with pytest.raises(RefusedError, match="holds no shared secret for L5m24mjs"):
        integrations.shared_secret(client, "L5m24mjs")


def test_create_sends_what_is_asked_and_returns_all_that_is_answered(
    server: FaultServer, client: Client
) -> None:
    server.script = [resource({**ASKED, "shared_secret": "s3cr3t", "new": [1]}, status=201)]
    created, refused = integrations.create(client, ASKED)
    assert refused == []
    assert created["shared_secret"] == "s3cr3t"
    assert created["new"] == [1]
    assert server.seen[0].json == {"data": {"type": "integrations", "attributes": ASKED}}
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("asked", "answered", "name", "got"),
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
def test_what_was_not_taken_is_named(
    server: FaultServer,
    client: Client,
    *,
    asked: dict[str, Any],
    answered: dict[str, Any],
    name: str,
    got: Any,
) -> None:
    server.script = [resource(answered, status=201)]
    _, (difference,) = integrations.create(client, asked)
    assert (difference.name, difference.is_) == (name, got)
    assert len(server.seen) == 1


SPARSE: list[dict[str, Any]] = [
    {},
    {"region": "us"},
    {"additional_options": {}},
    {"additional_options": None},
    {"additional_options": "x"},
    {"additional_options": {"other": 1}},
]


@pytest.mark.parametrize("answered", SPARSE, ids=str)
@pytest.mark.parametrize("taken", [True, False])
def test_a_sparse_answer_is_verified(
    server: FaultServer, client: Client, answered: dict[str, Any], taken: bool
) -> None:
    now = {"region": "us", "additional_options": {"hash_pii": taken, "further": 1}, "shared_secret": None}
    server.script = [resource({**answered, "shared_secret": "once"}, status=201), resource(now)]
    created, refused = integrations.create(client, {"region": "us", "additional_options": {"hash_pii": True}})
    assert server.calls == ["POST /api/v1/integrations", "GET /api/v1/integrations/L5m24mjs"]
    assert [difference.name for difference in refused] == ([] if taken else ["additional_options.hash_pii"])
    assert created["additional_options"]["further"] == 1
    assert created["shared_secret"] == "once"


def test_a_sparse_answer_that_cannot_be_verified_is_still_shown(server: FaultServer, client: Client) -> None:
    server.script = [resource({"shared_secret": "once"}, status=201), http(403)]
    created, refused = integrations.create(client, {"region": "us"})
    assert (created["id"], created["shared_secret"]) == ("L5m24mjs", "once")
    assert refused == [Difference("region", None, "us")]


@pytest.mark.parametrize("id_", [None, 5, "..", "a/b", ""])
def test_an_answer_without_a_usable_id_is_not_looked_up(
    server: FaultServer, client: Client, id_: Any
) -> None:
    told_once = {"shared_secret": "the only time it is shown"}
    server.script = [resource(told_once, id_=id_, status=201)]
    created, refused = integrations.create(client, {"region": "us"})
    assert created["shared_secret"] == told_once["shared_secret"]
    assert [difference.name for difference in refused] == ["region"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("id_", [None, 5, "..", "a/b", ""])
def test_a_create_that_names_no_id_is_in_doubt(server: FaultServer, client: Client, id_: Any) -> None:
    server.script = [resource({}, id_=id_, status=201)]
    with pytest.raises(AmbiguousWriteError, match="names no id; the POST was probably carried out") as caught:
        integrations.create(client, {"region": "us"})
    assert "jebbitctl integrations list" in (caught.value.hint or "")
    assert len(server.seen) == 1


@pytest.mark.parametrize("answer", [http(201), api(None), api([]), api({"data": None}), api({"data": []})])
def test_a_create_that_answers_no_resource_is_in_doubt(
    server: FaultServer, client: Client, answer: bytes
) -> None:
    server.script = [answer]
    with pytest.raises(AmbiguousWriteError, match="the POST was probably carried out") as caught:
        integrations.create(client, ASKED)
    assert "jebbitctl integrations list" in (caught.value.hint or "")
    assert len(server.seen) == 1


CURRENT = {
    "id": "L5m24mjs",
    "region": "us",
    "is_active": False,
    "additional_options": {"hash_pii": False, "unknown": [1], "campaign_name_filter": "Spring"},
}


def test_an_update_sends_only_what_changes_and_the_options_whole(server: FaultServer, client: Client) -> None:
    asked = {"region": "us", "is_active": True, "additional_options": {"hash_pii": True}}
    options = {"hash_pii": True, "unknown": [1], "campaign_name_filter": "Spring"}
    server.script = [resource({"region": "us", "is_active": True, "additional_options": options})]
    updated, refused = integrations.update(client, CURRENT, asked)
    assert server.calls == ["PATCH /api/v1/integrations/L5m24mjs"]
    assert server.seen[0].json == {
        "data": {
            "id": "L5m24mjs",
            "type": "integrations",
            "attributes": {"is_active": True, "additional_options": options},
        }
    }
    assert refused == []
    assert updated["additional_options"] == options


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"region": "us"}, {}),
        ({"additional_options": {"hash_pii": False}}, {}),
        ({"additional_options": {}}, {}),
        ({"is_active": 0}, {"is_active": 0}),
        ({"endpoint": None}, {}),
        ({"additional_options": None}, {"additional_options": None}),
        ({"additional_options": "text"}, {"additional_options": "text"}),
    ],
)
def test_what_is_sent(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    assert integrations.changes(CURRENT, asked) == sent


@pytest.mark.parametrize("before", [None, "x", [], 5])
def test_options_that_are_none_are_replaced(before: Any) -> None:
    current = {"id": "1", "additional_options": before}
    assert integrations.changes(current, {"additional_options": {"hash_pii": True}}) == {
        "additional_options": {"hash_pii": True}
    }


@pytest.mark.parametrize("answer", [http(204), api(None), api({})])
def test_an_update_without_an_answer_is_verified(server: FaultServer, client: Client, answer: bytes) -> None:
    server.script = [answer, resource({"is_active": False, "region": "us"})]
    updated, refused = integrations.update(client, CURRENT, {"is_active": True})
    assert refused == [Difference("is_active", False, True)]
    assert (updated["id"], updated["region"]) == ("L5m24mjs", "us")
    assert server.calls[1] == "GET /api/v1/integrations/L5m24mjs"


def test_an_update_that_answers_no_resource_is_in_doubt(server: FaultServer, client: Client) -> None:
    server.script = [api({"data": []})]
    with pytest.raises(AmbiguousWriteError, match="the PATCH was probably carried out"):
        integrations.update(client, CURRENT, {"is_active": True})


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b", "additional_options"]),
    VALUES | st.dictionaries(st.sampled_from("abc"), VALUES),
)


@given(OBJECTS, OBJECTS)
def test_sending_the_changes_leaves_no_difference_and_loses_no_option(
    current: dict[str, Any], asked: dict[str, Any]
) -> None:
    after = {**current, **integrations.changes(current, asked)}
    assert integrations.differences(after, asked) == []
    before, options = current.get("additional_options"), after.get("additional_options")
    if isinstance(before, dict) and isinstance(options, dict):
        assert before.keys() <= options.keys()


def test_a_test_delivery_decodes_the_bodies(server: FaultServer, client: Client) -> None:
    server.script = [api(['{"data": {"a": 1}}', "not JSON", {"already": 1}, "9" * 5000, None])]
    bodies = integrations.send_test(client, "L5m24mjs")
    assert bodies == [{"data": {"a": 1}}, "not JSON", {"already": 1}, "9" * 5000, None]
    assert (server.calls, server.seen[0].body) == (["POST /api/v1/integrations/L5m24mjs/test"], b"{}")


@pytest.mark.parametrize("document", [{"data": []}, "x", 5])
def test_another_answer_to_a_test_is_returned_as_it_is(
    server: FaultServer, client: Client, document: Any
) -> None:
    server.script = [api(document)]
    assert integrations.send_test(client, "L5m24mjs") == document


def test_a_delete(server: FaultServer, client: Client) -> None:
    server.script = [http(204)]
    integrations.delete(client, "L5m24mjs")
    assert server.calls == ["DELETE /api/v1/integrations/L5m24mjs"]
