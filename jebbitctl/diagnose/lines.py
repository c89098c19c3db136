"""The lines of a diagnosis, in the order in which a lead travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose import account, integration

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

LINES: dict[str, Callable[[Case], Finding]] = {
    "business": account.business,
    "integration": integration.exists,
    "active": integration.active,
}
"""Every line by name. Later ones may look at the states of earlier ones. Scripts rely on the names.

If a line raises a JebbitctlError, it cannot be known, and the error says why.
"""
