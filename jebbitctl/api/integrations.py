"""Integrations: the webhooks that Jebbit sends (``/api/v1/integrations``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from jebbitctl.api import resources
from jebbitctl.api.delivery_reports import DeliveryReport
from jebbitctl.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult

TYPE = resources.INTEGRATIONS
PATH = f"/{TYPE}"
Region = Literal["us", "eu"]
REGIONS: tuple[str, ...] = get_args(Region)
WEBHOOKS = "webhooks_standard"
"""The service of every integration that the API creates; the dashboard creates those of other services."""
ATTRIBUTE_TYPES: dict[str, type] = {
    "endpoint": str,
    "region": str,
    "is_active": bool,
    "include_uids": bool,
    "require_opt_in": bool,
    "include_mapped_attributes": bool,
}
"""The attributes that have their own option and their own key in a manifest."""

OPTION_TYPES: dict[str, type] = {
    "hash_pii": bool,
    "campaign_name_filter": str,
    "include_url_params": bool,
    "include_sub_channel": bool,
    "include_outcome_names": bool,
    "require_outcomes": bool,
}
"""The nested attributes in ``additional_options`` that have their own option and key."""

READ_ONLY = frozenset({"id", "type", "service_name", "shared_secret", "created_at", "updated_at"})
"""Only Jebbit sets these."""


def list_integrations(client: Client) -> list[Resource]:
    """Return every integration, including those of other services."""
    return list(resources.list_resources(client, TYPE))


def list_identified(client: Client, attributes: Iterable[str] = ()) -> list[Resource]:
    """Return every integration with these attributes and those that identify it; see :func:`complete`."""
    needed = {"service_name", "endpoint", *attributes}
    return resources.complete(client, TYPE, list_integrations(client), needed)


def filter_integrations(
    integrations: Iterable[Resource],
    *,
    active: bool | None = None,
    region: str | None = None,
    service: str | None = None,
    endpoint: str | None = None,
) -> list[Resource]:
    """Return the integrations that match every filter; None disables a filter."""
    filters = {"is_active": active, "region": region, "service_name": service, "endpoint": endpoint}
    desired = {name: value for name, value in filters.items() if value is not None}
    if not desired:
        return list(integrations)
    return [found for found in integrations if not resources.diff(found.attributes, desired)]


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def shared_secret(client: Client, id_: str) -> str:
    """Return an integration's shared secret.

    Raises:
        RejectedError: Jebbit's response contains none.
    """
    secret = secret_in(get(client, id_))
    if secret is None:
        raise RejectedError(
            f"Jebbit's response contains no shared secret for {id_}",
            hint="Jebbit may show it only once, when the integration is created",
        )
    return secret


def secret_in(integration: Resource) -> str | None:
    """Return the shared secret that a response contains, None if there is none."""
    secret = integration.attributes.get("shared_secret")
    return secret if isinstance(secret, str) and secret else None


def create(client: Client, desired: dict[str, Any]) -> WriteResult:
    """Create an integration.

    A response without an id is returned all the same if it contains the secret, which may be shown only once.

    Raises:
        AmbiguousWriteError: Jebbit reported success, but returned neither an id nor a secret.
    """
    result = resources.create_resource(client, TYPE, desired, id_required=False)
    if secret_in(result.resource) is None:
        resources.require_created_id(PATH, result.resource)
    return result


def update(client: Client, current: Resource, desired: dict[str, Any]) -> WriteResult:
    """Send the attributes of ``current`` that differ from ``desired``."""
    return resources.update_resource(client, TYPE, current, desired)


def delete(client: Client, id_: str) -> None:
    resources.delete_resource(client, TYPE, id_)


def send_test(client: Client, id_: str) -> DeliveryReport:
    """Make Jebbit send a test delivery; return what it says that it sent."""
    return DeliveryReport.parse(client.post_for_report(f"{resources.resource_path(TYPE, id_)}/test", {}))
