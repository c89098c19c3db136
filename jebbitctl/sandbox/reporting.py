"""What Jebbit publishes beside the Integrations API: campaign statistics, and how things belong together.

Jebbit's MCP server describes these responses in prose. Of attributes, it uses the names ``title``,
``attached_at``, ``user_defined_id``, ``jebbit_var``, ``resource_type``, ``response_rate``,
``integration_counts`` and ``uploader_counts`` only. It also gives the value ``brand`` of ``attached_at``, the
``resource_type`` of screens such as ``Outcome``, and the transformer ``sha256``. All other names and values
are assumed, wherever the sandbox has them: here, in ``activity``, ``exports`` and ``seed``. So are these, and
what ``assumptions`` says about statistics:

- ``/campaign_stats`` lists campaigns that were never launched, with zeros; so it does those without visitors
  between the dates;
- responses are those to questions, lead forms included; clicks on a result are only in the result's row;
- an integration of another service has mappings that only itself shows, and that no resource has;
- a static value has a name, a value and a level, on which it was set: brand or campaign;
- filters of a nested list are refused, and nested lists do not page unless the type of what they list does;
- inactive integrations count among those that a campaign feeds.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.activity import SCREENS, TOTALS, summed
from jebbitctl.sandbox.assumptions import BRAND, rates
from jebbitctl.sandbox.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.sandbox.activity import Activity
    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource


def count_links(state: SandboxState, business: Business, campaigns: Sequence[StoredResource]) -> None:
    """Set how many integrations and exports each campaign feeds: directly, and because they are brand-wide.

    Whether inactive ones count is assumed: they do.
    """
    for type_, name in (("integrations", "integration_counts"), ("uploaders", "uploader_counts")):
        if state.behaviour.dialect.shows("campaigns", name):
            found = business.of(type_).values()
            inherited = sum(one.attributes.get("attached_at") == BRAND for one in found)
            direct = Counter(id_ for one in found for id_ in one.linked)
            for campaign in campaigns:
                campaign.attributes[name] = {"direct": direct[campaign.id], "inherited": inherited}


def describe_integrations(
    state: SandboxState, business: Business, integrations: Sequence[StoredResource]
) -> None:
    """Set where each integration was created, and the mappings that it shows, newest first."""
    if not state.behaviour.dialect.shows("integrations", "mappings"):
        return
    shown: dict[str, list[dict[str, Any]]] = {one.id: [] for one in integrations}
    for mapping in reversed(business.of("integration_mappings").values()):
        for id_ in mapping.linked & shown.keys():
            shown[id_].append(_embedded(mapping.attributes))
    for integration in integrations:
        integration.attributes["created_in_dashboard"] = integration.from_dashboard
        made_in_dashboard = business.dashboard_mappings.get(integration.id, [])
        integration.attributes["mappings"] = shown[integration.id] + made_in_dashboard


def dashboard_mapping(jebbit_var: str, client_var: str, *transformers: str) -> dict[str, Any]:
    """Return a mapping as an integration shows it, for :attr:`Business.dashboard_mappings`."""
    attributes = {"jebbit_var": jebbit_var, "client_var": client_var, "default": None}
    return _embedded(attributes) | {"transformers": [*transformers]}


def _embedded(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "jebbit_var": mapping["jebbit_var"],
        "client_var": mapping["client_var"],
        "fallback_value": mapping["default"],
        "data_type": "string",
        "transformers": [],
    }


def statistics(
    business: Business,
    campaign: StoredResource,
    parameters: Mapping[str, str],
    breakdown: bool,  # noqa: FBT001 - one signature for all reports
) -> dict[str, Any]:
    """Return the attributes of a campaign's statistics.

    Args:
        business: of the campaign.
        campaign: never launched, it has no views.
        parameters: ``start_date`` and ``end_date``, both included.
        breakdown: add how often each outcome was shown, and how many answered each screen.

    Raises:
        ApiError: 400 for a date that is none.
    """
    since, until = (_parse_date(name, parameters.get(name)) for name in ("start_date", "end_date"))
    found = summed(business.activity.get(campaign.id, {}).items(), since, until)
    totals = found.totals
    attributes = {
        "title": campaign.attributes["title"],
        **{name: totals[name] for name in TOTALS},
        **{name: _percent(part, whole) for name, (part, whole) in rates(totals).items()},
    }
    return attributes | _breakdown(found) if breakdown else attributes


def _breakdown(found: Activity) -> dict[str, Any]:
    shown = found.outcomes.total()
    return {
        "outcomes": [
            {"name": name, "count": count, "percentage": _percent(count, shown)}
            for name, count in found.outcomes.most_common()
        ],
        "questions": [
            {
                "name": name,
                "resource_type": resource_type,
                "views": found.views[name],
                "responses": found.responses[name],
                "response_rate": _percent(found.responses[name], found.views[name]),
            }
            for name, resource_type in SCREENS
            if found.views[name]
        ],
    }


def _parse_date(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # not the other formats of ISO 8601
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ApiError(400, f"filter[{name}] must be a date: YYYY-MM-DD")


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
