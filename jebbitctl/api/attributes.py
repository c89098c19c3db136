"""Attributes: what a business asks its visitors (``/api/v1/traits``), read only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.api import resources
from jebbitctl.api.ambiguous_writes import list_command
from jebbitctl.api.listing import Listing
from jebbitctl.errors import NotFoundError
from jebbitctl.util.ids import is_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

TYPE = "traits"
USER_DEFINED_ID = "user_defined_id"
"""The attribute that the ``jebbit_var`` of a mapping refers to."""
_NEGATIONS = re.compile(r"(exclu|hid|block|skip|disab|omit|suppress|prevent)|(no|non|not|never|without)$")
"""How words begin, or are, that turn the meaning of a name around."""


def list_pages(client: Client, ids: Iterable[str] | None = None) -> Iterator[list[Resource]]:
    """Yield attributes page by page: all, or those with one of these ``user_defined_id``."""
    filters = {} if ids is None else {f"filter[{USER_DEFINED_ID}]": ",".join(ids)}
    for document in Listing(client, f"/{TYPE}", filters).pages(paged=True):
        yield resources.parse_many(document)


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def find(client: Client, id_: str) -> Resource:
    """Return the attribute with an id, or else the only one with this ``user_defined_id``.

    Raises:
        NotFoundError: there is none.
    """
    command = list_command(TYPE, client.business)
    missing = NotFoundError(f"attribute {id_} not found", hint=f"list them: {command}")
    try:
        if is_id(id_):
            return get(client, id_)
    except NotFoundError as error:
        missing = error
    found = [
        attribute
        for page in list_pages(client, [id_])
        for attribute in page
        if attribute.attributes.get(USER_DEFINED_ID) == id_
    ]
    if len(found) != 1:
        raise missing
    return found[0]


def passes_to_integrations(attributes: Mapping[str, Any]) -> bool | None:
    """Whether integrations get the answers; None if Jebbit does not say, or not clearly.

    No document names the attribute that says it. So it is the only switch whose name is about integrations,
    and says that something passes, not that it is kept back.
    """
    found = [
        (name, value)
        for name, value in attributes.items()
        if isinstance(value, bool) and "integration" in name.lower()
    ]
    if len(found) != 1:
        return None
    ((name, value),) = found
    words = re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1_\2", name).lower())
    return None if any(map(_NEGATIONS.match, words)) else bool(value)
