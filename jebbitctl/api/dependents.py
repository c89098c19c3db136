"""What belongs to an integration, its mappings and backfills: the calls that both have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api import documents, integrations
from jebbitctl.api.integrations import differences, require_named, written
from jebbitctl.errors import NotFoundError, NotTakenError
from jebbitctl.text import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.integrations import Difference

OWNER = "integration_id"


def inventory(client: Client, type_: str) -> Iterator[Resource]:
    """Yield every resource of a type, whichever integration it belongs to."""
    for page in client.pages(f"/{type_}"):
        yield from documents.many(page)


def inventory_of(client: Client, type_: str, integration: str | None) -> Iterator[Resource]:
    """Yield the resources that belong to an integration; None asks for all.

    The service documents no filter for these lists, so none is sent.

    Raises:
        NotFoundError: there is no such integration.
    """
    found = False
    for resource in inventory(client, type_):
        if integration is None or resource.get(OWNER) == integration:
            found = True
            yield resource
    if integration is not None and not found:
        integrations.get(client, integration)


def get(client: Client, type_: str, id_: str) -> Resource:
    """Return one resource, under the id that was asked for."""
    return {**documents.one(client.get(path_of(type_, id_))), "id": id_}


def create(client: Client, type_: str, asked: dict[str, Any]) -> Resource:
    """Create a resource that belongs to ``asked["integration_id"]``; return it, with its id.

    Raises:
        NotFoundError: there is no such integration.
        AmbiguousWriteError: Jebbit answered success, but without a resource or its id.
    """
    path = f"/{type_}"
    try:
        answer = client.post(path, documents.request_document(type_, asked))
    except NotFoundError as error:
        raise NotFoundError(
            f"integration {asked[OWNER]} not found",
            hint="list them: jebbitctl integrations list",
            status=error.status,
        ) from None
    created = written(client, "POST", path, answer)
    require_named(client, path, created)
    return created


def update(client: Client, type_: str, id_: str, attributes: dict[str, Any]) -> Resource:
    """Change attributes; return what Jebbit answered, at the least the id."""
    path = path_of(type_, id_)
    answer = client.patch(path, documents.request_document(type_, attributes, id_))
    return {**(written(client, "PATCH", path, answer) if answer else {"type": type_}), "id": id_}


def path_of(type_: str, id_: str) -> str:
    """Return where one resource is.

    Raises:
        UsageError: the id cannot be one.
    """
    return f"/{type_}/{documents.require_id(id_)}"


def refusals(resource: Resource, asked: dict[str, Any]) -> list[Difference]:
    """Return what Jebbit did not take of ``asked``; an answer may leave out whose it is."""
    told = {name: value for name, value in asked.items() if name != OWNER or resource.get(OWNER) is not None}
    return differences(resource, told)


def not_taken(refused: Iterable[Difference], *, look: str) -> NotTakenError:
    """Return the error that names what Jebbit did not take."""
    what = ", ".join(f"{d.name} (asked {shown(d.should_be)}, got {shown(d.is_)})" for d in refused)
    return NotTakenError(f"Jebbit did not take {what}", hint=f"{look} shows what is set")


def shown(value: Any) -> str:
    """Return a value for a message."""
    return "null" if value is None else cell(value)
