"""The kinds of resources: what each is called, holds, takes and refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.sandbox import backfills
from jebbitctl.sandbox.answers import Problem
from jebbitctl.sandbox.state import random_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jebbitctl.sandbox.state import Business, State, StoredResource

    Hook: TypeAlias = Callable[[State, Business, StoredResource], None]
    JsonType: TypeAlias = type

REGIONS = ("us", "eu")
_ANY = (str, int, float, bool, list, dict)


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource, as data for the one implementation of collections.

    Attributes:
        type: its JSON:API type, and its place in a URL.
        writes: which of POST, PATCH and DELETE there are.
        writable: attributes a client may write, with the JSON types taken; others are ignored without a word.
        required: attributes a new one must be given, else 400.
        parent: the attribute that names what it belongs to, and that one's type.
        filters: by name, whether a resource passes for these values of ``filter[name]``.
        needs_filter: a filter that a list must be given, else 400.
        paged: whether ``page[number]`` and ``page[size]`` are understood.
        readable: whether it is listed and got at its own URL; else only beneath another.
        empty: the status for a POST without attributes.
        body: whether a PATCH must carry ``data``.
        defaults: the attributes of a new one, before what was given.
        check: refuses (Problem 400) what was given.
        created: runs on a new one, before it is kept.
        shown: runs before one is shown.
        updated: runs on one that was patched.
    """

    type: str
    writes: frozenset[str] = frozenset({"POST", "PATCH", "DELETE"})
    writable: Mapping[str, tuple[JsonType, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    filters: Mapping[str, Callable[[StoredResource, list[str]], bool]] = field(default_factory=dict)
    needs_filter: str | None = None
    paged: bool = False
    readable: bool = True
    empty: int = 400
    body: bool = True
    defaults: Callable[[], dict[str, Any]] = dict
    check: Callable[[Mapping[str, Any]], None] = _nothing
    created: Hook = _nothing
    shown: Hook = _nothing
    updated: Hook = _nothing

    @property
    def scopes(self) -> list[str]:
        """The scopes there are for it: the action and the singular."""
        actions = ("read", "write") if self.writes else ("read",)
        return [self.scope(action) for action in actions]

    def scope(self, action: str) -> str:
        """Return the scope that allows ``read`` or ``write``."""
        return f"{action}:{self.type.removesuffix('s')}"


def _new_integration() -> dict[str, Any]:
    return {
        "endpoint": None,
        "include_uids": False,
        "region": "us",
        "require_opt_in": None,
        "created_at": None,
        "updated_at": None,
        "service_name": "webhooks_standard",
        "include_mapped_attributes": True,
        "additional_options": {"hash_pii": False},
        "is_active": True,
        "shared_secret": random_text(34),
    }


def _check_integration(given: Mapping[str, Any]) -> None:
    if given.get("region", "us") not in REGIONS:
        raise Problem(400, "region must be us or eu")
    endpoint = given.get("endpoint", "given before")
    if not isinstance(endpoint, str) or not endpoint:
        raise Problem(400, "endpoint must be a URL")


def _check_mapping(given: Mapping[str, Any]) -> None:
    if given.get("jebbit_var") == "$metadata":
        raise Problem(400, "Invalid 'jebbit_var' cannot be '$metadata'")


def _is_launched(campaign: StoredResource, values: list[str]) -> bool:
    wanted = {"true": True, "false": False}.get(values[-1])
    if wanted is None:
        raise Problem(400, "filter[launched] must be true or false")
    return wanted == (campaign.attributes["launch_date"] is not None)


def _title_contains(campaign: StoredResource, values: list[str]) -> bool:
    return values[-1].casefold() in campaign.attributes["title"].casefold()


def _equals(name: str) -> Callable[[StoredResource, list[str]], bool]:
    return lambda resource, values: resource.attributes[name] in values


def _of_feed(type_: str, **writable: tuple[type, ...]) -> Kind:
    return Kind(
        type_,
        writable={"feed_id": (str,), **writable},
        required=("feed_id", *writable),
        parent=("feed_id", "feeds"),
        filters={"feed_id": _equals("feed_id")},
        needs_filter="feed_id",
    )


KINDS = {
    kind.type: kind
    for kind in (
        Kind(
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
        ),
        Kind(
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
            empty=422,
            defaults=lambda: {
                "jebbit_var": None,
                "client_var": None,
                "integration_id": None,
                "default": None,
            },
            check=_check_mapping,
        ),
        Kind(
            "integration_historic_backfills",
            writes=frozenset({"POST", "PATCH"}),
            writable={"integration_id": (str,)},
            required=("integration_id",),
            parent=("integration_id", "integrations"),
            filters={"integration_id": _equals("integration_id")},
            empty=422,
            body=False,
            defaults=lambda: {
                "status": backfills.RECEIVED,
                "integration_id": None,
                "created_at": None,
                "updated_at": None,
            },
            created=backfills.require_active,
            shown=backfills.progress,
            updated=backfills.restart,
        ),
        Kind(
            "campaigns",
            writes=frozenset(),
            filters={"launched": _is_launched, "title_contains": _title_contains},
            paged=True,
        ),
        Kind("launch_links", writes=frozenset(), readable=False),
        Kind(
            "feeds",
            writable={"name": (str,)},
            required=("name",),
            defaults=lambda: {"name": None, "status": "uploaded", "source": "API"},
        ),
        _of_feed("feed_columns", name=(str,)),
        _of_feed("feed_rows", product_identifier=(str,), data=_ANY),
    )
}
"""Every kind, by its JSON:API type."""

NESTED = (
    ("campaigns", "launch_links"),
    ("campaigns", "integrations"),
    ("integrations", "campaigns"),
    ("feeds", "feed_columns"),
    ("feeds", "feed_rows"),
)
"""Which kinds are listed beneath which."""

SCOPES = [scope for kind in KINDS.values() for scope in kind.scopes]
"""Every scope, businesses aside."""
