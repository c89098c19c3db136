"""Integrations: the webhooks that Jebbit sends (``/api/v1/integrations``)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from jebbitctl.api import resources
from jebbitctl.api.delivery_reports import DeliveryReport
from jebbitctl.api.differences import (
    ENDPOINT,
    HOST,
    OPTIONS,
    SERVICE,
    WEBHOOK_SERVICES,
    diff,
    knows,
    options_in,
    unknown,
)
from jebbitctl.errors import CredentialsError, JebbitctlError, NotFoundError, RejectedError
from jebbitctl.util.ids import is_id
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult

TYPE = resources.INTEGRATIONS
PATH = f"/{TYPE}"
Region = Literal["us", "eu"]
REGIONS: tuple[str, ...] = get_args(Region)
WEBHOOKS = "webhooks_standard"
"""The service of every integration that the API creates; the dashboard creates those of other services."""
VIEW = "webhook_integrations"
"""A collection that shows more of the webhooks that were made in the dashboard."""
DEFAULTS: dict[str, Any] = {"region": "us", "is_active": True, OPTIONS: {"hash_pii": False}}
"""The attributes of a new integration that are not named: those of Jebbit's overview article."""
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


def list_integrations(client: Client, *, whole: bool = False) -> list[Resource]:
    """Return every integration, including those of other services; see :func:`resources.list_resources`."""
    return list(resources.list_resources(client, TYPE, whole=whole))


def list_campaigns(client: Client, id_: str) -> Iterator[Resource]:
    """Yield the campaigns that an integration is attached to."""
    return resources.list_linked(client, TYPE, id_, "campaigns")


def with_defaults(desired: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes to create an integration with: the desired ones, and defaults for the others."""
    attributes = {**DEFAULTS, **desired}
    if isinstance(attributes[OPTIONS], dict):
        attributes[OPTIONS] = {**DEFAULTS[OPTIONS], **options_in(desired)}
    return {**desired, **attributes}


def is_webhook(attributes: Mapping[str, Any]) -> bool | None:
    """Whether an integration is a webhook; None if Jebbit does not say its service, or not clearly.

    Its documents give the service of webhooks two names, so there may be a third.
    """
    service = attributes.get(SERVICE)
    if not isinstance(service, str):
        return None
    return same_service(service, WEBHOOKS) or (None if "webhook" in service.lower() else False)


def same_service(one: object, other: object) -> bool:
    """Whether two names mean the same service."""
    return one == other or (one in WEBHOOK_SERVICES and other in WEBHOOK_SERVICES)


def complete(client: Client, found: Iterable[Resource], needed: set[str]) -> list[Resource]:
    """Return integrations with these attributes, from wherever Jebbit says them.

    One that lacks an attribute is fetched from its own address. If that does not help, it is looked for among
    the webhooks that were made in the dashboard. An attribute that is in neither stays unknown.
    """
    fetched = resources.complete(client, TYPE, found, needed)
    if all(knows(resource.attributes, needed) for resource in fetched):
        return fetched
    return fill(fetched, _by_id(client, VIEW), needed)


def fill(
    found: Iterable[Resource], views: Mapping[str | None, Resource] | Mapping[str, Resource], needed: set[str]
) -> list[Resource]:
    """Return integrations with the needed attributes that only other views of them say.

    Args:
        found: the integrations.
        views: the other views, by the id of the integration.
        needed: names of attributes.
    """
    others = {str(id_): view for id_, view in views.items()}
    return [
        _fill(resource, others[str(resource.id)], needed) if str(resource.id) in others else resource
        for resource in found
    ]


def get_complete(client: Client, id_: str, needed: Iterable[str]) -> Resource:
    """Return one integration with these attributes, from its address or a list, unless Jebbit says none."""
    names = set(needed)
    resource = get(client, id_)
    for collection in (VIEW, TYPE):
        if knows(resource.attributes, names):
            break
        if other := _by_id(client, collection).get(id_):
            resource = _fill(resource, other, names)
    return resource


class Selection(NamedTuple):
    """Integrations that match filters, and those of which Jebbit does not say whether they do."""

    matching: list[Resource]
    undecided: list[Resource]


def select(client: Client, listed: Iterable[Resource], **filters: Any) -> Selection:
    """Return the integrations that match every filter; what a list leaves out is looked for elsewhere.

    Args:
        client: of their business.
        listed: the integrations.
        filters: attributes; None disables a filter.
    """
    desired = {name: value for name, value in filters.items() if value is not None}
    found = list(listed)
    if not desired:
        return Selection(found, [])
    if unclear := [resource for resource in found if matches(resource.attributes, desired) is None]:
        known = {resource.id: resource for resource in complete(client, unclear, set(desired))}
        found = [known.get(resource.id, resource) for resource in found]
    verdicts = [(resource, matches(resource.attributes, desired)) for resource in found]
    return Selection(
        [resource for resource, verdict in verdicts if verdict],
        [resource for resource, verdict in verdicts if verdict is None],
    )


def at_endpoint(client: Client, listed: Iterable[Resource], endpoint: str) -> Selection:
    """Return the integrations that deliver to an endpoint, and the webhooks that may do so."""
    webhooks = [
        resource
        for resource in listed
        if knows(resource.attributes, [ENDPOINT]) or is_webhook(resource.attributes) is not False
    ]
    return select(client, webhooks, endpoint=endpoint)


def matches(attributes: Mapping[str, Any], desired: Mapping[str, Any]) -> bool | None:
    """Whether an integration has all these attributes; None if Jebbit does not say."""
    rest = dict(desired)
    if SERVICE in rest and SERVICE in attributes and same_service(attributes[SERVICE], rest[SERVICE]):
        del rest[SERVICE]
    if diff(attributes, rest):
        return False
    if not (missing := unknown(attributes, rest)):
        return True
    if ENDPOINT in missing and _is_other_host(shown_host(attributes), rest[ENDPOINT]):
        return False
    return None


def require_decided(undecided: Iterable[Resource], names: Iterable[str], *, hint: str) -> None:
    """Check that a decision about integrations does not depend on what Jebbit does not say.

    Raises:
        RejectedError: it does for these.
    """
    if ids := [str(resource.id) for resource in undecided]:
        raise RejectedError(f"Jebbit does not say {' and '.join(names)} of {named(ids)}", hint=hint)


def named(ids: Sequence[str]) -> str:
    """Return ids as text for a message, such as ``integrations a, b``."""
    return f"integration{'s' * (len(ids) > 1)} {', '.join(ids)}"


def shown_host(attributes: Mapping[str, Any]) -> object:
    """Return an integration's host; if Jebbit does not show it, the endpoint."""
    return attributes.get(HOST) or attributes.get(ENDPOINT)


def _is_other_host(host: object, endpoint: str) -> bool:
    """Whether what Jebbit shows as an endpoint's host is surely another one."""
    shown, desired = host_of(host) if isinstance(host, str) else None, host_of(endpoint)
    return bool(shown and desired and shown != desired)


def _by_id(client: Client, collection: str) -> dict[str | None, Resource]:
    """Return the resources of a collection; empty if Jebbit has no such collection, or does not show it."""
    try:
        return {resource.id: resource for resource in resources.list_resources(client, collection)}
    except (NotFoundError, CredentialsError, RejectedError):
        return {}


def _fill(resource: Resource, other: Resource, needed: set[str]) -> Resource:
    """Return an integration with the needed attributes that only the other one has, and no secret."""
    known = {
        name: other.attributes[name]
        for name in needed
        if knows(other.attributes, [name]) and not knows(resource.attributes, [name])
    }
    return replace(resource, attributes={**resource.attributes, **known})


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def shared_secret(client: Client, id_: str) -> str:
    """Return an integration's shared secret, from the integration or from the webhooks of the dashboard.

    Raises:
        RejectedError: Jebbit's responses contain none.
    """
    integration = get(client, id_)
    secret = secret_in(integration) or secret_in(_by_id(client, VIEW).get(id_, integration))
    if secret is None:
        raise RejectedError(
            f"Jebbit's response contains no shared secret for {id_}",
            hint="Jebbit may show it only once, when the integration is created",
        )
    return secret


def shows_secret(client: Client, id_: str | None) -> bool:
    """Whether Jebbit surely shows an integration's shared secret again."""
    with suppress(JebbitctlError):
        return id_ is not None and bool(shared_secret(client, id_))
    return False


def shared_secrets(client: Client) -> Iterator[tuple[str, str | None]]:
    """Yield the ids of the integrations with their shared secrets, None where Jebbit does not show it.

    The secrets of the list come first, then those that need another request: one for the webhooks of the
    dashboard, and one for each webhook that is left. Without a secret, an integration of another service is
    left out: it does not sign.
    """
    missing: list[Resource] = []
    for integration in list_integrations(client):
        if secret := secret_in(integration):
            yield str(integration.id), secret
        elif is_webhook(integration.attributes) is not False:
            missing.append(integration)
    views = _by_id(client, VIEW) if missing else {}
    hidden: list[str] = []
    for integration in missing:
        if secret := secret_in(views.get(integration.id, integration)):
            yield str(integration.id), secret
        else:
            hidden.append(str(integration.id))
    for id_ in hidden:
        yield id_, _own_secret(client, id_)


def _own_secret(client: Client, id_: str) -> str | None:
    """Return the secret that an integration shows at its own address, None if it does not."""
    if not is_id(id_):
        return None
    with suppress(NotFoundError, CredentialsError, RejectedError):
        return secret_in(get(client, id_))
    return None


def secret_in(integration: Resource) -> str | None:
    """Return the shared secret that a response contains, None if there is none."""
    secret = integration.attributes.get("shared_secret")
    return register_secret(secret) if isinstance(secret, str) and secret else None


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


def update(client: Client, current: Resource, desired: dict[str, Any], *, force: bool = False) -> WriteResult:
    """Send the attributes of ``current`` that differ from ``desired``, or that are unknown.

    Raises:
        RejectedError: the options to keep are unknown, and ``force`` does not accept that they may be lost.
    """
    return resources.update_resource(client, TYPE, current, desired, force=force)


def delete(client: Client, id_: str) -> None:
    resources.delete_resource(client, TYPE, id_)


def send_test(client: Client, id_: str) -> DeliveryReport:
    """Make Jebbit send a test delivery; return what it says that it sent."""
    return DeliveryReport.parse(client.post_for_report(f"{resources.resource_path(TYPE, id_)}/test", {}))
