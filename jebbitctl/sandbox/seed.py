"""The data of a new sandbox; the same at each start, except for secrets.

Everything is in order: nothing here should make a diagnosis complain. What is assumed of attributes, exports
and integrations of other services, ``reporting`` and ``exports`` say.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox import exports
from jebbitctl.sandbox.activity import past_activity
from jebbitctl.sandbox.assumptions import BRAND, CAMPAIGNS, day_of
from jebbitctl.sandbox.behaviour import WEBHOOKS
from jebbitctl.sandbox.reporting import dashboard_mapping
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
_TRAITS = (
    ("email", "E-mail address", True),
    ("first_name", "First name", True),
    ("shoe_size", "Shoe size", True),
    ("skin_concern", "Skin concern", True),
    ("favourite_colour", "Favourite colour", True),
    ("internal_score", "Internal score", False),
)
_FURTHER_TRAITS = (
    ("last_name", "Last name", True),
    ("phone_number", "Phone number", True),
    ("shoe_brand", "Shoe brand", True),
    ("skin_type", "Skin type", True),
    ("favourite_brand", "Favourite brand", True),
    ("internal_note", "Internal note", False),
)
"""With names like those above, so that a typo has more than one near name."""
_STATIC_VALUES = (
    {"name": "source", "value": "jebbit", "level": "brand"},
    {"name": "list", "value": "quiz-leads", "level": "campaign"},
)
_DASHBOARD_MAPPINGS = {
    "klaviyo": (dashboard_mapping("email", "email"), dashboard_mapping("first_name", "first_name")),
    "braze": (
        dashboard_mapping("email", "external_id", "downcase", "sha256"),
        dashboard_mapping("shoe_size", "shoe_size"),
    ),
}
"""Of integrations of other services; of the transformers, only ``sha256`` is documented."""


def seed(state: SandboxState, *, businesses: int, integrations: int, ids: Sequence[str] = ()) -> None:
    """Add businesses and their resources to an empty state.

    Args:
        state: the empty state.
        businesses: the number of businesses, at least.
        ids: of the first businesses.
        integrations: the number of integrations of each business. All were made in the dashboard. Every
            other one is of another service, without endpoint and region.
    """
    seeded = []
    for number in range(max(businesses, len(ids))):
        repetition = number // len(_NAMES)
        name = _NAMES[number % len(_NAMES)] + (f" {repetition + 1}" if repetition else "")
        business = state.add_business(name, ids[number] if number < len(ids) else None)
        campaigns = _add_campaigns(state, business)
        _add_feed(state, business)
        for index in range(integrations):
            _add_integration(
                state, business, index, age=(integrations - index) * exports.DAY, campaign=campaigns[0]
            )
        seeded.append((business, campaigns))
    for business, campaigns in seeded:  # afterwards: the ids of what is above stay as they were
        _add_reporting(state, business, campaigns)
    for business, campaigns in seeded:  # likewise
        _add_traits(state, business, _FURTHER_TRAITS, first_rank=len(_TRAITS) + 1)
        _add_email_export(state, business, campaigns[1])


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


def _add_reporting(state: SandboxState, business: Business, campaigns: list[StoredResource]) -> None:
    """Add attributes, exports and past visitors."""
    _add_traits(state, business, _TRAITS, first_rank=1)
    nightly = {
        "name": "Nightly leads",
        "destination_type": "sftp",
        "host": "sftp.example.com",
        "schedule": "8:00-daily",
        "format": "csv",
        "fields": ["email", "outcome", "opt_in"],
        "attached_at": BRAND,
    }
    hourly = {
        "name": "Shoe finder to the warehouse",
        "destination_type": "s3",
        "bucket": "acme-quiz-answers",
        "schedule": "hourly",
        "format": "json",
        "fields": ["email", "shoe_size"],
        "attached_at": CAMPAIGNS,
    }
    _add_export(state, business, nightly)
    _add_export(state, business, hourly, campaigns[0])
    today = day_of(state.clock())
    launched = business.launched_campaigns()
    business.past_activity = lambda: {id_: past_activity(today, at) for at, id_ in enumerate(launched)}


def _add_traits(
    state: SandboxState, business: Business, traits: Iterable[tuple[str, str, bool]], *, first_rank: int
) -> None:
    for rank, (id_, name, passes) in enumerate(traits, start=first_rank):
        trait = {"user_defined_id": id_, "display_name": name, "rank": rank, "pass_to_integrations": passes}
        _add(state, business, "traits", trait)


def _add_email_export(state: SandboxState, business: Business, campaign: StoredResource) -> None:
    weekly = {
        "name": "Skincare answers by e-mail",
        "destination_type": "email",
        "recipient_count": 3,
        "schedule": "2:00-weekly-tuesday",
        "format": "csv",
        "fields": ["email", "skin_concern", "skin_type"],
        "attached_at": CAMPAIGNS,
    }
    _add_export(state, business, weekly, campaign)


def _add_export(
    state: SandboxState, business: Business, attributes: dict[str, Any], *campaigns: StoredResource
) -> None:
    export = _add(state, business, "uploaders", attributes, *campaigns)
    exports.schedule(state, export)
    for campaign in campaigns:
        campaign.linked.add(export.id)


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
    attributes |= {"endpoint": None, "region": None, "attached_at": CAMPAIGNS}
    attributes["static_values"] = [dict(value) for value in _STATIC_VALUES]
    integration = _add(state, business, "integrations", attributes, campaign)
    business.dashboard_mappings[integration.id] = deepcopy([*_DASHBOARD_MAPPINGS[service]])
    integration.from_dashboard = True
    campaign.linked.add(integration.id)
