"""A request concerns the business that it names, or it is not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api.client import Client
from jebbitctl.errors import ForbiddenError, UsageError
from tests.api.faults import api, http
from tests.api.support import Tokens, token

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import FaultServer

TWO = ("read:business:bTUIhsye", "read:business:second00", "read:integration")


@pytest.mark.parametrize("covered", [TWO, TWO[:1]])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_business_that_the_token_does_not_cover_is_a_usage_error_before_any_request(
    server: FaultServer, transport: Transport, covered: tuple[str, ...], method: str
) -> None:
    tokens = Tokens(token(*covered))
    with pytest.raises(UsageError, match="do not cover business another0; they cover bTUIhsye") as caught:
        Client(transport, server.url, tokens, "another0").request(method, "/integrations")
    assert "JEBBIT_BUSINESS_ID" in (caught.value.hint or "")
    assert (server.connections, len(tokens.rejected)) == (0, 1)


def test_a_new_token_may_cover_a_business_that_the_cached_one_does_not(
    server: FaultServer, transport: Transport
) -> None:
    tokens = Tokens(token(TWO[0], text="cached"), token(*TWO, text="new"))
    server.script = [api({"data": 1})]
    assert Client(transport, server.url, tokens, "second00").get("/integrations") == {"data": 1}
    assert server.seen[0].headers["authorization"] == "Bearer new"


def test_a_new_token_after_a_401_must_cover_the_business_as_well(
    server: FaultServer, transport: Transport
) -> None:
    tokens = Tokens(token(*TWO), token(TWO[0]))
    server.script = [http(401)]
    with pytest.raises(UsageError, match="do not cover business second00"):
        Client(transport, server.url, tokens, "second00").post("/integrations", {})
    assert len(server.seen) == 1


def self_of(id_: str) -> bytes:
    return api({"data": {"id": id_, "type": "businesses", "attributes": {}}})


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_jebbit_is_asked_once_which_business_answers_if_the_token_does_not_tell(
    server: FaultServer, transport: Transport, method: str
) -> None:
    client = Client(transport, server.url, Tokens(token("read:business")), "second00")
    server.script = [self_of("second00"), api({}), api({})]
    for _ in range(2):
        client.for_business("second00").request(method, "/integrations")
    assert server.calls == ["GET /api/v1/self", *[f"{method} /api/v1/integrations"] * 2]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_nothing_is_sent_if_another_business_than_the_named_one_answers(
    server: FaultServer, transport: Transport, method: str
) -> None:
    client = Client(transport, server.url, Tokens(), "second00")
    server.script = [self_of("bTUIhsye")]
    for _ in range(2):
        with pytest.raises(UsageError, match="do not cover business second00; they cover bTUIhsye"):
            client.request(method, "/integrations")
    assert server.calls == ["GET /api/v1/self"]


@pytest.mark.parametrize("answer", [http(403), http(404), http(200), api({"data": {"id": None}})])
def test_without_an_answer_a_read_is_sent_and_a_write_is_not(
    server: FaultServer, transport: Transport, answer: bytes
) -> None:
    client = Client(transport, server.url, Tokens(), "second00")
    server.script = [answer, api({"data": 1})]
    assert client.get("/integrations") == {"data": 1}
    with pytest.raises(ForbiddenError, match="the POST was not sent: neither") as caught:
        client.post("/integrations", {})
    assert "read:business" in (caught.value.hint or "")
    assert server.calls == ["GET /api/v1/self", "GET /api/v1/integrations"]


def test_without_a_named_business_nobody_is_asked(server: FaultServer, transport: Transport) -> None:
    server.script = [api({"data": 1})]
    assert Client(transport, server.url, Tokens()).post("/integrations", {}) == {"data": 1}
    assert len(server.seen) == 1
