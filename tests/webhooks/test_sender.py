from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.sender import SAMPLE_BODY

from .support import SECRET, UNREACHABLE, Sender

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery


def test_a_sample_delivery_verifies_and_is_marked_as_a_test() -> None:
    deliveries: list[Delivery] = []
    with WebhookServer(SECRET, deliveries.append) as receiver:
        response = Sender(receiver.url, SECRET).send()
    assert (response.status, response.start) == (200, b"")
    (delivery,) = deliveries
    assert delivery.test
    assert delivery.body == SAMPLE_BODY
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["user-agent"].startswith("jebbitctl/")


def test_the_sample_is_from_jebbits_documentation() -> None:
    sample = json.loads(SAMPLE_BODY)
    assert sample["data"]["email"] == "test@example.com"
    assert sample["event"] == {"event_number": 0}


def test_a_live_delivery_is_not_marked_as_a_test() -> None:
    deliveries: list[Delivery] = []
    with WebhookServer(SECRET, deliveries.append) as receiver:
        assert Sender(receiver.url, SECRET, b"\xff\r\n", live=True).send().accepted
    assert not deliveries[0].test
    assert deliveries[0].body == b"\xff\r\n"


def test_an_endpoint_that_refuses_connections_is_a_result() -> None:
    assert Sender(UNREACHABLE, SECRET).send().error == "connection refused"
