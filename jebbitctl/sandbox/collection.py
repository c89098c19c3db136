"""JSON:API collections: one implementation for all resource types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from jebbitctl.sandbox.resource_types import ResourceType
    from jebbitctl.sandbox.state import Business, SandboxState

PAGE_LIMIT = 1000
"""The largest ``page[size]``; also the size when only ``page[number]`` is given."""
_PAGE_DEFAULTS = {"number": 1, "size": PAGE_LIMIT}
_PAGE_KEYS = {f"page[{name}]" for name in _PAGE_DEFAULTS}


class Collection:
    """The resources of one type that belong to one business.

    Hold the state's lock around each call, because later calls change the returned objects.
    """

    def __init__(self, state: SandboxState, business: Business, resource_type: ResourceType) -> None:
        self._state = state
        self._business = business
        self._type = resource_type
        self._resources = business.of(resource_type.stored_type)
        self._dialect = state.behaviour.dialect

    def select(self, query: MultiDict[str, str], *, linked_to: str | None = None) -> dict[str, Any]:
        """Return the JSON:API document with the resources that match the query, newest first.

        Args:
            query: the parameters of the URL.
            linked_to: an id; only resources linked to it are returned, and no filters are allowed.

        Raises:
            ApiError: 400 for an unknown parameter.
        """
        filters, page = self._parse_query(query, filterable=linked_to is None)
        parameters = self._parameters(query)
        selected = [
            resource
            for resource in reversed(self._resources.values())
            if self._type.shows(resource)
            and (linked_to is None or linked_to in resource.linked)
            and all(self._type.filters[name](resource, values) for name, values in filters.items())
        ]
        shown = self._read(selected[page])
        document: dict[str, Any] = {
            "data": [self._resource_object(resource, parameters=parameters) for resource in shown]
        }
        if self._state.behaviour.record_count is not None:
            document["meta"] = {"record_count": self._state.behaviour.record_count}
        return document

    def find(self, id_: str) -> StoredResource:
        """Return the resource with this id.

        Raises:
            ApiError: 404 if there is none.
        """
        resource = self._resources.get(id_)
        if resource is None or not self._type.shows(resource):
            raise ApiError(404)
        return resource

    def create(self, attributes: Mapping[str, Any]) -> StoredResource:
        """Add a resource and return it.

        Raises:
            ApiError: 422 or 400 for missing or invalid attributes, 404 for an unknown parent.
        """
        if not attributes:
            raise ApiError(self._type.empty_status, "no attributes were given")
        resource = StoredResource(self._state.new_id(), self._type.defaults(), self._state.clock())
        changes = self._changes(resource, attributes)
        required = (*self._type.required, *self._dialect.required.get(self._type.type, ()))
        if missing := [name for name in required if name not in changes]:
            raise ApiError(400, "must be given", attributes=missing)
        for name, default in resource.attributes.items():
            if isinstance(default, dict) and name in changes:
                changes[name] = default | changes[name]
        self._apply(resource, changes, stamps=("created_at", "updated_at"))
        self._type.on_create(self._state, self._business, resource)
        self._resources[resource.id] = resource
        return resource

    def update(self, id_: str, attributes: Mapping[str, Any]) -> StoredResource:
        """Change attributes of a resource and return it.

        Raises:
            ApiError: 404 if there is none, 400 for invalid attributes.
        """
        resource = self.find(id_)
        changes = self._changes(resource, attributes)
        self._type.on_update(self._state, self._business, resource)
        self._apply(resource, changes, stamps=("updated_at",))
        return resource

    def delete(self, id_: str) -> None:
        """Remove a resource and everything that belongs to it.

        Raises:
            ApiError: 404 if there is none.
        """
        del self._resources[self.find(id_).id]
        for resource_type in RESOURCE_TYPES.values():
            if resource_type.parent and resource_type.parent[1] == self._type.type:
                children = self._business.of(resource_type.type)
                for child in [child for child in children.values() if id_ in child.linked]:
                    del children[child.id]

    def document(
        self, resource: StoredResource, query: MultiDict[str, str] | None = None, *, created: bool = False
    ) -> dict[str, Any]:
        """Return the JSON:API document with one resource.

        Args:
            resource: to show.
            query: the parameters of the URL, for a GET.
            created: whether the response is to the POST that created it.
        """
        type_ = self._dialect.single_types.get(self._type.type, self._type.type)
        parameters = self._parameters(query or {})
        self._read([resource])
        shown = self._resource_object(resource, parameters=parameters, single=True, created=created)
        return {"data": shown | {"type": type_}}

    def _resource_object(
        self,
        resource: StoredResource,
        *,
        parameters: Mapping[str, str],
        single: bool = False,
        created: bool = False,
    ) -> dict[str, Any]:
        attributes = resource.attributes
        if self._type.report:
            attributes = self._type.report(self._business, resource, parameters, single)
        shown = self._state.behaviour.present(self._type.type, attributes, created=created)
        return {"id": resource.id, "type": self._type.type, "attributes": shown}

    def _read(self, resources: list[StoredResource]) -> list[StoredResource]:
        self._type.on_read(self._state, self._business, resources)
        return resources

    def _changes(self, resource: StoredResource, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that are applied; the others are silently ignored, as Rails does."""
        self._type.check(attributes)
        ignored = self._state.ignored_attributes
        changes = {
            name: _merge(value, resource.attributes.get(name), ignored)
            for name, value in attributes.items()
            if name not in ignored and isinstance(value, self._type.writable.get(name, ()))
        }
        if self._type.parent and self._type.parent[0] in changes:
            parent = RESOURCE_TYPES[self._type.parent[1]]
            Collection(self._state, self._business, parent).find(changes[self._type.parent[0]])
        return changes

    def _apply(self, resource: StoredResource, changes: Mapping[str, Any], *, stamps: Iterable[str]) -> None:
        resource.attributes |= changes
        for name in stamps:
            if name in resource.attributes:
                resource.attributes[name] = self._state.timestamp()
        if self._type.parent:
            resource.linked = {resource.attributes[self._type.parent[0]]}

    def _parameters(self, query: Mapping[str, str]) -> dict[str, str]:
        keys = {name: f"filter[{name}]" for name in self._type.parameters}
        return {name: query[key] for name, key in keys.items() if key in query}

    def _parse_query(
        self, query: MultiDict[str, str], *, filterable: bool
    ) -> tuple[dict[str, list[str]], slice[int | None, int | None, None]]:
        filters_by_key = {f"filter[{name}]": name for name in self._type.filters} if filterable else {}
        known = {*filters_by_key, *_PAGE_KEYS, *(f"filter[{name}]" for name in self._type.parameters)}
        for name in query:
            if name not in known:
                raise ApiError(400, f"unknown parameter: {name}")
        filters = {name: query.getlist(key) for key, name in filters_by_key.items() if key in query}
        required = self._type.required_filter
        if filterable and required and required not in filters:
            raise ApiError(400, f"filter[{required}] is required")
        page = _page(query, self._state.behaviour.max_page_size)
        return filters, page if self._type.paged and query.keys() & _PAGE_KEYS else slice(None)


def _page(query: Mapping[str, str], max_size: int | None) -> slice[int, int, None]:
    """Return the page that a query asks for, by default the first.

    Raises:
        ApiError: 400 for an invalid page, even of a collection that ignores it because it does not page.
    """
    try:
        number, size = (int(query.get(f"page[{name}]", default)) for name, default in _PAGE_DEFAULTS.items())
    except ValueError:
        raise ApiError(400, "page[number] and page[size] must be numbers") from None
    if number < 1 or not 1 <= size <= PAGE_LIMIT:
        raise ApiError(400, f"page[number] must be at least 1, and page[size] from 1 to {PAGE_LIMIT}")
    size = min(size, max_size or size)
    return slice((number - 1) * size, number * size)


def _merge(value: Any, current: Any, ignored: set[str]) -> Any:
    """Return ``value``; an object keeps its current values of ignored members."""
    if not isinstance(value, dict) or not isinstance(current, dict):
        return value
    unchanged = {name: current[name] for name in ignored & current.keys()}
    return {name: inner for name, inner in value.items() if name not in ignored} | unchanged
