from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.endpoint_check import EndpointCheck
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.probes import select_probes

from . import receivers
from .checking import run, run_against
from .receivers import ReceiverAnswer, correct, serving
from .support import SECRET

if TYPE_CHECKING:
    from .receivers import Incoming


class TestRateLimits:
    def test_a_limit_is_waited_for_as_the_endpoint_says(self) -> None:
        budget = 5
        waited: list[float] = []

        def limited(request: Incoming) -> int | ReceiverAnswer:
            nonlocal budget
            budget -= 1
            return correct(request) if budget >= 0 else ReceiverAnswer(429, headers={"Retry-After": "1"})

        def wait(seconds: float) -> None:
            nonlocal budget
            waited.append(seconds)
            budget = 5

        with serving(limited) as url:
            check = run(url, wait=wait)
        assert check.ok
        assert set(waited) == {1.0}
        assert len(waited) >= 5

    def test_a_check_waits_at_most_a_minute_in_total(self) -> None:
        waited: list[float] = []
        with serving(receivers.always(429, headers={"Retry-After": "25"})) as url:
            check = run(url, wait=waited.append)
        assert waited == [25, 25]
        assert not check.ok

    def test_a_long_wait_is_not_begun(self) -> None:
        waited: list[float] = []
        with serving(receivers.always(429, headers={"Retry-After": "3600"})) as url:
            run(url, "stale", wait=waited.append)
        assert not waited

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, 1),
            ({"Retry-After": "0"}, 0.01),
            ({"Retry-After": "-5"}, 1),
            ({"Retry-After": "soon"}, 1),
            ({"Retry-After": "1_0"}, 1),
            (
                {"Date": "Thu, 26 Nov 2020 10:00:00 GMT", "Retry-After": "Thu, 26 Nov 2020 10:00:07 GMT"},
                7,
            ),
        ],
    )
    def test_the_wait_is_what_retry_after_says_or_a_second(
        self, headers: dict[str, str], seconds: float
    ) -> None:
        first = itertools.count()
        waited: list[float] = []
        with serving(
            lambda r: ReceiverAnswer(429, headers=headers) if not next(first) else correct(r)
        ) as url:
            assert run(url, "stale", wait=waited.append).ok
        assert waited == [seconds]

    def test_503_with_retry_after_is_a_limit(self) -> None:
        first = itertools.count()
        waited: list[float] = []
        busy = ReceiverAnswer(503, headers={"Retry-After": "2"})
        with serving(lambda request: busy if next(first) < 2 else correct(request)) as url:
            assert run(url, "stale", wait=waited.append).ok
        assert waited == [2, 2]

    def test_503_without_retry_after_is_not_waited_for(self) -> None:
        waited: list[float] = []
        with serving(receivers.always(503)) as url:
            run(url, "stale", wait=waited.append)
        assert not waited

    def test_requests_are_sent_at_the_given_rate(self) -> None:
        times: list[float] = []

        def timed(request: Incoming) -> int:
            times.append(time.monotonic())
            return correct(request)

        with serving(timed) as url, EndpointClient(url) as client:
            target = ProbeTarget(client, SECRET, rate=50)
            list(EndpointCheck(target, select_probes(["no-signature", "stale"])).run())
        assert len(times) == 5
        assert times[-1] - times[0] >= 4 / 50 - 0.01

    @pytest.mark.parametrize("rate", [0, -1, float("nan")])
    def test_a_rate_that_is_not_positive_is_a_usage_error(self, rate: float) -> None:
        with pytest.raises(UsageError, match="rate"):
            ProbeTarget(EndpointClient("http://127.0.0.1"), SECRET, rate=rate)


def test_no_signature_is_sent_twice_as_long_as_there_are_others() -> None:
    seen: list[str | None] = []

    def record(request: Incoming) -> int:
        seen.append(request.header)
        return correct(request)

    with serving(record) as url, EndpointClient(url) as client:
        target = ProbeTarget(client, SECRET)
        assert all(target.send_signed(b"{}").accepted for _ in range(20))
    assert len(set(seen)) == 20


class TestClock:
    @pytest.mark.parametrize("offset", [-100, 0, 100])
    def test_the_clock_of_the_endpoint_is_known_to_a_second_or_two(self, offset: int) -> None:
        check = run_against(receivers.with_clock(offset), "stale")
        assert check.target.clock_offset == pytest.approx(offset, abs=2)

    def test_a_date_that_is_none_is_ignored(self) -> None:
        check = run_against(lambda _: ReceiverAnswer(200, headers={"Date": "yesterday"}), "get")
        assert check.target.clock_offset is None


def test_an_empty_secret_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="secret is empty"):
        ProbeTarget(EndpointClient("https://example.com"), "")
