from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jebbitctl.doctor import checks
from tests.doctor.support import new_context

if TYPE_CHECKING:
    import pytest

    from jebbitctl.doctor.check_context import CheckContext


def test_a_check_that_crashes_or_hangs_stops_no_other(patch: pytest.MonkeyPatch) -> None:
    def broken(_: CheckContext) -> str:
        raise TypeError("sesame")

    finished = threading.Event()

    def hanging(_: CheckContext) -> str:
        finished.wait(30)
        return ""

    def passing(_: CheckContext) -> str:
        return "fine"

    patch.setattr(checks, "CHECK_TIMEOUT", 0.5)
    patch.setattr(checks, "CHECKS", {"a": broken, "b": hanging, "c": passing})
    results = list(checks.run_checks(new_context()))
    finished.set()
    assert [(result.name, result.ok) for result in results] == [("a", False), ("b", False), ("c", True)]
    assert "TypeError" in results[0].detail
    assert "0.5 s" in results[1].detail
    assert results[2].detail == "fine"
