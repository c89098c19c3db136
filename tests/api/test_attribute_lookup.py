"""Which attributes exist: as few requests as possible, and no answer where Jebbit gives none."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.attribute_lookup import MAX_IDS_LENGTH, KnownAttributes, fetch, fetch_if_allowed, split_ids
from jebbitctl.api.resources import Resource
from jebbitctl.api.transport import Transport
from jebbitctl.auth.tokens import StaticTokenSource
from jebbitctl.errors import RejectedError
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import client_for
from tests.scripted_server import add, attributes_of, scripted

if TYPE_CHECKING:
    from jebbitctl.api.client import Client

LIMIT = 40


def trait(**attributes: object) -> Resource:
    return Resource("traits", "t1", dict(attributes))


def queries(sandbox: Sandbox) -> list[str]:
    """Return the queries of the requests for attributes."""
    return [request.query for request in sandbox.requests if request.path == "/api/v1/traits"]


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return client_for(sandbox, Transport(10))


@given(st.lists(st.text(min_size=1, max_size=3).filter(lambda id_: "," not in id_)))
def test_ids_are_split_without_loss_into_the_fewest_groups_that_fit(ids: list[str]) -> None:
    groups = list(split_ids(ids, LIMIT))
    assert [id_ for group in groups for id_ in group] == ids
    lengths = [len(quote_plus(",".join(group))) for group in groups]
    assert all(0 < length <= LIMIT for length in lengths)
    for group, following in pairwise(groups):
        assert len(quote_plus(",".join([*group, following[0]]))) > LIMIT


def test_known_ids_take_one_request_that_names_only_them(client: Client, sandbox: Sandbox) -> None:
    known = fetch(client, ["email", "shoe_size", "email"])
    assert sorted(known.by_id) == ["email", "shoe_size"]
    assert queries(sandbox) == ["filter%5Buser_defined_id%5D=email%2Cshoe_size"]
    assert known.has("first_name") is None


def test_no_names_take_no_request(client: Client, sandbox: Sandbox) -> None:
    assert fetch(client, []).found == ()
    assert queries(sandbox) == []


def test_an_unknown_id_has_all_attributes_listed_once(client: Client, sandbox: Sandbox) -> None:
    known = fetch(client, ["email", "nope"])
    assert (known.has("email"), known.has("nope"), known.has("first_name")) == (True, False, True)
    assert len(known.found) == len(attributes_of(sandbox, "traits"))
    assert [query.partition("=")[0] for query in queries(sandbox)] == [
        "filter%5Buser_defined_id%5D",
        "page%5Bnumber%5D",
        "page%5Bnumber%5D",
    ]


@pytest.mark.parametrize("odd", ["a,b", "", "x" * (MAX_IDS_LENGTH + 1)], ids=["comma", "empty", "long"])
def test_an_id_that_a_filter_cannot_name_is_looked_up_in_the_whole_list(
    client: Client, sandbox: Sandbox, odd: str
) -> None:
    assert fetch(client, [odd]).has(odd) is False
    add(sandbox, "traits", user_defined_id=odd)
    assert fetch(client, [odd]).has(odd) is True
    assert not any(query.startswith("filter") for query in queries(sandbox))


def test_many_ids_are_asked_for_in_several_requests(client: Client, sandbox: Sandbox) -> None:
    ids = [f"größe_{number:04}" for number in range(500)]
    for id_ in ids:
        add(sandbox, "traits", user_defined_id=id_)
    assert all(map(fetch(client, ids).has, ids))
    assert len(queries(sandbox)) == len(list(split_ids(ids))) == 2


def test_what_an_answer_leaves_out_is_not_absent() -> None:
    assert KnownAttributes((trait(user_defined_id="a"), trait(name="b"))).has("b") is None
    assert KnownAttributes((trait(user_defined_id="a"), trait(user_defined_id=None))).has("b") is False
    assert KnownAttributes((trait(user_defined_id=7),)).has("7") is True
    assert KnownAttributes((), frozenset({"a"})).has("a") is False
    assert KnownAttributes((), frozenset({"a"})).has("b") is None


def test_attributes_of_one_id_that_contradict_each_other_say_nothing() -> None:
    yes, no = (trait(user_defined_id="a", pass_to_integrations=value) for value in (True, False))
    assert [KnownAttributes(found).passes("a") for found in ((yes, yes), (no,), (yes, no), (no, yes))] == [
        *(True, False, None, None)
    ]
    assert KnownAttributes((yes,)).passes("b") is None


def test_an_incomplete_list_decides_nothing(client: Client, sandbox: Sandbox) -> None:
    sandbox.state.behaviour.record_count = 99
    with pytest.raises(RejectedError, match="Jebbit counts 99 traits, but sent 12: what is missing from the"):
        fetch(client, ["nope"])


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_lookup_that_may_be_left_out_never_fails(status: int) -> None:
    asked = []

    def answer(_: str, path: str) -> tuple[int, None] | None:
        if path != "traits":
            return None
        asked.append(path)
        return status, None

    with Sandbox(SandboxOptions(), wrap=scripted(answer)) as sandbox:
        client = client_for(sandbox, Transport(10, max_retries=0))
        assert fetch_if_allowed(client, ["email"]) is None
    assert asked == ["traits"]


@pytest.mark.parametrize(
    "page",
    [
        {"data": [], "links": {"next": "/api/v1/traits?page=2"}},
        {"data": [], "meta": {"record_count": 1}},
    ],
    ids=["link", "count"],
)
def test_a_part_of_an_answer_claims_nothing_about_the_rest(page: dict[str, Any]) -> None:
    wrap = scripted(lambda _, path: (200, page) if path == "traits" else None)
    with Sandbox(SandboxOptions(), wrap=wrap) as sandbox:
        assert fetch_if_allowed(client_for(sandbox, Transport(10)), ["nope"]) is None


def test_attributes_that_the_token_may_not_read_are_not_asked_for(sandbox: Sandbox) -> None:
    sandbox.state.permissions.remove("read:trait")
    client = client_for(sandbox, Transport(10))
    assert fetch_if_allowed(client, ["email"]) is None
    assert queries(sandbox) == []


def test_a_token_that_does_not_list_its_scopes_is_tried(client: Client, sandbox: Sandbox) -> None:
    client.tokens = StaticTokenSource(client.token()._replace(scopes=()))
    known = fetch_if_allowed(client, ["email"])
    assert known is not None
    assert known.has("email")
    sandbox.state.permissions.remove("read:trait")
    refused = client_for(sandbox, Transport(10))
    refused.tokens = StaticTokenSource(refused.token()._replace(scopes=()))
    assert fetch_if_allowed(refused, ["email"]) is None
    assert len(queries(sandbox)) == 2
