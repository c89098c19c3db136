"""Resources: parsing, the calls that all types share, and comparisons."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api import differences, resources
from jebbitctl.api.differences import Difference
from jebbitctl.api.resources import Resource
from jebbitctl.errors import (
    AmbiguousWriteError,
    JebbitctlError,
    NotFoundError,
    PartiallyAppliedError,
    RejectedError,
    UsageError,
)
from tests.api.faults import api, http, resource
from tests.strategies import DOCUMENTS

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer

TYPE = "integration_mappings"
MAPPING = {"integration_id": "L5m24mjs", "jebbit_var": "Outcome", "client_var": "bucket"}
NOT_IDS = ["", "..", ".", "a/b", "a?x", "a#x", "a b", "%2e%2e"]


def test_a_resource_keeps_unknown_attributes_and_other_members() -> None:
    document = {
        "data": {
            "id": "1",
            "type": "integrations",
            "attributes": {"new": {"deep": [1]}, "id": "attribute", "type": "attribute"},
            "relationships": {"a": 1},
            "links": {"self": "/x"},
        }
    }
    found = resources.parse_one(document)
    assert (found.id, found.type) == ("1", "integrations")
    assert found.attributes["new"] == {"deep": [1]}
    assert found.members == {"relationships": {"a": 1}, "links": {"self": "/x"}}
    assert found.to_dict() == {
        "id": "1",
        "type": "integrations",
        "new": {"deep": [1]},
        "relationships": {"a": 1},
        "links": {"self": "/x"},
    }


def test_json_starts_with_id_and_type() -> None:
    found = Resource("integrations", "1", {"region": "us", "type": "x", "id": "y"}, {"links": {}})
    assert list(found.to_dict().items())[:2] == [("id", "1"), ("type", "integrations")]
    assert list(Resource(None, None, {"region": "us"}).to_dict()) == ["id", "type", "region"]


@pytest.mark.parametrize(("returned", "id_"), [("a1", "a1"), (5, "5"), (None, None), ("", "")])
def test_the_id_of_a_response_becomes_text(returned: Any, id_: str | None) -> None:
    assert resources.parse_one({"data": {"id": returned}}).id == id_
    assert resources.parse_one({"data": {}}).id is None


def test_merge_lets_the_other_resource_win() -> None:
    listed = Resource("t", "1", {"a": 1, "b": 1}, {"links": 1})
    assert listed.merge(Resource(None, "2", {"b": 2}, {"meta": 2})) == Resource(
        "t", "1", {"a": 1, "b": 2}, {"links": 1, "meta": 2}
    )


@pytest.mark.parametrize(
    "document", [None, [], "x", 5, {}, {"data": None}, {"data": []}, {"data": {"attributes": 1}}]
)
def test_a_document_without_a_resource_is_rejected(document: object) -> None:
    with pytest.raises(RejectedError, match="no resource"):
        resources.parse_one(document)


@pytest.mark.parametrize("document", [None, [], "x", 5, {}, {"data": None}, {"data": {}}, {"data": [5]}])
def test_a_document_without_a_collection_is_rejected(document: object) -> None:
    with pytest.raises(RejectedError):
        resources.parse_many(document)


@given(DOCUMENTS)
def test_any_document_is_parsed_or_rejected(document: object) -> None:
    for parse in (resources.parse_one, resources.parse_many):
        with suppress(JebbitctlError):
            parse(document)


@pytest.mark.parametrize("id_", NOT_IDS)
def test_a_malformed_id_is_rejected_before_any_request(server: FaultServer, client: Client, id_: str) -> None:
    calls: list[Any] = [
        lambda: resources.get_resource(client, TYPE, id_),
        lambda: resources.delete_resource(client, TYPE, id_),
        lambda: resources.patch_resource(client, TYPE, id_, {}),
        lambda: resources.update_resource(client, TYPE, Resource(TYPE, id_), MAPPING),
    ]
    for call in calls:
        with pytest.raises(UsageError):
            call()
    assert server.connections == 0


def test_a_resource_without_an_id_cannot_be_updated(server: FaultServer, client: Client) -> None:
    with pytest.raises(UsageError):
        resources.update_resource(client, TYPE, Resource(TYPE, None), MAPPING)
    assert server.connections == 0


def test_a_list_has_every_page(server: FaultServer, client: Client) -> None:
    server.script = [
        api({"data": [{"id": "1", "attributes": {"new": True}}], "links": {"next": "?page=2"}}),
        api({"data": [{"id": "2"}]}),
    ]
    assert list(resources.list_resources(client, "integrations")) == [
        Resource(None, "1", {"new": True}),
        Resource(None, "2"),
    ]


@pytest.mark.parametrize("response", [http(200), api({"data": {}}), api([]), api({"data": [5]})])
def test_a_list_response_without_a_list_is_rejected(
    server: FaultServer, client: Client, response: bytes
) -> None:
    server.script = [response]
    with pytest.raises(RejectedError, match="Jebbit's response contains no"):
        list(resources.list_resources(client, TYPE))


def test_owned_resources_are_filtered_without_a_query(server: FaultServer, client: Client) -> None:
    server.script = [
        api({"data": [{"id": id_, "attributes": {"integration_id": owner}} for id_, owner in ("1a", "2b")]})
    ]
    assert [found.id for found in resources.list_owned(client, TYPE, "b")] == ["2"]
    assert server.calls == [f"GET /api/v1/{TYPE}"]


def test_listing_what_an_unknown_integration_owns_is_not_found(server: FaultServer, client: Client) -> None:
    server.script = [api({"data": []}), http(404)]
    with pytest.raises(NotFoundError):
        list(resources.list_owned(client, TYPE, "gone"))
    assert server.calls == [f"GET /api/v1/{TYPE}", "GET /api/v1/integrations/gone"]


@pytest.mark.parametrize("id_", [None, 5, "other"])
def test_get_returns_the_requested_id(server: FaultServer, client: Client, id_: Any) -> None:
    server.script = [resource({"region": "us"}, id_=id_)]
    assert resources.get_resource(client, "integrations", "L5m24mjs").id == "L5m24mjs"


def test_create_for_an_unknown_integration_is_not_found(server: FaultServer, client: Client) -> None:
    server.script = [http(404)]
    with pytest.raises(NotFoundError, match=r"^integration L5m24mjs not found$") as caught:
        resources.create_resource(client, TYPE, MAPPING)
    assert (caught.value.status, "integrations list" in (caught.value.hint or "")) == (404, True)


def test_a_numeric_id_of_a_new_resource_is_usable(server: FaultServer, client: Client) -> None:
    server.script = [resource(MAPPING, id_=5, status=201)]
    assert resources.create_resource(client, TYPE, MAPPING).resource.id == "5"


@pytest.mark.parametrize("id_", [None, "..", "a/b", ""])
def test_create_without_an_id_in_the_response_is_ambiguous(
    server: FaultServer, client: Client, id_: Any
) -> None:
    server.script = [resource({}, id_=id_, status=201)]
    with pytest.raises(AmbiguousWriteError, match="no id; the POST was probably carried out") as caught:
        resources.create_resource(client, TYPE, MAPPING)
    assert "jebbitctl mappings list" in (caught.value.hint or "")
    assert len(server.seen) == 1


@pytest.mark.parametrize("response", [http(201), api(None), api([]), api({"data": None}), api({"data": []})])
def test_create_without_a_resource_in_the_response_is_ambiguous(
    server: FaultServer, client: Client, response: bytes
) -> None:
    server.script = [response]
    with pytest.raises(AmbiguousWriteError, match="the POST was probably carried out") as caught:
        resources.create_resource(client, "integrations", MAPPING)
    assert "jebbitctl integrations list" in (caught.value.hint or "")
    assert len(server.seen) == 1


def test_a_response_may_leave_out_the_owner(server: FaultServer, client: Client) -> None:
    returned = {name: value for name, value in MAPPING.items() if name != "integration_id"}
    server.script = [resource(returned, status=201)]
    assert resources.create_resource(client, TYPE, MAPPING).unapplied == []
    assert len(server.seen) == 1


def test_another_owner_in_the_response_is_unapplied(server: FaultServer, client: Client) -> None:
    server.script = [resource({**MAPPING, "integration_id": "other"}, status=201)]
    assert resources.create_resource(client, TYPE, MAPPING).unapplied == [
        Difference("integration_id", "other", "L5m24mjs")
    ]


@pytest.mark.parametrize("desired", [{"default": "none"}, {"default": None}])
def test_an_attribute_missing_from_the_response_is_read(
    server: FaultServer, client: Client, desired: dict[str, Any]
) -> None:
    current = Resource(TYPE, "m1", {**MAPPING, "default": "old"})
    server.script = [resource({"client_var": "bucket"}), resource({**MAPPING, "default": "old"})]
    updated, unapplied = resources.update_resource(client, TYPE, current, desired)
    assert unapplied == [Difference("default", "old", desired["default"])]
    assert updated == Resource("integrations", "m1", {**MAPPING, "default": "old"})


@pytest.mark.parametrize("response", [http(204), api(None), api({})])
def test_an_update_without_a_response_is_read(server: FaultServer, client: Client, response: bytes) -> None:
    server.script = [response, resource({"is_active": False, "region": "us"})]
    current = Resource("integrations", "L5m24mjs", {"is_active": False})
    updated, unapplied = resources.update_resource(client, "integrations", current, {"is_active": True})
    assert unapplied == [Difference("is_active", False, True)]
    assert (updated.id, updated.attributes["region"]) == ("L5m24mjs", "us")
    assert server.calls[1] == "GET /api/v1/integrations/L5m24mjs"


def test_an_update_without_a_resource_in_the_response_is_ambiguous(
    server: FaultServer, client: Client
) -> None:
    server.script = [api({"data": []})]
    with pytest.raises(AmbiguousWriteError, match="the PATCH was probably carried out"):
        resources.update_resource(client, TYPE, Resource(TYPE, "m1"), {"client_var": "x"})


def test_delete_sends_a_delete_request(server: FaultServer, client: Client) -> None:
    server.script = [http(204)]
    resources.delete_resource(client, TYPE, "m1")
    assert server.calls == [f"DELETE /api/v1/{TYPE}/m1"]


CURRENT: dict[str, Any] = {
    "region": "us",
    "is_active": False,
    "endpoint": "https://e.example",
    "additional_options": {"hash_pii": False, "unknown": [1], "campaign_name_filter": "Spring"},
}


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        ({"region": "us"}, []),
        ({"region": "eu"}, [("region", "us", "eu")]),
        ({"missing": None}, []),
        ({"missing": 1}, []),
        ({"additional_options": {"missing": True}}, [("additional_options.missing", None, True)]),
        ({"is_active": 0}, [("is_active", False, 0)]),
        ({"endpoint": "https://E.example:443/"}, []),
        ({"additional_options": {"hash_pii": True}}, [("additional_options.hash_pii", False, True)]),
        ({"additional_options": {"hash_pii": False}}, []),
    ],
)
def test_diff_returns_the_attributes_that_differ(
    desired: dict[str, Any], expected: list[tuple[str, Any, Any]]
) -> None:
    assert differences.diff(CURRENT, desired) == expected


@pytest.mark.parametrize(
    ("desired", "sent"),
    [
        ({"region": "us"}, {}),
        ({"additional_options": {"hash_pii": False}}, {}),
        ({"additional_options": {}}, {}),
        ({"is_active": 0}, {"is_active": 0}),
        ({"missing": None}, {"missing": None}),
        ({"additional_options": None}, {"additional_options": None}),
        ({"additional_options": "text"}, {"additional_options": "text"}),
        (
            {"additional_options": {"hash_pii": True}},
            {"additional_options": {"hash_pii": True, "unknown": [1], "campaign_name_filter": "Spring"}},
        ),
    ],
)
def test_patch_contains_only_changes_but_all_options(desired: dict[str, Any], sent: dict[str, Any]) -> None:
    assert differences.patch(CURRENT, desired) == sent


def test_options_of_null_are_no_options() -> None:
    desired = {"additional_options": {"hash_pii": True}}
    assert differences.patch({"additional_options": None}, desired) == desired


@pytest.mark.parametrize(
    "current",
    [
        {"region": "us"},
        {"additional_options": '{"hash_pii": true}'},
        {"additional_options": []},
        {"additional_options": 5},
    ],
)
def test_a_patch_of_options_is_refused_where_the_others_are_unknown(current: dict[str, Any]) -> None:
    desired = {"additional_options": {"include_sub_channel": True}}
    assert differences.unknown(current, desired) == ["additional_options.include_sub_channel"]
    with pytest.raises(RejectedError, match="may turn the others off"):
        differences.patch(current, desired)
    assert differences.patch(current, desired, force=True) == desired
    assert differences.patch(current, {"additional_options": {}}) == {}


@pytest.mark.parametrize(
    ("desired", "names"),
    [
        ({"region": "us"}, []),
        ({"missing": None}, ["missing"]),
        ({"additional_options": {"missing": True}}, []),
        ({"region": "us", "missing": 1, "additional_options": {"hash_pii": True}}, ["missing"]),
    ],
)
def test_what_is_missing_is_unknown_but_not_among_the_options_which_come_whole(
    desired: dict[str, Any], names: list[str]
) -> None:
    assert differences.unknown(CURRENT, desired) == names
    assert differences.unknown({}, {"additional_options": {"a": 1}}) == ["additional_options.a"]


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b", "additional_options"]),
    VALUES | st.dictionaries(st.sampled_from("abc"), VALUES),
)


@given(OBJECTS, OBJECTS)
def test_a_sent_patch_leaves_no_difference_and_loses_no_option(
    current: dict[str, Any], desired: dict[str, Any]
) -> None:
    if not differences.knows(current, ["additional_options"]):
        current = {**current, "additional_options": {}}
    after = {**current, **differences.patch(current, desired)}
    assert differences.diff(after, desired) == []
    before, options = current.get("additional_options"), after.get("additional_options")
    if isinstance(before, dict) and isinstance(options, dict):
        assert before.keys() <= options.keys()


def test_raise_if_unapplied_names_each_attribute() -> None:
    resources.raise_if_unapplied([], command="jebbitctl mappings get m1")
    unapplied = [Difference("default", None, "none"), Difference("is_active", False, True)]
    with pytest.raises(PartiallyAppliedError) as caught:
        resources.raise_if_unapplied(unapplied, command="jebbitctl mappings get m1")
    assert caught.value.message == (
        "Jebbit did not apply default (requested none, got null), is_active (requested true, got false)"
    )
    assert caught.value.hint == "show the current values with: jebbitctl mappings get m1"
