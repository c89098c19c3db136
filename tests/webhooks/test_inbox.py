from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.inbox import Inbox
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
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.setattr("jebbitctl.webhooks.inbox.BACKLOG", 3)
    return Inbox()


def test_deliveries_come_out_in_order_until_the_end(inbox: Inbox, deliveries: list[Delivery]) -> None:
    for delivery in (*deliveries[:2], None):
        inbox.put(delivery)
    assert list(inbox.coming()) == deliveries[:2]


@pytest.mark.parametrize("timeout", [0, -1, 0.05])
def test_nothing_is_waited_for_longer_than_allowed(inbox: Inbox, timeout: float) -> None:
    began = time.monotonic()
    assert list(inbox.coming(timeout)) == []
    assert time.monotonic() - began < 5


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_ctrl_c_that_wakes_nobody_is_noticed_all_the_same(inbox: Inbox) -> None:
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interrupted_unnoticed():
        list(inbox.coming(30))
    assert time.monotonic() - began < 15


def test_the_time_ends_even_while_deliveries_keep_coming(inbox: Inbox, deliveries: list[Delivery]) -> None:
    stop = threading.Event()

    def keep_coming() -> None:
        while not stop.is_set():
            inbox.put(deliveries[0])

    sender = threading.Thread(target=keep_coming)
    sender.start()
    began = time.monotonic()
    for _ in inbox.coming(0.2):
        time.sleep(0.01)
    assert time.monotonic() - began < 5
    inbox.close()
    stop.set()
    sender.join(5)
    assert not sender.is_alive()


def test_a_full_inbox_makes_the_receiver_wait_until_there_is_room(
    inbox: Inbox, deliveries: list[Delivery]
) -> None:
    for delivery in deliveries[:3]:
        inbox.put(delivery)
    sender = threading.Thread(target=inbox.put, args=(deliveries[3],))
    sender.start()
    sender.join(0.3)
    assert sender.is_alive()
    coming = inbox.coming(5)
    assert [next(coming) for _ in range(4)] == deliveries[:4]
    sender.join(5)
    assert not sender.is_alive()


def test_once_closed_nobody_waits_for_room_and_what_is_left_comes_out(
    inbox: Inbox, deliveries: list[Delivery]
) -> None:
    for delivery in deliveries[:3]:
        inbox.put(delivery)
    rest = inbox.close()
    began = time.monotonic()
    inbox.put(deliveries[3])
    assert time.monotonic() - began < 5
    assert list(rest) == deliveries[:3]
