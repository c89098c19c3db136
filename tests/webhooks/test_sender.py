from __future__ import annotations

import json
import math
import os
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import verify
from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.endpoint import EndpointResponse
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.sender import SAMPLE_BODY, Sender, Summary, paced, summarize
from tests.support import interrupted_unnoticed

from .support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from jebbitctl.webhooks.receiver import Delivery


def test_a_sample_delivery_verifies_and_is_marked_as_a_test() -> None:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
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
    with Receiver(SECRET, deliveries.append) as receiver:
        assert Sender(receiver.url, SECRET, b"\xff\r\n", live=True).send().accepted
    assert not deliveries[0].test
    assert deliveries[0].body == b"\xff\r\n"


def test_each_delivery_of_a_series_has_a_new_signature() -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        responses = list(Sender(server.url, SECRET).series(3, rate=1.5))
    assert [response.status for response in responses] == [200, 200, 200]
    signatures = [request.headers["x-jebbit-signature"] for request in endpoint.requests]
    assert len(set(signatures)) > 1
    assert all(verify(SECRET, SAMPLE_BODY, signature) for signature in signatures)


def test_a_series_continues_after_a_failure() -> None:
    responses = Sender(UNREACHABLE, SECRET).series(3)
    assert [response.error for response in responses] == ["connection refused"] * 3


def test_the_rate_is_not_exceeded_to_catch_up_after_a_pause() -> None:
    times = [time.monotonic()]
    for number in paced(6, rate=50):
        times.append(time.monotonic())
        if number == 1:
            time.sleep(0.1)
    started, _, second, third, *_, sixth = times
    assert second - started >= 0.02
    assert sixth - third > 0.04


def test_without_a_rate_there_is_no_wait() -> None:
    started = time.monotonic()
    assert list(paced(1000, None)) == list(range(1000))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_a_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(UsageError, match="more than 0"):
        next(paced(1, rate))


def test_an_invalid_url_or_an_empty_secret_is_rejected_before_anything_is_sent() -> None:
    with pytest.raises(UsageError, match="URL"):
        Sender("example.com", SECRET)
    with pytest.raises(UsageError, match="secret is empty"):
        Sender("https://example.com", "")


def test_repr_does_not_contain_the_secret() -> None:
    assert SECRET not in repr(Sender("https://example.com", SECRET))


def test_a_summary_counts_all_deliveries_and_only_measures_those_with_a_response() -> None:
    responses = [EndpointResponse(200, seconds / 100) for seconds in range(100, 0, -1)]
    responses += [EndpointResponse(500, 9.0), EndpointResponse(None, 99.0, error="x")]
    assert summarize(responses) == Summary(count=102, accepted=100, minimum=0.01, median=0.51, p99=1.0)


def test_a_summary_of_one_delivery_and_of_none() -> None:
    assert summarize([EndpointResponse(204, 0.5)]) == Summary(1, 1, 0.5, 0.5, 0.5)
    assert summarize([EndpointResponse(None, 1.0, error="x")]) == Summary(1, 0, None, None, None)
    assert summarize([]) == Summary(0, 0, None, None, None)


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_ctrl_c_that_does_not_interrupt_the_pause_between_deliveries_is_noticed() -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        list(paced(2, rate=0.01))
