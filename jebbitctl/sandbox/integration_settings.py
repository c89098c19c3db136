"""What an integration's deliveries depend on, read at one moment, so that it can be used without the lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.sandbox import assumptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jebbitctl.sandbox.state import Business, StoredResource


class MappedName(NamedTuple):
    """A mapping of an attribute.

    Attributes:
        attribute: the attribute's id.
        name: to send it under.
        default: sent without an answer; None for nothing.
    """

    attribute: str
    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class IntegrationSettings:
    """An integration, its mappings and what its business says about attributes.

    Attributes:
        id: of the integration.
        attributes: of the integration.
        options: its ``additional_options``.
        linked: ids of the campaigns linked to it, among others.
        mappings: oldest first.
        not_passed: ids of the attributes that do not pass to integrations.
    """

    id: str
    attributes: Mapping[str, Any] = field(repr=False)
    options: Mapping[str, Any]
    linked: frozenset[str]
    mappings: tuple[MappedName, ...]
    not_passed: frozenset[str]

    @property
    def endpoint(self) -> str | None:
        """Where it delivers to; None for an integration of another service."""
        endpoint: str | None = self.attributes["endpoint"]
        return endpoint

    @property
    def secret(self) -> str:
        """Signs its deliveries."""
        return str(self.attributes["shared_secret"])


def settings_of(
    business: Business, integrations: Iterable[StoredResource] | None = None
) -> list[IntegrationSettings]:
    """Return the settings of integrations, by default all of a business, oldest first. Hold the lock."""
    chosen = business.of("integrations").values() if integrations is None else list(integrations)
    ids = {integration.id for integration in chosen}
    mappings: dict[str, list[MappedName]] = {}
    for mapping in business.of("integration_mappings").values():
        found = mapping.attributes
        if found["integration_id"] in ids:
            attribute = assumptions.mapped_attribute(found["jebbit_var"])
            mapped = MappedName(attribute, found["client_var"], found.get("default"))
            mappings.setdefault(found["integration_id"], []).append(mapped)
    not_passed = _not_passed(business)
    return [_settings(integration, mappings.get(integration.id, ()), not_passed) for integration in chosen]


def _settings(
    integration: StoredResource, mappings: Iterable[MappedName], not_passed: frozenset[str]
) -> IntegrationSettings:
    attributes = integration.attributes
    return IntegrationSettings(
        integration.id,
        dict(attributes),
        dict(attributes.get("additional_options") or {}),
        frozenset(integration.linked),
        tuple(mappings),
        not_passed,
    )


def _not_passed(business: Business) -> frozenset[str]:
    traits = (trait.attributes for trait in business.of("traits").values())
    return frozenset(trait["user_defined_id"] for trait in traits if not trait["pass_to_integrations"])
