"""Integrations that a sandbox starts with, as a manifest describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.behaviour import WEBHOOKS
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jebbitctl.sandbox.state import Business, SandboxState


@dataclass(frozen=True, slots=True)
class InitialIntegration:
    """An integration to start with.

    Attributes:
        name: for people.
        business: the id of its business; None for the first one.
        id: its id; None for a new one.
        service_name: such as ``webhooks_standard``.
        attributes: those that differ from the defaults; also ``additional_options``.
        mappings: each with ``jebbit_var``, ``client_var`` and ``default``, None for none; oldest first.
    """

    name: str
    business: str | None = None
    id: str | None = None
    service_name: str = WEBHOOKS
    attributes: Mapping[str, Any] = field(default_factory=dict)
    mappings: Sequence[Mapping[str, str | None]] = ()


def business_ids(initial: Sequence[InitialIntegration]) -> list[str]:
    """Return the ids of the businesses that are named, each once."""
    return list(dict.fromkeys(one.business for one in initial if one.business))


def set_up(state: SandboxState, initial: Sequence[InitialIntegration]) -> None:
    """Add integrations to a seeded state, in which their businesses are.

    Raises:
        UsageError: an id is used twice.
    """
    first = next(iter(state.businesses.values()))
    for one in initial:
        _add(state, state.businesses[one.business] if one.business else first, one)


def _add(state: SandboxState, business: Business, initial: InitialIntegration) -> None:
    id_ = initial.id or state.new_id()
    if any(id_ in resources for other in state.businesses.values() for resources in other.resources.values()):
        raise UsageError(f"{initial.name}: the sandbox already has a resource with the id {id_}")
    defaults, now = RESOURCE_TYPES["integrations"].defaults(), state.timestamp()
    is_webhook = initial.service_name == WEBHOOKS
    options = {**defaults["additional_options"], **initial.attributes.get("additional_options", {})}
    attributes = defaults | {
        "endpoint": f"https://hooks.example.com/jebbit/{initial.name}" if is_webhook else None,
        "region": "us" if is_webhook else None,
        **initial.attributes,
        "additional_options": options,
        "service_name": initial.service_name,
        "created_at": now,
        "updated_at": now,
    }
    integration = StoredResource(id_, attributes, state.clock(), from_dashboard=not is_webhook)
    business.of("integrations")[id_] = integration
    for mapping in initial.mappings:
        values = {**mapping, "integration_id": id_}
        stored = StoredResource(state.new_id(), values, state.clock(), {id_})
        business.of("integration_mappings")[stored.id] = stored
