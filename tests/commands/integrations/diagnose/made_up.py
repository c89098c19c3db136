"""Made-up reports, and lines that find what a test says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jebbitctl.diagnose.diagnosis import IntegrationReport
from jebbitctl.diagnose.findings import failed, ok, unknown, warning

if TYPE_CHECKING:
    import signal
    import threading
    from collections.abc import Callable

    import pytest

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

    Line = Callable[[Case], Finding]

SEVENTEEN = [
    *("token", "business", "integration", "active", "origin", "campaigns", "filter", "opt-in", "outcomes"),
    *("attributes", "leads", "duplicates", "mappings", "endpoint", "certificate", "check", "test"),
]
FIX = "activate it: jebbitctl integrations update L5m24mjs --active"
BROKEN = failed("inactive: Jebbit sends nothing", FIX)
KEPT_BACK = warning("only visitors who opt in are sent", "if all should be sent, set require_opt_in to false")
UNPROBED = unknown("it sends test deliveries, so it needs --probe", "add --probe")


def healthy(id_: str = "L5m24mjs", **findings: Finding) -> IntegrationReport:
    """A report of which all lines are ok but these; an underscore in a name stands for a hyphen."""
    found = {name: ok(f"{name} is fine") for name in SEVENTEEN}
    found |= {name.replace("_", "-"): finding for name, finding in findings.items()}
    return IntegrationReport(id_, "https://hooks.example.com/jebbit", found)


def use_lines(monkeypatch: pytest.MonkeyPatch, **lines: Finding | Line) -> None:
    """Have these lines be all that there are."""

    def constant(finding: Finding) -> Line:
        return lambda _: finding

    made = {name: line if callable(line) else constant(line) for name, line in lines.items()}
    monkeypatch.setattr("jebbitctl.diagnose.diagnosis.LINES", made)


def failing_for(id_: str) -> Line:
    """Return a line that fails for one integration."""
    return lambda case: BROKEN if case.id == id_ else ok("active")


def interrupting_at(id_: str, sent: signal.Signals, over: threading.Event) -> Line:
    """Return a line that sends this process a signal at one integration, and does not end by itself."""

    def line(case: Case) -> Finding:
        if case.id == id_:
            os.kill(os.getpid(), sent)
            over.wait(20)
        return ok("reached")

    return line
