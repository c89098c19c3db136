"""Signals that end a command."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from jebbitctl.util import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    signals.end_normally_on_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("sent", "raised"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)],
)
def test_a_repeated_signal_does_not_interrupt_the_cleanup(
    sent: signal.Signals, raised: type[BaseException]
) -> None:
    """``timeout`` sends a signal to the command, and then to its whole group."""
    with pytest.raises(raised) as caught:
        _send_during_cleanup(sent)
    assert caught.value.__context__ is None


def _send_during_cleanup(sent: signal.Signals) -> None:
    try:
        signal.raise_signal(sent)
    finally:
        signal.raise_signal(sent)


def test_a_later_signal_interrupts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "REPEAT_SECONDS", 0)
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(signal.SIGTERM)
        assert ended.value.code == 143


def test_what_the_process_was_started_to_ignore_is_still_ignored() -> None:
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)
    signals.end_normally_on_signals()
    assert {signal.getsignal(number) for number in NUMBERS} == {signal.SIG_IGN}
