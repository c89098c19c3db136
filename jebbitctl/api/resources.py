"""Resources of Jebbit's API: one type and one set of calls, whatever the resource type.

Resource objects: https://jsonapi.org/format/1.0/#document-resource-objects.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.api.ambiguous_writes import list_command, recovery_hint
from jebbitctl.api.differences import (
    OPTIONS,
    diff,
    dotted,
    knows,
    may_be_off,
    options_in,
    patch,
    unknown,
)
from jebbitctl.api.documents import API_ROOT, request_document
from jebbitctl.api.listing import Listing
from jebbitctl.errors import (
    AmbiguousWriteError,
    JebbitctlError,
    NotFoundError,
    PartiallyAppliedError,
    RejectedError,
)
from jebbitctl.util.ids import is_id, require_id
from jebbitctl.util.text import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.differences import Difference

INTEGRATIONS = "integrations"
OWNER = "integration_id"
"""The attribute of a mapping or a backfill that names its integration."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A JSON:API resource.

    Attributes:
        type: such as ``integrations``; None if the response has none.
        id: as text; None if the response has none.
        attributes: all of them, including those that this program does not know.
        members: other members of the resource object, such as ``relationships`` and ``links``.
    """

    type: str | None
    id: str | None
    attributes: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the flat JSON that commands print: id and type, then attributes, then other members."""
        head = {"id": self.id, "type": self.type}
        return {**head, **self.attributes, **self.members, **head}

    def merge(self, other: Resource) -> Resource:
        """Return this resource with the attributes and members of another one, which win."""
        attributes = {**self.attributes, **other.attributes}
        members = {**self.members, **other.members}
        return Resource(other.type or self.type, self.id, attributes, members)


class WriteResult(NamedTuple):
    """A resource after a write, and the desired attributes that Jebbit did not apply."""

    resource: Resource
    unapplied: list[Difference]


def list_resources(client: Client, type_: str, *, whole: bool = False) -> Iterator[Resource]:
    """Yield every resource of a type, in the service's order.

    Args:
        client: of the business.
        type_: such as ``integrations``.
        whole: fail if Jebbit says that there are more than it sent, as something is to be decided from this.

    Raises:
        RejectedError: it says so.
    """
    for document in Listing(client, f"/{type_}", whole=whole).pages(paged=False):
        yield from parse_many(document)


def list_owned(
    client: Client, type_: str, integration: str | None, *, whole: bool = False
) -> Iterator[Resource]:
    """Yield the resources that belong to an integration, or all if it is None; see :func:`list_resources`.

    The API documents no filter for these lists, so the filter is applied here.

    Raises:
        NotFoundError: the integration does not exist.
        RejectedError: Jebbit does not say which integration a resource belongs to.
    """
    found = False
    for listed in list_resources(client, type_, whole=whole):
        resource = listed if integration is None else _with_owner(client, type_, listed)
        if integration is None or resource.attributes.get(OWNER) == integration:
            found = True
            yield resource
    if integration is not None and not found:
        get_resource(client, INTEGRATIONS, integration)  # raises NotFoundError if it does not exist


def list_linked(client: Client, type_: str, id_: str, linked_type: str) -> Iterator[Resource]:
    """Yield the resources of a type that are linked to a resource of another type.

    Raises:
        NotFoundError: the resource ``id_`` does not exist.
        UsageError: ``id_`` is not an id.
    """
    for document in Listing(client, f"{resource_path(type_, id_)}/{linked_type}").pages(paged=False):
        yield from parse_many(document)


def complete(client: Client, type_: str, listed: Iterable[Resource], needed: set[str]) -> list[Resource]:
    """Return listed resources with these attributes: a missing one is unknown, so the resource is fetched."""
    return [
        resource
        if knows(resource.attributes, needed)
        else resource.merge(get_resource(client, type_, str(resource.id)))
        for resource in listed
    ]


def _with_owner(client: Client, type_: str, listed: Resource) -> Resource:
    (resource,) = complete(client, type_, [listed], {OWNER})
    if OWNER not in resource.attributes:
        raise unknown_owner(resource)
    return resource


def unknown_owner(resource: Resource) -> RejectedError:
    """Return the error for a resource of which Jebbit does not say which integration it belongs to."""
    return RejectedError(f"Jebbit's response does not say which integration mapping {resource.id} belongs to")


def get_resource(client: Client, type_: str, id_: str, params: Mapping[str, str] | None = None) -> Resource:
    """Return one resource. Its id is the requested one, whatever the response says."""
    return replace(parse_one(client.get(resource_path(type_, id_), params)), id=id_)


def create_resource(
    client: Client, type_: str, desired: dict[str, Any], *, id_required: bool = True
) -> WriteResult:
    """Create a resource with these attributes.

    Raises:
        NotFoundError: the integration that it should belong to does not exist.
        AmbiguousWriteError: Jebbit reported success, but returned no resource, or none with an id.
    """
    path = f"/{type_}"
    try:
        document = client.post(path, request_document(type_, desired))
    except NotFoundError as error:
        if OWNER not in desired:
            raise
        raise NotFoundError(
            f"integration {desired[OWNER]} not found",
            hint=f"list them: {list_command('integrations', client.business)}",
            status=error.status,
            request_id=error.request_id,
        ) from None
    created = parse_write_response("POST", path, document)
    if id_required:
        require_created_id(path, created)
    return _write_result(client, type_, created, desired)


def update_resource(
    client: Client, type_: str, current: Resource, desired: dict[str, Any], *, force: bool = False
) -> WriteResult:
    """Send the attributes of ``current`` that differ from ``desired``, or that are unknown.

    Raises:
        RejectedError: the options to keep are unknown; see :func:`patch`.
    """
    id_ = current.id or ""
    updated = patch_resource(client, type_, id_, patch(current.attributes, desired, force=force))
    return _write_result(client, type_, updated, desired)


def patch_resource(client: Client, type_: str, id_: str, attributes: dict[str, Any]) -> Resource:
    """Send a PATCH and return the resource in the response; it may have nothing but an id."""
    path = resource_path(type_, id_)
    document = client.patch(path, request_document(type_, attributes, id_))
    updated = parse_write_response("PATCH", path, document) if document else Resource(type_, id_)
    return replace(updated, id=id_)


def delete_resource(client: Client, type_: str, id_: str) -> None:
    client.delete(resource_path(type_, id_))


def resource_path(type_: str, id_: str) -> str:
    """Return the path of a resource below the API's root.

    Raises:
        UsageError: ``id_`` is not an id.
    """
    return f"/{type_}/{require_id(id_)}"


def parse_one(document: Any) -> Resource:
    """Return the single resource of a document.

    Raises:
        RejectedError: it has none.
    """
    return _parse(document.get("data") if isinstance(document, dict) else None)


def parse_many(document: Any) -> list[Resource]:
    """Return the resources of a collection document, in its order.

    Raises:
        RejectedError: it has no collection.
    """
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise RejectedError("Jebbit's response contains no list of resources")
    return [_parse(resource) for resource in data]


def parse_write_response(method: str, path: str, document: Any) -> Resource:
    """Return the resource in the response to a write.

    Raises:
        AmbiguousWriteError: Jebbit reported success, but returned no resource.
    """
    try:
        return parse_one(document)
    except RejectedError as error:
        raise AmbiguousWriteError(
            f"{error.message}; the {method} was probably carried out", hint=_recovery_hint(method, path)
        ) from None


def require_created_id(path: str, created: Resource) -> None:
    """Check that a created resource has an id.

    Raises:
        AmbiguousWriteError: it has none, so no command can address it.
    """
    if created.id is None or not is_id(created.id):
        raise AmbiguousWriteError(
            "Jebbit's response contains no id; the POST was probably carried out",
            hint=_recovery_hint("POST", path),
        )


def unconfirmed(written: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    """Return the dotted names of desired attributes that may or may not have been applied.

    Args:
        written: the attributes of the resource after the write.
        desired: what was sent. An option that was to be off and is not shown is one of them.
    """
    off = [change.name for change in diff(written, desired) if may_be_off(written, change)]
    return [name for name in [*unknown(written, desired), *off] if name != OWNER]


def unapplied_error(unapplied: Iterable[Difference], *, command: str) -> PartiallyAppliedError:
    """Return the error that names what Jebbit did not apply.

    Args:
        unapplied: at least one difference.
        command: the command that shows the resource, for the hint.
    """
    names = ", ".join(
        f"{name} (requested {format_value(desired)}, got {format_value(current)})"
        for name, current, desired in (change.shown for change in unapplied)
    )
    return PartiallyAppliedError(
        f"Jebbit did not apply {names}", hint=f"show the current values with: {command}"
    )


def raise_if_unapplied(unapplied: list[Difference], *, command: str) -> None:
    """Raise :func:`unapplied_error` unless Jebbit applied everything.

    Raises:
        PartiallyAppliedError: Jebbit did not apply every attribute.
    """
    if unapplied:
        raise unapplied_error(unapplied, command=command)


def format_value(value: Any) -> str:
    """Return an attribute's value as text for a message."""
    return "null" if value is None else cell(value)


def _parse(data: Any) -> Resource:
    if not isinstance(data, dict) or not isinstance(attributes := data.get("attributes", {}), dict):
        raise RejectedError("Jebbit's response contains no resource")
    members = dict(data)
    members.pop("attributes", None)
    return Resource(_text(members.pop("type", None)), _text(members.pop("id", None)), attributes, members)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _write_result(client: Client, type_: str, response: Resource, desired: dict[str, Any]) -> WriteResult:
    """Return the result of a write. If the response leaves out a desired attribute, read the resource.

    The response takes precedence: it may be the only one that contains the secret. A failed read is ignored,
    because the write succeeded.
    """
    expected = {name: value for name, value in desired.items() if name != OWNER}
    missing = dotted(expected).keys() - dotted(response.attributes).keys()
    if missing and response.id is not None and is_id(response.id):
        with suppress(JebbitctlError):
            response = _fill_in(response, get_resource(client, type_, response.id))
    if OWNER in desired and response.attributes.get(OWNER) is not None:
        expected[OWNER] = desired[OWNER]  # a response may leave out the owner
    attributes = response.attributes
    differences = diff(attributes, expected)
    return WriteResult(response, [change for change in differences if not may_be_off(attributes, change)])


def _fill_in(response: Resource, read: Resource) -> Resource:
    """Return the response to a write, completed with what only the read contains."""
    known = {name: value for name, value in response.attributes.items() if value is not None}
    if options := {**options_in(read.attributes), **options_in(response.attributes)}:
        known[OPTIONS] = options
    return response.merge(read).merge(replace(response, attributes=known))


def _recovery_hint(method: str, path: str) -> str | None:
    return recovery_hint(method, f"{API_ROOT}{path}")
