from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import verify
from jebbitctl.webhooks.exchange import EndpointResponse
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender, Summary, paced, summarize
from jebbitctl.webhooks.server import BackgroundServer

from .support import NOBODY, SECRET, Endpoint

if TYPE_CHECKING:
    from jebbitctl.webhooks.receiver import Delivery


def test_a_sample_delivery_verifies_and_is_marked_as_a_test() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        answer = Sender(receiver.url, SECRET).send()
    assert (answer.status, answer.start) == (200, b"")
    (delivery,) = deliveries
    assert delivery.test
    assert delivery.body == SAMPLE_BODY
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["user-agent"].startswith("jebbitctl/")


def test_the_sample_is_the_body_of_jebbits_article() -> None:
    sample = json.loads(SAMPLE_BODY)
    assert sample["data"]["email"] == "test@example.com"
    assert sample["event"] == {"event_number": 0}


def test_a_live_delivery_carries_no_test_mark() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        assert Sender(receiver.url, SECRET, b"\xff\r\n", live=True).send().accepted
    assert not deliveries[0].test
    assert deliveries[0].body == b"\xff\r\n"


def test_each_of_a_series_is_signed_afresh() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        answers = list(Sender(server.url, SECRET).series(3, rate=1.5))
    assert [answer.status for answer in answers] == [200, 200, 200]
    signatures = [seen.headers["x-jebbit-signature"] for seen in endpoint.seen]
    assert len(set(signatures)) > 1
    assert all(verify(SECRET, SAMPLE_BODY, signature) for signature in signatures)


def test_a_series_goes_on_after_a_failure() -> None:
    answers = Sender(NOBODY, SECRET).series(3)
    assert [answer.error for answer in answers] == ["Connection refused"] * 3


def test_the_rate_is_not_exceeded_to_catch_up_after_a_pause() -> None:
    times = [time.monotonic()]
    for number in paced(6, rate=50):
        times.append(time.monotonic())
        if number == 1:
            time.sleep(0.1)
    began, _, second, third, *_, sixth = times
    assert second - began >= 0.02
    assert sixth - third > 0.04


def test_without_a_rate_nothing_waits() -> None:
    began = time.monotonic()
    assert list(paced(1000, None)) == list(range(1000))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        next(paced(1, rate))


def test_a_bad_url_or_an_empty_secret_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match="URL"):
        Sender("example.com", SECRET)
    with pytest.raises(UsageError, match="secret is empty"):
        Sender("https://example.com", "")


def test_the_secret_shows_in_no_repr() -> None:
    assert SECRET not in repr(Sender("https://example.com", SECRET))


def test_a_summary_counts_all_and_times_those_answered() -> None:
    answers = [EndpointResponse(200, seconds / 100) for seconds in range(100, 0, -1)]
    answers += [EndpointResponse(500, 9.0), EndpointResponse(None, 99.0, error="x")]
    assert summarize(answers) == Summary(count=102, accepted=100, minimum=0.01, median=0.51, p99=1.0)


def test_a_summary_of_one_and_of_none() -> None:
    assert summarize([EndpointResponse(204, 0.5)]) == Summary(1, 1, 0.5, 0.5, 0.5)
    assert summarize([EndpointResponse(None, 1.0, error="x")]) == Summary(1, 0, None, None, None)
    assert summarize([]) == Summary(0, 0, None, None, None)
