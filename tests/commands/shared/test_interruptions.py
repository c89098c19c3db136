"""What commands print after a signal."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from jebbitctl.commands.shared import interruptions
from jebbitctl.output.formats import Format
from jebbitctl.output.output import Output
from jebbitctl.output.streams import TerminalSettings


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_pipe_that_nobody_reads_delays_the_last_report_only_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    output = Output(Format(), terminal=TerminalSettings())
    monkeypatch.setattr(interruptions, "PRINT_TIMEOUT", 0.05)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(KeyboardInterrupt), interruptions.last_report(output):  # noqa: PT012 - it waits
            signal.raise_signal(signal.SIGINT)
            for _ in range(100):
                output.line("x" * 10_000)
    os.close(reader)
    assert output.has_failed
