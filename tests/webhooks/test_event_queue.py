from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.receiving.event_queue import EventQueue
from jebbitctl.webhooks.receiving.events import Arrived
from tests.interruptions import interrupted_unnoticed

from .support import make_delivery

if TYPE_CHECKING:
    from jebbitctl.webhooks.receiving.events import Event


@pytest.fixture(scope="module")
def deliveries() -> list[Event]:
    return [Arrived(number, make_delivery()) for number in range(5)]


@pytest.fixture
def event_queue(monkeypatch: pytest.MonkeyPatch) -> EventQueue:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.event_queue.MAX_QUEUED", 3)
    return EventQueue()


def test_deliveries_are_yielded_in_order_until_the_end_mark(
    event_queue: EventQueue, deliveries: list[Event]
) -> None:
    for delivery in deliveries[:2]:
        event_queue.put(delivery)
    event_queue.end()
    assert list(event_queue.events()) == deliveries[:2]


@pytest.mark.parametrize("timeout", [0, -1, 0.05])
def test_the_timeout_bounds_the_wait_for_a_delivery(event_queue: EventQueue, timeout: float) -> None:
    began = time.monotonic()
    assert list(event_queue.events(timeout)) == []
    assert time.monotonic() - began < 5


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_is_noticed_even_if_it_does_not_interrupt_the_wait(event_queue: EventQueue) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        list(event_queue.events(30))
    assert time.monotonic() - began < 15


def test_the_timeout_holds_while_deliveries_keep_arriving(
    event_queue: EventQueue, deliveries: list[Event]
) -> None:
    stop = threading.Event()

    def keep_putting() -> None:
        while not stop.is_set():
            event_queue.put(deliveries[0])

    sender = threading.Thread(target=keep_putting)
    sender.start()
    began = time.monotonic()
    for _ in event_queue.events(0.2):
        time.sleep(0.01)
    assert time.monotonic() - began < 5
    event_queue.close()
    stop.set()
    sender.join(5)
    assert not sender.is_alive()


def test_put_waits_while_the_queue_is_full(event_queue: EventQueue, deliveries: list[Event]) -> None:
    for delivery in deliveries[:3]:
        event_queue.put(delivery)
    sender = threading.Thread(target=event_queue.put, args=(deliveries[3],))
    sender.start()
    sender.join(0.3)
    assert sender.is_alive()
    arriving = event_queue.events(5)
    assert [next(arriving) for _ in range(4)] == deliveries[:4]
    sender.join(5)
    assert not sender.is_alive()


def test_close_stops_put_from_waiting_and_no_event_is_lost(
    event_queue: EventQueue, deliveries: list[Event]
) -> None:
    for delivery in deliveries[:3]:
        event_queue.put(delivery)
    event_queue.close()
    rest = event_queue.remaining()
    began = time.monotonic()
    event_queue.put(deliveries[3])
    assert time.monotonic() - began < 5
    assert list(rest) == deliveries[:4]
