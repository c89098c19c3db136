"""Decides whether a visit is delivered to an integration, and what the delivery holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.assumptions import EMAIL, OPT_IN, OUTCOME
from jebbitctl.sandbox.deliveries import OutgoingDelivery
from jebbitctl.sandbox.visits import Visit
from jebbitctl.webhooks.body_edits import compact_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.assumptions import Kind
    from jebbitctl.sandbox.integration_settings import IntegrationSettings
    from jebbitctl.sandbox.state import Business


def feeds(settings: IntegrationSettings, campaign: str) -> bool:
    """Whether visits of a campaign concern an integration at all."""
    attributes = settings.attributes
    return assumptions.sends_webhooks(attributes["service_name"]) and assumptions.feeds(
        attributes.get("attached_at", assumptions.BRAND), settings.linked, campaign
    )


def kept_back(visit: Visit) -> str | None:
    """Return why a visit is delivered to no integration, None if it may be."""
    if not assumptions.is_complete(finished=visit.finished):
        return "unfinished"
    return None if assumptions.has_address(visit.answers.get(EMAIL)) else "no_email"


def kept_back_from(settings: IntegrationSettings, visit: Visit, title: str) -> str | None:
    """Return why a visit is not delivered to an integration that it feeds, None if it is.

    Args:
        settings: of the integration.
        visit: one that is delivered at all.
        title: of the campaign.
    """
    attributes, options = settings.attributes, settings.options
    if not assumptions.delivers(is_active=attributes["is_active"]):
        return "inactive"
    name_filter = options.get("campaign_name_filter")
    if not assumptions.matches_name_filter(name_filter if isinstance(name_filter, str) else None, title):
        return "name_filter"
    if not assumptions.allows_opt_in(attributes.get("require_opt_in"), visit.answers.get(OPT_IN)):
        return "not_opted_in"
    if not assumptions.allows_outcome(options.get("require_outcomes"), visit.answers.get(OUTCOME)):
        return "no_outcome"
    return None


def delivery_of(
    kind: Kind, business: Business, settings: IntegrationSettings, visit: Visit
) -> OutgoingDelivery:
    """Return the delivery of a visit to an integration."""
    body, id_ = body_of(settings, visit), settings.id
    return OutgoingDelivery(
        kind, business.id, id_, visit.campaign or None, settings.endpoint, settings.secret, body, visit.number
    )


def test_delivery(business: Business, settings: IntegrationSettings) -> OutgoingDelivery:
    """Return a test delivery."""
    answers = assumptions.test_answers([mapping.attribute for mapping in settings.mappings])
    return delivery_of("test", business, settings, Visit("", 0, answers=answers))


def body_of(settings: IntegrationSettings, visit: Visit) -> bytes:
    """Return the body of a delivery."""
    options, data = settings.options, _answers(settings, visit.answers)
    added = (
        (options.get("include_url_params"), assumptions.url_parameters(visit.url_parameters)),
        (options.get("include_sub_channel"), assumptions.sub_channel(visit.sub_channel)),
        (options.get("include_outcome_names"), assumptions.outcome_names(visit.answers.get(OUTCOME))),
        (settings.attributes.get("include_uids"), assumptions.visitor_id(visit.uid)),
    )
    for included, (name, value) in added:
        if included:
            assumptions.add(data, name, value)
    return compact_json(assumptions.body(data))


def _answers(settings: IntegrationSettings, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers under the integration's names."""
    data: dict[str, Any] = {}
    mapped = {mapping.attribute for mapping in settings.mappings}
    for attribute, answer in answers.items():
        replaced = assumptions.replaces_own_name(mapped=attribute in mapped)
        if assumptions.passes(attribute, settings.not_passed) and not replaced:
            data[assumptions.own_name(attribute)] = _value(settings, attribute, answer)
    include_mapped = settings.attributes.get("include_mapped_attributes")
    if not assumptions.includes_mapped(include_mapped_attributes=include_mapped):
        return data
    for attribute, name, default in settings.mappings:
        answer = answers.get(attribute)
        if not assumptions.passes(attribute, settings.not_passed):
            continue
        if assumptions.has_answer(answer):
            assumptions.put(data, name, _value(settings, attribute, answer))
        elif (value := assumptions.default_for(default, answer)) is not None:
            assumptions.put(data, name, value)
    return data


def _value(settings: IntegrationSettings, attribute: str, answer: Any) -> Any:
    value = assumptions.written(answer)
    if not (settings.options.get("hash_pii") and assumptions.is_personal(attribute)):
        return value
    if isinstance(value, list):
        return [assumptions.hashed(str(one)) for one in value]
    return assumptions.hashed(str(value))
