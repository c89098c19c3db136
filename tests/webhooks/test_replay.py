from __future__ import annotations

import time
from dataclasses import replace

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, Verification, sign
from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.receiver import Delivery, Receiver
from jebbitctl.webhooks.recordings import RecordedDelivery
from jebbitctl.webhooks.replay import replay

from .support import SECRET, UNREACHABLE, Endpoint

BODY = b'{"a" : "\xff"}\n'
OLD = sign(SECRET, BODY, timestamp=int(time.time()) - 9999)
HEADERS = {
    "x-jebbit-signature": OLD,
    "x-jebbit-test": "1",
    "host": "old",
    "content-length": "99",
    "connection": "close",
}
RECORDED = [
    RecordedDelivery(
        number,
        Delivery(0.0, BODY, HEADERS, Verification(Reason.OK, 0, 0), test=True, repeat=False, status=200),
    )
    for number in (2, 5)
]


def test_deliveries_are_sent_again_byte_for_byte_with_their_own_signature() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        outcomes = list(replay(RECORDED, server.url))
    assert [(record.number, response.status) for record, response in outcomes] == [(2, 200), (5, 200)]
    for request in endpoint.requests:
        assert request.body == BODY
        assert (request.headers["x-jebbit-signature"], request.headers["x-jebbit-test"]) == (OLD, "1")
        assert request.headers["content-length"] == str(len(BODY))


def test_an_old_delivery_is_stale_unless_it_is_signed_again() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        assert [response.status for _, response in replay(RECORDED, receiver.url)] == [400, 400]
        assert [response.status for _, response in replay(RECORDED, receiver.url, secret=SECRET)] == [
            200,
            200,
        ]
    assert {one.body for one in deliveries} == {BODY}
    assert all(one.test for one in deliveries)


def test_a_delivery_whose_body_was_not_recorded_in_full_is_not_sent() -> None:
    endpoint = Endpoint()
    whole, part = RECORDED
    incomplete = replace(part, delivery=replace(part.delivery, omitted_bytes=7))
    with BackgroundServer(endpoint) as server:
        outcomes = list(replay([incomplete, whole], server.url, secret=SECRET))
    assert [(response.status, response.error) for _, response in outcomes] == [
        (None, "not sent: 7 bytes of the body were not recorded"),
        (200, None),
    ]
    assert len(endpoint.requests) == 1


def test_replay_continues_after_a_failure() -> None:
    outcomes = list(replay(RECORDED, UNREACHABLE))
    assert [response.error for _, response in outcomes] == ["connection refused"] * 2


def test_an_invalid_url_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        next(replay(RECORDED, "nowhere"))
