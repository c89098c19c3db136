from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks import Reason, Verification, sign
from jebbitctl.webhooks.delivery import Delivery
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.replay import Changes, resend

from .recorded import delivered
from .support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

BODY = b'{"a" : "\xff"}\n'
OLD = sign(SECRET, BODY, timestamp=int(time.time()) - 9999)
HEADERS = {
    "x-jebbit-signature": OLD,
    "x-jebbit-test": "1",
    "host": "old",
    "content-length": "99",
    "connection": "close",
}
RECORDED = Delivery(0.0, BODY, HEADERS, Verification(Reason.OK, 0, 0), test=True, repeat=False, status=200)


def sent_again(delivery: Delivery, changes: Changes) -> tuple[EndpointResponse, list[Delivery]]:
    """Send a delivery to a correct receiver; return its response and what it received."""
    received: list[Delivery] = []
    with WebhookServer(SECRET, received.append) as receiver, EndpointClient(receiver.url) as client:
        return resend(client, delivery, changes), received


def test_a_delivery_is_sent_again_byte_for_byte_with_its_own_signature() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server, EndpointClient(server.url) as client:
        assert resend(client, RECORDED, Changes()).status == 200
    (request,) = endpoint.requests
    assert request.body == BODY
    assert (request.headers["x-jebbit-signature"], request.headers["x-jebbit-test"]) == (OLD, "1")
    assert request.headers["content-length"] == str(len(BODY))


def test_an_old_delivery_is_stale_unless_it_is_signed_again() -> None:
    assert sent_again(RECORDED, Changes())[0].status == 400
    response, (received,) = sent_again(RECORDED, Changes(SECRET))
    assert (response.status, received.body, received.test) == (200, BODY, True)


def test_an_edited_body_is_signed_as_it_is_sent() -> None:
    changes = Changes(SECRET, ["data.email=b@c.example", "data.n=2"], ["event"])
    response, (received,) = sent_again(delivered({"data": {"email": "a"}, "event": 1}), changes)
    assert response.status == 200
    assert json.loads(received.body) == {"data": {"email": "b@c.example", "n": 2}}


@pytest.mark.parametrize("headers", [{}, {"x-jebbit-test": "1"}])
def test_as_test_adds_the_header_of_test_deliveries(headers: dict[str, str]) -> None:
    live = delivered(time=time.time(), headers=headers)
    response, (received,) = sent_again(live, Changes(as_test=True))
    assert (response.status, received.test) == (200, True)
    assert received.headers["x-jebbit-test"] == headers.get("x-jebbit-test", "true")


@pytest.mark.parametrize(
    ("delivery", "changes", "reason"),
    [
        (replace(RECORDED, omitted_bytes=7), Changes(SECRET), "7 bytes of the body were not recorded"),
        (
            replace(RECORDED, masked=True),
            Changes(),
            "the body is masked, so that its signature no longer fits",
        ),
        (RECORDED, Changes(SECRET, ["a=1"]), "--set and --unset require a JSON body"),
        (delivered(), Changes(SECRET, unset=["a"]), "--unset a: there is no a"),
    ],
)
def test_a_delivery_that_would_not_be_right_is_not_sent(
    delivery: Delivery, changes: Changes, reason: str
) -> None:
    response, received = sent_again(delivery, changes)
    assert received == []
    assert (response.status, response.reached) == (None, False)
    assert (response.error or "").startswith("not sent: ")
    if not changes.unset:
        assert response.error == f"not sent: {reason}"


def test_a_masked_delivery_is_sent_if_it_is_signed_again() -> None:
    assert sent_again(replace(RECORDED, masked=True), Changes(SECRET))[0].status == 200


def test_a_failed_connection_is_a_result() -> None:
    with EndpointClient(UNREACHABLE) as client:
        assert resend(client, RECORDED, Changes()).error == "connection refused"


def test_the_secret_is_not_in_the_repr_of_changes() -> None:
    assert SECRET not in repr(Changes(SECRET))
