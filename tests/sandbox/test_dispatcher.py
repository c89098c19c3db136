from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox import assumptions, dispatcher
from jebbitctl.sandbox.deliveries import OutgoingDelivery
from jebbitctl.sandbox.dispatcher import Dispatcher, NotSent
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.webhooks.support import Endpoint

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from jebbitctl.sandbox.deliveries import DeliveryResult
    from jebbitctl.util.certificates import TrustedCertificates


class GatedDelivery(OutgoingDelivery):
    """Is under way until its gate opens."""

    gate: threading.Event
    started: threading.Semaphore

    def send(self, certificates: TrustedCertificates = SYSTEM_CERTIFICATES) -> DeliveryResult:
        self.started.release()
        self.gate.wait(10)
        return super().send(certificates)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def delivery(body: bytes = b"{}", endpoint: str = "https://hooks.example.com/a") -> OutgoingDelivery:
    return OutgoingDelivery("live", "business", "integration", "campaign", endpoint, "secret", body)


def gated(gate: threading.Event, started: threading.Semaphore) -> OutgoingDelivery:
    found = GatedDelivery("live", "business", "integration", "campaign", None, "secret", b"{}")
    object.__setattr__(found, "gate", gate)
    object.__setattr__(found, "started", started)
    return found


def test_each_delivery_has_one_result_before_it_is_idle() -> None:
    results: list[DeliveryResult] = []
    own: list[DeliveryResult] = []
    sending = Dispatcher(results.append)
    assert all(sending.submit(delivery(), own.append) for _ in range(500))
    assert sending.wait_until_idle(10)
    assert len(results) == len(own) == 500
    assert sending.close() == NotSent(0, 0)


def test_a_full_queue_has_no_room_until_a_delivery_leaves_it(
    monkeypatch: pytest.MonkeyPatch, gate: threading.Event
) -> None:
    monkeypatch.setattr(dispatcher, "CAPACITY", 3)
    started = threading.Semaphore(0)
    sending = Dispatcher(lambda _: None)
    for _ in range(assumptions.concurrency()):
        sending.submit(gated(gate, started))
        assert started.acquire(timeout=10)
    for _ in range(3):
        assert sending.wait_for_room(0)
        sending.submit(gated(gate, started))
    assert not sending.wait_for_room(0.01)
    assert sending.submit(gated(gate, started))  # of a visit that began when there was room
    assert not sending.wait_until_idle(0)
    waiting: list[bool] = []
    thread = threading.Thread(target=lambda: waiting.append(sending.wait_for_room(10)))
    thread.start()
    gate.set()
    thread.join(10)
    assert waiting == [True]
    assert sending.wait_until_idle(10)


def test_unsent_deliveries_are_counted_at_the_end_and_nobody_waits(
    monkeypatch: pytest.MonkeyPatch, gate: threading.Event
) -> None:
    monkeypatch.setattr(dispatcher, "CAPACITY", 3)
    monkeypatch.setattr(dispatcher, "CLOSE_TIMEOUT", 0)
    started = threading.Semaphore(0)
    results: list[DeliveryResult] = []
    sending = Dispatcher(results.append)
    for _ in range(assumptions.concurrency()):
        sending.submit(gated(gate, started))
        assert started.acquire(timeout=10)
    for _ in range(3):
        sending.submit(delivery())
    waiting: list[bool] = []
    thread = threading.Thread(target=lambda: waiting.append(sending.wait_for_room(10)))
    thread.start()

    def stream() -> Generator[OutgoingDelivery]:
        yield gated(gate, started)
        yield gated(gate, started)  # is not sent

    sending.stream(stream())
    assert started.acquire(timeout=10)
    assert sending.close() == NotSent(assumptions.concurrency() + 3, 1)
    assert [result.error for result in results] == ["the sandbox was stopped"] * 3
    thread.join(10)
    assert waiting == [False]
    assert not sending.submit(delivery())
    gate.set()
    assert sending.wait_until_idle(10)
    assert not started.acquire(blocking=False)


def test_a_stream_keeps_its_order_and_sends_one_at_a_time() -> None:
    endpoint, closed = Endpoint(), threading.Event()

    def stream() -> Generator[OutgoingDelivery | None]:
        try:
            for number in range(20):
                yield None
                assert len(endpoint.requests) == number
                yield delivery(b"%d" % number, server.url)
        finally:
            closed.set()

    sending = Dispatcher(lambda _: None)
    with BackgroundServer(endpoint) as server:
        sending.stream(stream())
        assert sending.wait_until_idle(10)
    assert [request.body for request in endpoint.requests] == [b"%d" % number for number in range(20)]
    assert closed.is_set()


def test_streams_wait_for_their_turn_on_few_threads(
    monkeypatch: pytest.MonkeyPatch, gate: threading.Event
) -> None:
    monkeypatch.setattr(assumptions, "backfills_at_once", lambda: 2)
    monkeypatch.setattr(dispatcher, "CLOSE_TIMEOUT", 0)
    started = threading.Semaphore(0)
    results: list[DeliveryResult] = []
    sending = Dispatcher(results.append)

    def stream(gate: threading.Event) -> Generator[OutgoingDelivery]:
        yield gated(gate, started)

    for _ in range(50):
        sending.stream(stream(gate))
    assert all(started.acquire(timeout=10) for _ in range(2))
    assert not started.acquire(timeout=0.02)
    gate.set()
    assert sending.wait_until_idle(10)
    assert len(results) == 50
    never = threading.Event()
    for _ in range(5):
        sending.stream(stream(never))
    assert sending.close() == NotSent(0, 5)
    never.set()
    assert sending.wait_until_idle(10)
    assert len(results) <= 52  # those that waited are not sent


def test_an_error_of_whoever_gets_the_results_stops_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    ended: list[DeliveryResult] = []

    def fail(_: DeliveryResult) -> None:
        raise RuntimeError("a broken log")

    sending = Dispatcher(fail)
    for _ in range(20):
        sending.submit(delivery(), ended.append)
    assert sending.wait_until_idle(10)
    assert len(ended) == 20
    sending.close()
