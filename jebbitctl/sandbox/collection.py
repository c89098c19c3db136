"""A JSON:API collection, one implementation for every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.answers import Problem
from jebbitctl.sandbox.kinds import KINDS
from jebbitctl.sandbox.state import StoredResource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from jebbitctl.sandbox.kinds import Kind
    from jebbitctl.sandbox.state import Business, State

PAGE_LIMIT = 1000
"""The largest ``page[size]``; also the size when only ``page[number]`` is given."""
_PAGE = {"number": 1, "size": PAGE_LIMIT}


class Collection:
    """The resources of one kind that one business has.

    Hold the state's lock around each call: what is returned may be changed by the next one.
    """

    def __init__(self, state: State, business: Business, kind: Kind) -> None:
        self._state = state
        self._business = business
        self._kind = kind
        self._resources = business.of(kind.type)

    def select(self, query: MultiDict[str, str], *, beneath: str | None = None) -> list[dict[str, Any]]:
        """Return the documents, newest first, that pass the query's filters and stand on its page.

        Args:
            query: the parameters of the URL.
            beneath: only those that are linked to the resource with this id.

        Raises:
            Problem: 400 for a parameter that is not understood.
        """
        filters, page = self._read_query(query, filterable=beneath is None)
        found = [
            resource
            for resource in reversed(self._resources.values())
            if (beneath is None or beneath in resource.linked)
            and all(self._kind.filters[name](resource, values) for name, values in filters.items())
        ]
        return [self.document(resource) for resource in found[page]]

    def find(self, id_: str) -> StoredResource:
        """Return the resource with this id.

        Raises:
            Problem: 404.
        """
        try:
            return self._resources[id_]
        except KeyError:
            raise Problem(404) from None

    def create(self, given: Mapping[str, Any]) -> StoredResource:
        """Keep a new resource and return it.

        Raises:
            Problem: 422 or 400 for attributes that are missing or wrong, 404 for a parent that is.
        """
        if not given:
            raise Problem(self._kind.empty, "no attributes were given")
        resource = StoredResource(self._state.new_id(), self._kind.defaults(), self._state.clock())
        changes = self._changes(resource, given)
        missing = [name for name in self._kind.required if name not in changes]
        if missing:
            raise Problem(400, f"missing: {', '.join(missing)}")
        for name, default in resource.attributes.items():
            if isinstance(default, dict) and name in changes:
                changes[name] = default | changes[name]
        self._apply(resource, changes, stamps=("created_at", "updated_at"))
        self._kind.created(self._state, self._business, resource)
        self._resources[resource.id] = resource
        return resource

    def update(self, id_: str, given: Mapping[str, Any]) -> StoredResource:
        """Change the attributes that are given and return the resource.

        Raises:
            Problem: 404, or 400 for attributes that are wrong.
        """
        resource = self.find(id_)
        changes = self._changes(resource, given)
        self._kind.updated(self._state, self._business, resource)
        self._apply(resource, changes, stamps=("updated_at",))
        return resource

    def delete(self, id_: str) -> None:
        """Remove a resource and all that belongs to it.

        Raises:
            Problem: 404.
        """
        del self._resources[self.find(id_).id]
        for kind in KINDS.values():
            if kind.parent and kind.parent[1] == self._kind.type:
                children = self._business.of(kind.type)
                for child in [child for child in children.values() if id_ in child.linked]:
                    del children[child.id]

    def document(self, resource: StoredResource) -> dict[str, Any]:
        """Return the JSON:API resource object; it changes as the resource does."""
        self._kind.shown(self._state, self._business, resource)
        return {"id": resource.id, "type": self._kind.type, "attributes": resource.attributes}

    def _changes(self, resource: StoredResource, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of ``given`` is taken; the rest is dropped without a word, as Rails does."""
        self._kind.check(given)
        ignored = self._state.not_taken
        changes = {
            name: _taken(value, resource.attributes.get(name), ignored)
            for name, value in given.items()
            if name not in ignored and isinstance(value, self._kind.writable.get(name, ()))
        }
        if self._kind.parent and self._kind.parent[0] in changes:
            parent = KINDS[self._kind.parent[1]]
            Collection(self._state, self._business, parent).find(changes[self._kind.parent[0]])
        return changes

    def _apply(self, resource: StoredResource, changes: Mapping[str, Any], *, stamps: Iterable[str]) -> None:
        resource.attributes |= changes
        for name in stamps:
            if name in resource.attributes:
                resource.attributes[name] = self._state.timestamp()
        if self._kind.parent:
            resource.linked = {resource.attributes[self._kind.parent[0]]}

    def _read_query(
        self, query: MultiDict[str, str], *, filterable: bool
    ) -> tuple[dict[str, list[str]], slice[int | None, int | None, None]]:
        known = {f"filter[{name}]": name for name in self._kind.filters} if filterable else {}
        pages = {"page[number]", "page[size]"} if self._kind.paged else set()
        for name in query:
            if name not in known and name not in pages:
                raise Problem(400, f"unknown parameter: {name}")
        filters = {name: query.getlist(key) for key, name in known.items() if key in query}
        needed = self._kind.needs_filter
        if filterable and needed and needed not in filters:
            raise Problem(400, f"filter[{needed}] is required")
        return filters, _page(query) if query.keys() & pages else slice(None)


def _page(query: Mapping[str, str]) -> slice[int | None, int | None, None]:
    try:
        number, size = (int(query.get(f"page[{name}]", default)) for name, default in _PAGE.items())
    except ValueError:
        raise Problem(400, "page[number] and page[size] must be numbers") from None
    if number < 1 or not 1 <= size <= PAGE_LIMIT:
        raise Problem(400, f"page[number] starts at 1, page[size] is at most {PAGE_LIMIT}")
    return slice((number - 1) * size, number * size)


def _taken(value: Any, current: Any, ignored: set[str]) -> Any:
    """Return ``value``, an object with the ignored members as they are now."""
    if not isinstance(value, dict) or not isinstance(current, dict):
        return value
    kept = {name: current[name] for name in ignored & current.keys()}
    return {name: inner for name, inner in value.items() if name not in ignored} | kept
