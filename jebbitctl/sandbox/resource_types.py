"""The types of resources, as data for the one implementation of collections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.sandbox import assumptions, backfills, exports, reporting
from jebbitctl.sandbox.behaviour import WEBHOOKS
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.sandbox.state import random_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jebbitctl.sandbox.dialects import Dialect
    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource

    Hook: TypeAlias = Callable[[SandboxState, Business, StoredResource], None]
    ReadHook: TypeAlias = Callable[[SandboxState, Business, Sequence[StoredResource]], None]
    Report: TypeAlias = Callable[[Business, StoredResource, Mapping[str, str], bool], dict[str, Any]]
    JsonType: TypeAlias = type

REGIONS = ("us", "eu")
_ANY_TYPE = (str, int, float, bool, list, dict)


def _do_nothing(*_: object) -> None:
    pass


def _always(_: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of resource.

    Attributes:
        type: its JSON:API type, also used in URLs.
        writes: the allowed methods out of POST, PATCH and DELETE.
        writable: the attributes that clients can write, with their JSON types; others are silently ignored.
        required: the attributes that a POST must include, else 400.
        parent: the attribute with the id of the parent, and the parent's type.
        filters: by name, a function that tells whether a resource matches the values of ``filter[name]``.
        required_filter: a filter that a list request must include, else 400.
        parameters: names of further filters, which change what a resource shows, not which are listed.
        paged: whether lists support ``page[number]`` and ``page[size]``.
        readable: whether it has URLs of its own; if not, it is only listed under another resource.
        view_of: the type whose resources it shows, if it has none of its own.
        scoped_as: the type whose scope it requires, if not its own.
        report: returns the attributes to show instead of the stored ones, from the parameters; the last
            argument is whether the response has only this resource.
        shows: whether it contains a resource of that type.
        empty_status: the status for a POST without attributes.
        patch_has_body: whether a PATCH must have ``data``.
        defaults: makes the attributes of a new resource.
        check: raises ApiError 400 for invalid attributes.
        on_create: called with a new resource before it is added.
        on_read: called once before resources are returned, with all of them.
        on_update: called with a resource before it is changed.
    """

    type: str
    writes: frozenset[str] = frozenset({"POST", "PATCH", "DELETE"})
    writable: Mapping[str, tuple[JsonType, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    filters: Mapping[str, Callable[[StoredResource, list[str]], bool]] = field(default_factory=dict)
    required_filter: str | None = None
    parameters: tuple[str, ...] = ()
    paged: bool = False
    readable: bool = True
    view_of: str | None = None
    scoped_as: str | None = None
    report: Report | None = None
    shows: Callable[[StoredResource], bool] = _always
    empty_status: int = 400
    patch_has_body: bool = True
    defaults: Callable[[], dict[str, Any]] = dict
    check: Callable[[Mapping[str, Any]], None] = _do_nothing
    on_create: Hook = _do_nothing
    on_read: ReadHook = _do_nothing
    on_update: Hook = _do_nothing

    @property
    def stored_type(self) -> str:
        """The JSON:API type under which its resources are stored."""
        return self.view_of or self.type

    @property
    def scope_type(self) -> str:
        """The JSON:API type that its scopes name."""
        return self.scoped_as or self.type


def _new_integration() -> dict[str, Any]:
    return {
        "endpoint": None,
        "include_uids": False,
        "region": "us",
        "require_opt_in": None,
        "created_at": None,
        "updated_at": None,
        "service_name": WEBHOOKS,
        "include_mapped_attributes": True,
        "additional_options": {"hash_pii": False},
        "is_active": True,
        "shared_secret": random_text(34),
        "attached_at": assumptions.attached_when_created(),
        "static_values": [],
    }


def _check_integration(attributes: Mapping[str, Any]) -> None:
    if attributes.get("region", "us") not in REGIONS:
        raise ApiError(400, "must be us or eu", attributes=("region",))
    endpoint = attributes.get("endpoint", "unchanged")
    if not isinstance(endpoint, str) or not endpoint:
        raise ApiError(400, "must be a URL", attributes=("endpoint",))


def _is_dashboard_webhook(integration: StoredResource) -> bool:
    return integration.from_dashboard and integration.attributes["service_name"] == WEBHOOKS


def _check_mapping(attributes: Mapping[str, Any]) -> None:
    if attributes.get("jebbit_var") == "$metadata":
        raise ApiError(400, "Invalid 'jebbit_var' cannot be '$metadata'")


def _is_launched(campaign: StoredResource, values: list[str]) -> bool:
    launched = {"true": True, "false": False}.get(values[-1])
    if launched is None:
        raise ApiError(400, "filter[launched] must be true or false")
    return launched == (campaign.attributes["launch_date"] is not None)


def _title_contains(campaign: StoredResource, values: list[str]) -> bool:
    return values[-1].casefold() in campaign.attributes["title"].casefold()


def _has_id(trait: StoredResource, values: list[str]) -> bool:
    return trait.attributes["user_defined_id"] in values[-1].split(",")


def _equals(name: str) -> Callable[[StoredResource, list[str]], bool]:
    return lambda resource, values: resource.attributes[name] in values


def _feed_part(type_: str, **writable: tuple[type, ...]) -> ResourceType:
    return ResourceType(
        type_,
        writable={"feed_id": (str,), **writable},
        required=("feed_id", *writable),
        parent=("feed_id", "feeds"),
        filters={"feed_id": _equals("feed_id")},
        required_filter="feed_id",
    )


RESOURCE_TYPES = {
    resource_type.type: resource_type
    for resource_type in (
        ResourceType(
            "integrations",
            writable={
                "endpoint": (str,),
                "region": (str,),
                "is_active": (bool,),
                "include_uids": (bool,),
                "require_opt_in": (bool, type(None)),
                "include_mapped_attributes": (bool,),
                "additional_options": (dict,),
            },
            required=("endpoint",),
            defaults=_new_integration,
            check=_check_integration,
            on_read=reporting.describe_integrations,
        ),
        ResourceType(
            "webhook_integrations",
            writes=frozenset(),
            view_of="integrations",
            scoped_as="integrations",
            shows=_is_dashboard_webhook,
        ),
        ResourceType(
            "integration_mappings",
            writable={
                "jebbit_var": (str,),
                "client_var": (str,),
                "integration_id": (str,),
                "default": (str, type(None)),
            },
            required=("jebbit_var", "client_var", "integration_id"),
            parent=("integration_id", "integrations"),
            filters={"integration_id": _equals("integration_id")},
            empty_status=422,
            defaults=lambda: {
                "jebbit_var": None,
                "client_var": None,
                "integration_id": None,
                "default": None,
            },
            check=_check_mapping,
        ),
        ResourceType(
            "integration_historic_backfills",
            writes=frozenset({"POST", "PATCH"}),
            writable={"integration_id": (str,)},
            required=("integration_id",),
            parent=("integration_id", "integrations"),
            filters={"integration_id": _equals("integration_id")},
            empty_status=422,
            patch_has_body=False,
            defaults=lambda: {
                "status": None,
                "integration_id": None,
                "created_at": None,
                "updated_at": None,
            },
            on_create=backfills.start,
            on_read=backfills.advance,
            on_update=backfills.restart,
        ),
        ResourceType(
            "campaigns",
            writes=frozenset(),
            filters={"launched": _is_launched, "title_contains": _title_contains},
            paged=True,
            on_read=reporting.count_links,
        ),
        ResourceType(
            "campaign_stats",
            writes=frozenset(),
            parameters=("start_date", "end_date"),
            paged=True,
            view_of="campaigns",
            report=reporting.statistics,
        ),
        ResourceType("traits", writes=frozenset(), filters={"user_defined_id": _has_id}, paged=True),
        ResourceType("uploaders", writes=frozenset(), on_read=exports.run_due),
        ResourceType("launch_links", writes=frozenset(), readable=False),
        ResourceType(
            "feeds",
            writable={"name": (str,)},
            required=("name",),
            defaults=lambda: {"name": None, "status": "uploaded", "source": "API"},
        ),
        _feed_part("feed_columns", name=(str,)),
        _feed_part("feed_rows", product_identifier=(str,), data=_ANY_TYPE),
    )
}
"""All resource types, by JSON:API type."""

NESTED = (
    ("campaigns", "launch_links"),
    ("campaigns", "integrations"),
    ("integrations", "campaigns"),
    ("campaigns", "uploaders"),
    ("uploaders", "campaigns"),
    ("feeds", "feed_columns"),
    ("feeds", "feed_rows"),
)
"""Types whose resources are listed under a resource of another type: (outer, inner)."""


def scopes(dialect: Dialect) -> list[str]:
    """Return all scopes except those of businesses, each once."""
    return list(
        dict.fromkeys(
            dialect.scope(resource_type.scope_type, method)
            for resource_type in RESOURCE_TYPES.values()
            for method in ("GET", *sorted(resource_type.writes))
        )
    )
