from __future__ import annotations

import time

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, Verification, sign
from jebbitctl.webhooks.receiver import Delivery, Receiver
from jebbitctl.webhooks.recordings import Recorded
from jebbitctl.webhooks.replay import replay
from jebbitctl.webhooks.server import BackgroundServer

from .support import NOBODY, SECRET, Endpoint

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
    Recorded(
        number,
        Delivery(0.0, BODY, HEADERS, Verification(Reason.OK, 0, 0), test=True, repeat=False, status=200),
    )
    for number in (2, 5)
]


def test_what_was_recorded_is_sent_again_to_the_byte_with_its_own_signature() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        outcomes = list(replay(RECORDED, server.url))
    assert [(one.number, answer.status) for one, answer in outcomes] == [(2, 200), (5, 200)]
    for seen in endpoint.seen:
        assert seen.body == BODY
        assert (seen.headers["x-jebbit-signature"], seen.headers["x-jebbit-test"]) == (OLD, "1")
        assert seen.headers["content-length"] == str(len(BODY))


def test_an_old_delivery_is_stale_until_it_is_signed_afresh() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        assert [answer.status for _, answer in replay(RECORDED, receiver.url)] == [400, 400]
        assert [answer.status for _, answer in replay(RECORDED, receiver.url, secret=SECRET)] == [200, 200]
    assert {one.body for one in deliveries} == {BODY}
    assert all(one.test for one in deliveries)


def test_a_failure_does_not_end_it() -> None:
    outcomes = list(replay(RECORDED, NOBODY))
    assert [answer.error for _, answer in outcomes] == ["Connection refused"] * 2


def test_what_is_no_url_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        next(replay(RECORDED, "nowhere"))
