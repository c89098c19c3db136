"""The integration itself: is it there, does it deliver at all, and where was it created?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jebbitctl.api.differences import SERVICE
from jebbitctl.api.integrations import is_webhook
from jebbitctl.diagnose.findings import failed, ok, unknown
from jebbitctl.errors import NotFoundError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

_DASHBOARD = "in the dashboard"
_ORIGIN = re.compile("creat|made|from|origin|source")
"""In the name of what says where it was created, unlike ``visible_in_dashboard``."""
LOOK = "look in Jebbit's dashboard"


def exists(case: Case) -> Finding:
    """The integration exists, and is a webhook."""
    found = case.integration
    if found is None:
        return failed("not found", f"list them: {case.command('integrations', 'list')}")
    service = found.attributes.get(SERVICE)
    if not isinstance(service, str):
        return ok("found; Jebbit does not say its service, so it may be no webhook")
    webhook = is_webhook(found.attributes)
    if webhook is False:
        return unknown(f"{service}: only webhooks can be diagnosed", LOOK)
    return ok(service if webhook else f"{service}; no document names this service, so it may be no webhook")


def active(case: Case) -> Finding:
    """The integration is active."""
    is_active = case.webhook.attributes.get("is_active")
    if not isinstance(is_active, bool):
        return unknown("Jebbit does not say whether it is active", LOOK)
    if not is_active:
        return failed(
            "inactive: Jebbit sends nothing",
            f"activate it: {case.command('integrations', 'update', case.id, '--active')}",
        )
    return ok("active")


def origin(case: Case) -> Finding:
    """Whether the integration was created by the API or in the dashboard, which decides what Jebbit shows."""
    webhook = case.webhook
    from_dashboard = _said_origin(webhook.attributes)
    if from_dashboard is not None:
        return ok(f"created {_DASHBOARD}" if from_dashboard else "created by the API")
    try:
        views = case.facts.dashboard_webhooks()
    except (NotFoundError, RejectedError):
        return unknown("Jebbit does not say where it was created")
    if case.id in views:
        return ok(f"created {_DASHBOARD}")
    if views.doubt:
        return unknown(views.doubt)
    return ok("created by the API: it is not among the webhooks of the dashboard")


def _said_origin(attributes: Mapping[str, object]) -> bool | None:
    """Return whether attributes say that it was created in the dashboard; no document names the attribute."""
    found = {
        value
        for name, value in attributes.items()
        if "dashboard" in name.lower() and _ORIGIN.search(name.lower()) and isinstance(value, bool)
    }
    return bool(found.pop()) if len(found) == 1 else None
