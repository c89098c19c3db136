"""The first lines: may we ask, and whom do we ask about?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose.findings import ok

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding


def business(case: Case) -> Finding:
    """The credentials cover the business in use."""
    found = case.facts.business()
    return ok(f"{found['name'] or 'a business without a name'} ({found['id']})")
