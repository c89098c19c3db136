"""The data of a new sandbox; the same at each start, except for secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.behaviour import WEBHOOKS
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from jebbitctl.sandbox.state import Business, SandboxState

_NAMES = ("Acme Outfitters", "Borealis Beauty", "Cascade Coffee", "Driftwood Home", "Ember Fitness")
_CAMPAIGNS = (
    ("Which Running Shoe Are You?", "2025-03-04T15:00:12.371Z", "ajH"),
    ("Skincare Routine Finder", "2025-05-19T09:30:00.118Z", "K6n"),
    ("Spring Gift Guide", "2025-06-02T12:00:41.904Z", "b3T"),
    ("Coffee Match Quiz", "2025-08-27T08:15:33.050Z", "Qz9"),
    ("Holiday Lookbook", None, None),
    ("Loyalty Preference Survey", None, None),
)
_LINKS = (("Product Quiz LP", "Owned Web", "JC=Product+Quiz+LP"), ("Newsletter", "Email", None))
_SERVICES = (WEBHOOKS, "klaviyo", WEBHOOKS, "braze")
_DAY = 86400


def seed(state: SandboxState, *, businesses: int, integrations: int) -> None:
    """Add businesses and their resources to an empty state.

    Args:
        state: the empty state.
        businesses: the number of businesses.
        integrations: the number of integrations of each business. All were made in the dashboard. Every
            other one is of another service, without endpoint and region.
    """
    for number in range(businesses):
        repetition = number // len(_NAMES)
        name = _NAMES[number % len(_NAMES)] + (f" {repetition + 1}" if repetition else "")
        business = state.add_business(name)
        campaigns = _add_campaigns(state, business)
        _add_feed(state, business)
        for index in range(integrations):
            _add_integration(state, business, index, age=(integrations - index) * _DAY, campaign=campaigns[0])


def _add(
    state: SandboxState, business: Business, type_: str, attributes: dict[str, Any], *linked: StoredResource
) -> StoredResource:
    resource = StoredResource(state.new_id(), attributes, state.clock(), {other.id for other in linked})
    business.of(type_)[resource.id] = resource
    return resource


def _add_campaigns(state: SandboxState, business: Business) -> list[StoredResource]:
    campaigns = []
    for title, launched, iteration in _CAMPAIGNS:
        attributes = {"title": title, "launch_date": launched, "active_iteration": iteration}
        campaign = _add(state, business, "campaigns", attributes)
        campaigns.append(campaign)
        for label, link_group, custom_param in _LINKS if launched else ():
            parameter = f"L={link_group.replace(' ', '+')}"
            query = f"{parameter}&{custom_param}" if custom_param else parameter
            link = {
                "created_at": launched,
                "custom_param_value": custom_param,
                "enabled": True,
                "label": label,
                "link_group": link_group,
                "link_parameter": parameter,
                "include_uid_param": False,
                "complete_live_link": f"https://play.example.com/{campaign.id}?{query}",
            }
            _add(state, business, "launch_links", link, campaign)
    return campaigns


def _add_feed(state: SandboxState, business: Business) -> None:
    feed = _add(state, business, "feeds", {"name": "Products", "status": "uploaded", "source": "Platform"})
    for name in ("title", "price"):
        _add(state, business, "feed_columns", {"name": name, "feed_id": feed.id}, feed)
    for number, title in enumerate(("Trail Runner", "Road Racer"), start=1):
        row = {
            "feed_id": feed.id,
            "product_identifier": f"SKU-{number:03}",
            "data": f'{{"title":"{title}","price":"{number * 40}.00"}}',
        }
        _add(state, business, "feed_rows", row, feed)


def _add_integration(
    state: SandboxState, business: Business, index: int, *, age: int, campaign: StoredResource
) -> None:
    service = _SERVICES[index % len(_SERVICES)]
    created_at = state.timestamp(state.clock() - age)
    attributes = RESOURCE_TYPES["integrations"].defaults() | {
        "service_name": service,
        "endpoint": f"https://hooks.example.com/jebbit/{index + 1}",
        "created_at": created_at,
        "updated_at": created_at,
    }
    if service == WEBHOOKS:
        _add(state, business, "integrations", attributes).from_dashboard = True
        return
    attributes |= {"endpoint": None, "region": None}
    integration = _add(state, business, "integrations", attributes, campaign)
    integration.from_dashboard = True
    campaign.linked.add(integration.id)
