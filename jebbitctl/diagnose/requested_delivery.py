"""The test delivery that a diagnosis asks Jebbit for: what Jebbit says that it sent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jebbitctl.api import integrations
from jebbitctl.diagnose.findings import failed, ok, unknown
from jebbitctl.diagnose.own_deliveries import SentTest
from jebbitctl.diagnose.probing import NOT_ASKED
from jebbitctl.errors import RejectedError

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding


def test(case: Case) -> Finding:
    """Jebbit says that it sends a test delivery. Whether it arrives, only the endpoint knows."""
    if not case.probe:
        return unknown(NOT_ASKED)
    _ = case.webhook  # else there is nothing to test
    position = case.receipts.read_on() if case.receipts else 0
    started = time.time()
    try:
        report = integrations.send_test(case.client, case.id)
    except RejectedError as error:
        return failed(f"Jebbit refused to send one: {error.message}", error.hint or "ask Jebbit why")
    if report.problem:
        return failed(report.problem, f"try it alone: {case.command('integrations', 'test', case.id)}")
    case.own.test = SentTest(started, position)
    return ok(f"{report.summary}; only receipts prove that it arrived")
