"""What Jebbit publishes beside the Integrations API: campaign statistics, and how things belong together.

Jebbit's MCP server describes these responses in prose. The only names that it uses are ``title``,
``attached_at``, ``user_defined_id``, ``resource_type``, ``response_rate``, ``integration_counts`` and
``uploader_counts``. All others are assumed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.activity import SCREENS, TOTALS, summed
from jebbitctl.sandbox.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.activity import Activity
    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource

BRAND, CAMPAIGNS = "brand", "campaigns"
"""Values of ``attached_at``: for all campaigns, or for those that it is linked to. The second is assumed."""


def count_links(state: SandboxState, business: Business, campaign: StoredResource) -> None:
    """Set how many integrations and exports a campaign feeds: directly, and because they are brand-wide.

    Whether inactive ones count is assumed: they do.
    """
    for type_, name in (("integrations", "integration_counts"), ("uploaders", "uploader_counts")):
        if state.behaviour.dialect.shows("campaigns", name):
            found = business.of(type_).values()
            inherited = sum(one.attributes.get("attached_at") == BRAND for one in found)
            direct = sum(campaign.id in one.linked for one in found)
            campaign.attributes[name] = {"direct": direct, "inherited": inherited}


def describe_integration(state: SandboxState, business: Business, integration: StoredResource) -> None:
    """Set where an integration was created, and the mappings that it shows, newest first."""
    if state.behaviour.dialect.shows("integrations", "mappings"):
        integration.attributes["created_in_dashboard"] = integration.from_dashboard
        found = reversed(business.of("integration_mappings").values())
        integration.attributes["mappings"] = [
            {
                "jebbit_var": mapping.attributes["jebbit_var"],
                "client_var": mapping.attributes["client_var"],
                "fallback_value": mapping.attributes["default"],
                "data_type": "string",
                "transformers": [],
            }
            for mapping in found
            if integration.id in mapping.linked
        ]


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
        "engagement_rate": _percent(totals["engagements"], totals["views"]),
        "completion_rate": _percent(totals["completions"], totals["engagements"]),
        "lead_rate": _percent(totals["leads"], totals["completions"]),
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
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(400, f"filter[{name}] must be a date: YYYY-MM-DD") from None


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
