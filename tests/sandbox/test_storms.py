"""Faults of deliveries: what each does, and that the same seed gives the same ones."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.sandbox import assumptions, held_deliveries, storms
from jebbitctl.sandbox import dispatcher as dispatcher_module
from jebbitctl.sandbox.dispatcher import Dispatcher, NotSent
from jebbitctl.sandbox.held_deliveries import HeldDeliveries
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.sandbox.storms import DeliveryFault, Storm, parse_faults
from tests.sandbox.support import SandboxClient, numbered, running

if TYPE_CHECKING:
    from jebbitctl.sandbox.deliveries import DeliveryResult, FaultName
    from jebbitctl.sandbox.held_deliveries import Pending
    from tests.webhooks.support import Endpoint

ALL: dict[FaultName, float] = dict.fromkeys(storms.FAULT_NAMES, 0.1)


def pending(number: int, integration: str = "one") -> Pending:
    return numbered(number, integration=integration), None


def sent(url: str, number: int, **shares: float) -> list[DeliveryResult]:
    """Send numbered deliveries with faults; return their results."""
    results: list[DeliveryResult] = []
    dispatcher = Dispatcher(results.append)
    dispatcher.storm = Storm(shares)  # type: ignore[arg-type]
    for one in range(number):
        assert dispatcher.submit(numbered(one, url))
    assert dispatcher.wait_until_idle(20)
    dispatcher.close()
    return results


@given(order=st.permutations(range(30)), seed=st.integers())
def test_a_delivery_has_the_same_fault_whenever_it_comes(order: list[int], seed: int) -> None:
    first, second = Storm(ALL, seed), Storm(ALL, seed)
    faults = {number: first.fault_of(numbered(number)) for number in range(30)}
    assert {number: second.fault_of(numbered(number)) for number in order} == faults


def test_another_seed_chooses_other_deliveries() -> None:
    def faults(seed: int) -> list[DeliveryFault | None]:
        return [Storm({"lost": 0.5}, seed).fault_of(numbered(number)) for number in range(100)]

    assert faults(1) != faults(2)


def test_integrations_and_kinds_have_faults_of_their_own() -> None:
    storm = Storm({"lost": 0.5})

    def faults(**which: Any) -> list[bool]:
        return [storm.fault_of(numbered(number, **which)) is None for number in range(100)]

    assert faults() != faults(integration="two")
    assert faults() != faults(kind="backfill")


def test_each_fault_has_its_share_and_bursts_have_the_rest() -> None:
    storm = Storm({**ALL, "lost": 0.3})
    found = Counter(fault.name for n in range(10_000) if (fault := storm.fault_of(numbered(n))))
    assert found.total() == 10_000
    for name, share in {"slow": 0.1, "lost": 0.3, "duplicate": 0.1, "reorder": 0.1, "burst": 0.4}.items():
        assert found[name] == pytest.approx(10_000 * share, abs=200)  # type: ignore[index]


def test_without_faults_and_for_tests_there_are_none() -> None:
    assert {Storm().fault_of(numbered(number)) for number in range(100)} == {None}
    assert {Storm({"lost": 1}).fault_of(numbered(n, kind="test")) for n in range(100)} == {None}


def test_a_backfill_is_only_lost_or_duplicated() -> None:
    storm = Storm({**ALL, "reorder": 0.7})
    found = {fault.name for n in range(1000) if (fault := storm.fault_of(numbered(n, kind="backfill")))}
    assert found == {"lost", "duplicate"}


def test_a_slow_delivery_is_late_by_up_to_the_documented_time() -> None:
    faults = [Storm({"slow": 1}).fault_of(numbered(number)) for number in range(1000)]
    delays = [fault.delay for fault in faults if fault]
    assert len(delays) == 1000
    assert 0 < min(delays) < 1 < storms.MAX_DELAY - 1 < max(delays) <= storms.MAX_DELAY


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("slow", {"slow": 0.1}),
        ("lost=0.5,burst", {"lost": 0.5, "burst": 0.1}),
        (" duplicate=1 ", {"duplicate": 1.0}),
        ("slow,lost,duplicate,reorder,burst", ALL),
    ],
)
def test_faults_are_parsed(text: str, shares: dict[str, float]) -> None:
    assert parse_faults(text) == shares


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "slow,slow",
        "lost=",
        "lost=x",
        "lost=2",
        "lost=-1",
        "lost=nan",
        "slow=0.6,lost=0.6",
        "burst=1",
    ],
)
def test_invalid_faults_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--faults|shares"):
        parse_faults(text)


def test_a_fault_of_an_unknown_name_is_an_error_also_in_python() -> None:
    with pytest.raises(UsageError, match="unknown fault 'lots'"):
        Sandbox(SandboxOptions(faults={"lots": 0.3}))  # type: ignore[dict-item]


def test_a_lost_delivery_is_counted_and_never_sent(endpoint: Endpoint, url: str) -> None:
    results = sent(url, 20, lost=0.5)
    lost = [result for result in results if result.outcome == "lost"]
    assert len(endpoint.requests) == 20 - len(lost)
    assert 0 < len(lost) < 20
    assert {result.fault for result in lost} == {"lost"}


def test_a_duplicate_is_the_same_signed_request_again(
    endpoint: Endpoint, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = itertools.count(1_700_000_000)
    monkeypatch.setattr("jebbitctl.webhooks.signature.time.time", lambda: next(times))
    results = sent(url, 3, duplicate=1)
    assert [result.outcome for result in results] == ["delivered"] * 6
    assert Counter(result.fault for result in results) == {None: 3, "duplicate": 3}
    requests = Counter((r.body, r.headers["x-jebbit-signature"]) for r in endpoint.requests)
    assert sorted(requests.values()) == [2, 2, 2]


def test_a_reordered_delivery_arrives_after_later_ones(
    endpoint: Endpoint, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assumptions, "concurrency", lambda: 1)
    monkeypatch.setattr(storms, "REORDER_TIMEOUT", 3600)
    storm = Storm({"reorder": 0.3})
    held = [number for number in range(100) if storm.fault_of(numbered(number))]
    count = next(end for end in range(20, 100) if not {*held} & {*range(end - 6, end)})
    sent(url, count, reorder=0.3)
    arrived = [int(request.body) for request in endpoint.requests]
    assert sorted(arrived) == [*range(count)] != arrived
    for number in {*held} & {*range(count)}:
        assert any(arrived.index(later) < arrived.index(number) for later in range(number + 1, count))
    assert [number for number in arrived if number not in held] == sorted({*range(count)} - {*held})


def test_a_reordered_delivery_does_not_wait_for_ever(
    endpoint: Endpoint, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storms, "REORDER_TIMEOUT", 0.02)
    assert [result.outcome for result in sent(url, 1, reorder=1)] == ["delivered"]
    assert len(endpoint.requests) == 1


def test_a_full_burst_is_sent_at_once_and_the_rest_when_its_time_comes(
    endpoint: Endpoint, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_deliveries, "BURST_INTERVAL", 0.05)
    monkeypatch.setattr(held_deliveries, "BURST_SIZE", 4)
    assert {result.fault for result in sent(url, 10, burst=1)} == {"burst"}
    assert len(endpoint.requests) == 10


def test_held_deliveries_take_room_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher_module, "CAPACITY", 3)
    dispatcher = Dispatcher(lambda _: None)
    dispatcher.storm = Storm({"burst": 1})
    for number in range(3):
        assert dispatcher.wait_for_room(0)
        dispatcher.submit(numbered(number))
    assert not dispatcher.wait_for_room(0.01)
    dispatcher.close()


def test_held_deliveries_are_not_sent_at_the_end() -> None:
    results: list[DeliveryResult] = []
    dispatcher = Dispatcher(results.append)
    dispatcher.storm = Storm({"slow": 0.5, "burst": 1})
    for number in range(10):
        dispatcher.submit(numbered(number))
    assert not dispatcher.wait_until_idle(0)
    assert dispatcher.close() == NotSent(10, 0)
    assert [result.outcome for result in results] == ["not_sent"] * 10


def test_a_stream_loses_and_repeats_deliveries_in_order(endpoint: Endpoint, url: str) -> None:
    storm = Storm({"slow": 0.2, "lost": 0.3, "duplicate": 0.3, "burst": 0})
    dispatcher = Dispatcher(lambda _: None)
    dispatcher.storm = storm
    dispatcher.stream(numbered(number, url, "backfill") for number in range(30))
    assert dispatcher.wait_until_idle(20)
    faults = {n: fault.name for n in range(30) if (fault := storm.fault_of(numbered(n, kind="backfill")))}
    times = {"lost": 0, "duplicate": 2}
    expected = [n for n in range(30) for _ in range(times.get(faults.get(n, ""), 1))]
    assert [int(request.body) for request in endpoint.requests] == expected
    assert {*faults.values()} == {*times}


class TestHeldDeliveries:
    def test_a_slow_one_is_due_after_its_delay(self) -> None:
        held = HeldDeliveries()
        held.add(pending(1), DeliveryFault("slow", delay=3), 100)
        held.add(pending(2), DeliveryFault("slow", delay=1), 100)
        assert (held.seconds_until_due(100), held.take_due(100.9), len(held)) == (1, [], 2)
        assert held.take_due(101) == [pending(2)]
        assert held.take_due(200) == [pending(1)]
        assert (held.seconds_until_due(200), len(held)) == (None, 0)

    def test_a_reordered_one_waits_for_later_ones_of_its_integration(self) -> None:
        held = HeldDeliveries()
        held.add(pending(5), DeliveryFault("reorder", delay=2, overtaking=2), 100)
        for earlier_or_other in (numbered(4), numbered(6, integration="two"), numbered(7, kind="backfill")):
            held.overtaken_by(earlier_or_other)
        held.overtaken_by(numbered(6))
        assert held.take_due(100) == []
        held.overtaken_by(numbered(7))
        assert held.seconds_until_due(100) == 0
        assert (held.take_due(100), len(held)) == ([pending(5)], 0)
        assert (held.take_due(200), held.seconds_until_due(200)) == ([], None)

    def test_a_burst_is_collected(self) -> None:
        held = HeldDeliveries()
        for number in range(held_deliveries.BURST_SIZE):
            assert held.take_due(101) == []
            held.add(pending(number), DeliveryFault("burst"), 100)
        assert len(held.take_due(101)) == held_deliveries.BURST_SIZE
        held.add(pending(1), DeliveryFault("burst"), 200)
        held.add(pending(2), DeliveryFault("burst"), 201)
        assert held.seconds_until_due(200) == held_deliveries.BURST_INTERVAL
        assert held.all() == [pending(1), pending(2)]
        assert held.take_due(202) == [pending(1), pending(2)]


def test_the_log_shows_the_fault(endpoint: Endpoint, url: str) -> None:
    with running(faults={"duplicate": 1}) as client:
        integration = client.integration(url)["id"]
        run = client.control("POST", "visits", count=2, finish=True).json()
        client.control("GET", f"visits/{run['id']}?wait=5")
        client.call("POST", f"integrations/{integration}/test")
        log = client.control("GET", "deliveries").json()
        assert Counter(one["fault"] for one in log["data"]) == {None: 3, "duplicate": 2}
        assert log["counts"]["faults"] == {"duplicate": 2}
        counters = client.sandbox.counters
    assert (counters["delivered"], counters["duplicates"], counters["visits"]) == (5, 2, 2)
    assert len(endpoint.requests) == 5


def test_the_same_seed_and_visits_lose_the_same_deliveries(endpoint: Endpoint, url: str) -> None:
    def arrived(seed: int) -> list[bytes]:
        endpoint.requests.clear()
        with running(faults={"lost": 0.5}, seed=seed) as client:
            client.integration(url)
            client.control("POST", "visits", count=20, finish=True)
            assert client.sandbox.settle(20)  # what is not sent when it closes is lost without a fault
        return sorted(request.body for request in endpoint.requests)

    assert arrived(1) == arrived(1) != arrived(2)


def test_a_lost_delivery_is_no_warning(url: str) -> None:
    warnings: list[str] = []
    with Sandbox(SandboxOptions(faults={"lost": 1}), warn=warnings.append) as sandbox:
        with SandboxClient(sandbox) as client:
            client.integration(url)
            client.control("POST", "visits", count=3, finish=True)
        assert sandbox.settle(5)
    assert warnings == []
    assert sandbox.counters["lost"] == 3


def test_the_seed_chooses_the_requests_that_fail() -> None:
    def failed(seed: int) -> list[bool]:
        with running(fail_rate=0.5, seed=seed) as client:
            return [client.send("GET", "/").status_code != 404 for _ in range(30)]

    assert failed(1) == failed(1) != failed(2)


def test_shares_of_more_than_all_are_refused_by_the_sandbox() -> None:
    with pytest.raises(UsageError), running(faults={"lost": 0.7, "slow": 0.7}):
        pass
    assert SandboxOptions(faults={"lost": 1}).seed == 0
