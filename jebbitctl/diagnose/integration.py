"""The integration itself: is it there, and does it deliver at all?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose.findings import failed, ok, unknown

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding


def exists(case: Case) -> Finding:
    """The integration exists."""
    if case.integration is None:
        return failed("not found", "list them: jebbitctl integrations list")
    return ok(str(case.integration.attributes.get("service_name", "of a service that Jebbit does not name")))


def active(case: Case) -> Finding:
    """The integration is active."""
    if case.integration is None:
        return unknown("the integration was not found")
    is_active = case.integration.attributes.get("is_active")
    if is_active is None:
        return unknown("Jebbit does not say whether it is active", "look in Jebbit's dashboard")
    if not is_active:
        return failed(
            "inactive: Jebbit sends nothing", f"activate it: jebbitctl integrations update {case.id} --active"
        )
    return ok("active")
