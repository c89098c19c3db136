"""What the inspector sends again, and what it refuses to send."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, verify
from jebbitctl.webhooks.inspector.replayer import Replayer, ReplayTarget
from tests.webhooks.recorded import delivered, outcome
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome

OTHER = "another secret, of another integration"


def replayer(sent: list[Delivery], **secrets: str) -> Replayer:
    def send(delivery: Delivery) -> ForwardOutcome:
        sent.append(delivery)
        return outcome()

    return Replayer([ReplayTarget("http://localhost:3000", send)], secrets)


def test_a_replay_sends_the_recorded_bytes_and_signature() -> None:
    sent: list[Delivery] = []
    recorded = delivered(b'{ "a":1 }\r\n')
    assert replayer(sent).replay(recorded, 0).status == 200
    assert sent == [recorded]


@pytest.mark.parametrize(("label", "key"), [("b", OTHER), ("unknown", SECRET), (None, SECRET)])
def test_a_signed_replay_is_signed_with_the_secret_of_the_delivery_or_the_first(
    label: str | None, key: str
) -> None:
    sent: list[Delivery] = []
    one = replayer(sent, a=SECRET, b=OTHER)
    one.replay(delivered(secret=label), 0, body=b"{} ", re_sign=True)
    assert one.signer(delivered(secret=label)) == ("a" if key == SECRET else "b")
    assert sent[0].body == b"{} "
    assert verify(key, b"{} ", sent[0].headers["x-jebbit-signature"]).reason is Reason.OK


def test_what_cannot_be_sent_truthfully_is_refused() -> None:
    sent: list[Delivery] = []
    one, signing = replayer(sent), replayer(sent, a=SECRET)
    cut = replace(delivered(), omitted_bytes=3)
    masked = replace(delivered(), masked=True)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: one.replay(delivered(), 1), "no such target"),
        (lambda: one.replay(delivered(), -1), "no such target"),
        (lambda: Replayer().replay(delivered(), 0), "no such target"),
        (lambda: one.replay(delivered(), 0, re_sign=True), "no shared secret"),
        (lambda: signing.replay(delivered(), 0, body=b"{}"), "must be signed"),
        (lambda: signing.replay(cut, 0, re_sign=True), "3 bytes of the body were not recorded"),
        (lambda: signing.replay(masked, 0), "masked"),
    ]
    for call, reason in calls:
        with pytest.raises(UsageError, match=reason):
            call()
    assert sent == []


def test_at_most_two_replays_run_at_the_same_time() -> None:
    running, done = threading.Semaphore(0), threading.Event()

    def send(_: Delivery) -> ForwardOutcome:
        running.release()
        assert done.wait(10)
        return outcome()

    one = Replayer([ReplayTarget("http://localhost:3000", send)])
    threads = [threading.Thread(target=one.replay, args=(delivered(), 0)) for _ in range(2)]
    for thread in threads:
        thread.start()
        assert running.acquire(timeout=10)
    with pytest.raises(UsageError, match="still running"):
        one.replay(delivered(), 0)
    done.set()
    for thread in threads:
        thread.join()
    assert one.replay(delivered(), 0).status == 200
