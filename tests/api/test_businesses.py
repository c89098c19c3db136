from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.businesses import business_in_use, find_business, identify
from jebbitctl.api.client import Client
from jebbitctl.api.transport import Transport
from jebbitctl.errors import JebbitctlError, RejectedError, UnavailableError, UsageError
from tests.api.faults import api, http
from tests.api.support import Tokens, token

if TYPE_CHECKING:
    from tests.api.faults import FaultServer

TWO = ["bTUIhsye", "second00"]


def self_response(id_: Any = "bTUIhsye", name: Any = "Internal") -> bytes:
    return api({"data": {"id": id_, "type": "businesses", "attributes": {"name": name}}})


def three_businesses(transport: Transport, server: FaultServer, business: str | None = None) -> Client:
    return Client(transport, server.url, Tokens(token(*(f"read:business:{id_}" for id_ in TWO))), business)


@pytest.mark.parametrize("covered", [[], ["bTUIhsye"]])
def test_one_business_takes_one_request(server: FaultServer, client: Client, covered: list[str]) -> None:
    server.script = [self_response()]
    business = {"id": "bTUIhsye", "name": "Internal"}
    assert identify(client, covered) == (business, [business])
    assert server.calls == ["GET /api/v1/self"]


def test_several_businesses_take_a_request_each(server: FaultServer, transport: Transport) -> None:
    server.script = [self_response(), self_response("second00", "Second")]
    current, covered = identify(three_businesses(transport, server), TWO)
    assert current is None
    assert covered == [{"id": "bTUIhsye", "name": "Internal"}, {"id": "second00", "name": "Second"}]
    assert [seen.headers["x-jebbit-business"] for seen in server.seen] == TWO


def test_the_business_in_use_is_requested_once(server: FaultServer, transport: Transport) -> None:
    server.script = [self_response(), self_response("second00", "Second")]
    current, _ = identify(three_businesses(transport, server, "second00"), TWO)
    assert current == {"id": "second00", "name": "Second"}
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_removed_business_has_no_name(server: FaultServer, transport: Transport, status: int) -> None:
    server.script = [http(status), self_response("second00", "Second")]
    assert identify(three_businesses(transport, server), TWO)[1] == [
        {"id": "bTUIhsye", "name": None},
        {"id": "second00", "name": "Second"},
    ]


def test_a_removed_business_in_use_is_an_error(server: FaultServer, transport: Transport) -> None:
    server.script = [http(401), self_response(), http(401)]
    with pytest.raises(JebbitctlError, match="for business bTUIhsye"):
        identify(three_businesses(transport, server, "bTUIhsye"), TWO)


def test_a_server_error_is_not_a_removed_business(server: FaultServer, transport: Transport) -> None:
    server.script = [http(500)]
    with pytest.raises(UnavailableError):
        identify(three_businesses(transport, server), TWO)


@pytest.mark.parametrize("response", [api([]), api({"data": None}), api({"data": []}), http(200)])
def test_a_response_without_a_business_is_rejected(
    server: FaultServer, client: Client, response: bytes
) -> None:
    server.script = [response]
    with pytest.raises(RejectedError, match="no resource"):
        identify(client, [])


@pytest.mark.parametrize(
    ("covered", "named", "expected", "requests"),
    [
        (["ONE"], None, "ONE", 0),
        (["ONE"], "ONE", "ONE", 0),
        (["ONE", "TWO"], "TWO", "TWO", 0),
        (["ONE", "TWO"], None, None, 0),
        ([], None, "SELF", 1),
        ([], "TWO", "SELF", 1),
    ],
)
def test_the_business_in_use_is_the_one_that_jebbit_would_change(
    server: FaultServer, covered: list[str], named: str | None, expected: str | None, requests: int
) -> None:
    server.script = [self_response("SELF")]
    tokens = Tokens(token(*(f"read:business:{id_}" for id_ in covered)))
    assert business_in_use(Client(Transport(20), server.url, tokens, named)) == expected
    assert len(server.seen) == requests


@pytest.mark.parametrize("covered", [["ONE"], ["ONE", "TWO"]])
def test_a_named_business_that_is_not_covered_is_never_in_use(
    server: FaultServer, covered: list[str]
) -> None:
    tokens = Tokens(token(*(f"read:business:{id_}" for id_ in covered)))
    with pytest.raises(UsageError, match="do not cover business THREE"):
        business_in_use(Client(Transport(20), server.url, tokens, "THREE"))
    assert server.connections == 0


def test_a_named_business_that_is_not_covered_does_not_hide_the_others(
    server: FaultServer, transport: Transport
) -> None:
    server.script = [self_response(), self_response("second00", "Second"), self_response()]
    assert identify(three_businesses(transport, server, "another0"), TWO)[0] is None
    only = {"id": "bTUIhsye", "name": "Internal"}
    single = Client(transport, server.url, Tokens(token("read:business:bTUIhsye")), "another0")
    assert identify(single, ["bTUIhsye"]) == (only, [only])
    assert "x-jebbit-business" not in server.seen[2].headers


@pytest.mark.parametrize("status", [403, 404])
def test_the_business_in_use_is_unknown_if_jebbit_does_not_say(
    transport: Transport, server: FaultServer, status: int
) -> None:
    server.script = [http(status)]
    assert business_in_use(Client(transport, server.url, Tokens(token()), "TWO")) == "TWO"


@pytest.mark.parametrize(
    ("names", "named", "expected"),
    [
        (("Acme", "Second"), "bTUIhsye", "bTUIhsye"),
        (("Acme", "Second"), "Second", "second00"),
        (("Acme", "Second"), "second", "second00"),
        (("acme", "ACME"), "ACME", "second00"),
        (("Acme", "Caf\u00e9  Two "), " cafe\u0301 two", "second00"),
        (("Acme ", "Acme"), "Acme", "second00"),
        (("second00", "Other"), "second00", "second00"),
        (("Acme", "Acme"), "Acme", "2 businesses are named Acme .*: bTUIhsye, second00"),
        (("Acme", "ACME"), "acme", "2 businesses are named acme"),
        (("Acme", 5), "Borealis", "do not cover business Borealis .*they cover bTUIhsye Acme, second00"),
        (("Acme", None), "Borealis", "do not cover business Borealis .*they cover bTUIhsye Acme, second00"),
    ],
)
def test_a_business_is_named_by_its_id_or_by_a_name_that_no_other_has(
    server: FaultServer, transport: Transport, names: tuple[str, Any], named: str, expected: str
) -> None:
    server.script = [self_response(id_, name) for id_, name in zip(TWO, names, strict=True)]
    client = three_businesses(transport, server)
    if expected in TWO:
        assert find_business(client, named, source="--business") == expected
        assert named not in TWO or not server.seen, "an id needs no request"
    else:
        with pytest.raises(UsageError, match=expected):
            find_business(client, named, source="--business")


def test_a_name_is_not_looked_up_if_the_token_lists_no_businesses(
    server: FaultServer, client: Client
) -> None:
    assert find_business(client, "second00", source="--business") == "second00"
    server.script = [self_response(name="Acme Outfitters")]
    assert find_business(client, "Acme Outfitters", source="--business") == "bTUIhsye"
    server.script = [self_response(name="Acme Outfitters ")]
    assert find_business(client, "acme outfitters", source="--business") == "bTUIhsye"
    server.script = [self_response(name="Acme Outfitters")]
    with pytest.raises(UsageError, match=r"cannot look up .* the token lists no businesses"):
        find_business(client, "Borealis Beauty", source="--business")
