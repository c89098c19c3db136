from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.delivery_queue import DeliveryQueue
from jebbitctl.webhooks.receiver import Receiver
from tests.support import interrupted_unnoticed

from .support import SECRET, post

if TYPE_CHECKING:
    from jebbitctl.webhooks.receiver import Delivery


@pytest.fixture(scope="module")
def deliveries() -> list[Delivery]:
    received: list[Delivery] = []
    with Receiver(SECRET, received.append) as receiver:
        for number in range(5):
            post(receiver.url, b"%d" % number)
    return received


@pytest.fixture
def delivery_queue(monkeypatch: pytest.MonkeyPatch) -> DeliveryQueue:
    monkeypatch.setattr("jebbitctl.webhooks.delivery_queue.MAX_QUEUED", 3)
    return DeliveryQueue()


def test_deliveries_are_yielded_in_order_until_the_end_mark(
    delivery_queue: DeliveryQueue, deliveries: list[Delivery]
) -> None:
    for delivery in (*deliveries[:2], None):
        delivery_queue.put(delivery)
    assert list(delivery_queue.deliveries()) == deliveries[:2]


@pytest.mark.parametrize("timeout", [0, -1, 0.05])
def test_the_timeout_bounds_the_wait_for_a_delivery(delivery_queue: DeliveryQueue, timeout: float) -> None:
    began = time.monotonic()
    assert list(delivery_queue.deliveries(timeout)) == []
    assert time.monotonic() - began < 5


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_is_noticed_even_if_it_does_not_interrupt_the_wait(delivery_queue: DeliveryQueue) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        list(delivery_queue.deliveries(30))
    assert time.monotonic() - began < 15


def test_the_timeout_holds_while_deliveries_keep_arriving(
    delivery_queue: DeliveryQueue, deliveries: list[Delivery]
) -> None:
    stop = threading.Event()

    def keep_putting() -> None:
        while not stop.is_set():
            delivery_queue.put(deliveries[0])

    sender = threading.Thread(target=keep_putting)
    sender.start()
    began = time.monotonic()
    for _ in delivery_queue.deliveries(0.2):
        time.sleep(0.01)
    assert time.monotonic() - began < 5
    delivery_queue.close()
    stop.set()
    sender.join(5)
    assert not sender.is_alive()


def test_put_waits_while_the_queue_is_full(delivery_queue: DeliveryQueue, deliveries: list[Delivery]) -> None:
    for delivery in deliveries[:3]:
        delivery_queue.put(delivery)
    sender = threading.Thread(target=delivery_queue.put, args=(deliveries[3],))
    sender.start()
    sender.join(0.3)
    assert sender.is_alive()
    arriving = delivery_queue.deliveries(5)
    assert [next(arriving) for _ in range(4)] == deliveries[:4]
    sender.join(5)
    assert not sender.is_alive()


def test_close_stops_put_from_waiting_and_returns_the_remaining_deliveries(
    delivery_queue: DeliveryQueue, deliveries: list[Delivery]
) -> None:
    for delivery in deliveries[:3]:
        delivery_queue.put(delivery)
    delivery_queue.close()
    rest = delivery_queue.remaining()
    began = time.monotonic()
    delivery_queue.put(deliveries[3])
    assert time.monotonic() - began < 5
    assert list(rest) == deliveries[:3]
