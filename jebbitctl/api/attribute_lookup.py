"""Looks up attributes by the names that mappings use, in as few requests as possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from jebbitctl.api import resources
from jebbitctl.api.attribute_names import AttributeNames
from jebbitctl.api.attributes import TYPE, USER_DEFINED_ID, passes_to_integrations
from jebbitctl.api.listing import Listing
from jebbitctl.api.mappings import to_text
from jebbitctl.api.scopes import missing_scopes
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

MAX_IDS_LENGTH = 6000
"""Characters of ids in a URL: many servers take no more than 8,192 for the whole request line."""
_PATH = f"/{TYPE}"
_COMMA_LENGTH = len(quote_plus(","))


@dataclass(frozen=True)
class KnownAttributes:
    """The attributes of a business that are known, and what they say about other names.

    Attributes:
        found: the attributes.
        asked: the ids that Jebbit was asked for; None if ``found`` is all that it has.
    """

    found: tuple[Resource, ...]
    asked: frozenset[str] | None = None

    @cached_property
    def by_id(self) -> dict[str, Resource]:
        """The attributes by ``user_defined_id``. Attributes without one are left out."""
        return {
            to_text(id_): one
            for one in self.found
            if (id_ := one.attributes.get(USER_DEFINED_ID)) is not None
        }

    @cached_property
    def names(self) -> AttributeNames:
        """What may have been meant by a name that no attribute has."""
        return AttributeNames(self.found)

    @cached_property
    def _all_say_their_id(self) -> bool:
        return all(USER_DEFINED_ID in one.attributes for one in self.found)

    def passes(self, name: str) -> bool | None:
        """Whether integrations get the answers to an attribute; None if Jebbit does not say it clearly."""
        said = self._passing.get(name, set())
        return next(iter(said)) if len(said) == 1 else None

    @cached_property
    def _passing(self) -> dict[str, set[bool | None]]:
        """Whether an id passes, as each attribute with this id says."""
        said: dict[str, set[bool | None]] = {}
        for one in self.found:
            id_ = to_text(one.attributes.get(USER_DEFINED_ID))
            said.setdefault(id_, set()).add(passes_to_integrations(one.attributes))
        return said

    def has(self, name: str) -> bool | None:
        """Whether there is an attribute with this id; None if it cannot be known."""
        if name in self.by_id:
            return True
        was_asked = self.asked is None or name in self.asked
        return False if was_asked and self._all_say_their_id else None


def fetch(client: Client, names: Iterable[str]) -> KnownAttributes:
    """Return the attributes with these ids; all attributes if one of the ids is not found among them.

    Only all attributes show that there is none with an id: a filter may compare ids in another way. And they
    show which one was meant.

    Raises:
        RejectedError: Jebbit says that it did not send all of them.
        ForbiddenError, UnavailableError: see :meth:`Client.request`.
    """
    wanted = list(dict.fromkeys(names))
    askable = [name for name in wanted if _can_be_asked(name)]
    found = [
        one
        for ids in split_ids(askable)
        for document in Listing(client, _PATH, _filter(ids)).pages(paged=False)  # unasked, it sends all
        for one in resources.parse_many(document)
    ]
    known = KnownAttributes(tuple(found), frozenset(askable))
    if all(known.has(name) for name in wanted):
        return known
    pages = Listing(client, _PATH, whole=True).pages(paged=True)
    return KnownAttributes(tuple(one for document in pages for one in resources.parse_many(document)))


def fetch_if_allowed(client: Client, names: Iterable[str]) -> KnownAttributes | None:
    """Return the same as :func:`fetch`; None if the token may not read attributes, or it fails.

    Args:
        client: of the business. It should not retry, as the answer is not needed.
        names: ids.
    """
    try:
        granted = client.token().resource_scopes
        if granted and missing_scopes("GET", _PATH, granted):
            return None
        return fetch(client, names)
    except JebbitctlError:
        return None


def split_ids(ids: Iterable[str], limit: int = MAX_IDS_LENGTH) -> Iterator[list[str]]:
    """Yield ids in as few groups as fit in URLs, in their order.

    Args:
        ids: none of them longer than the limit.
        limit: characters of the ids of a group and the commas between them, encoded for a URL.
    """
    group: list[str] = []
    length = 0
    for id_ in ids:
        added = len(quote_plus(id_)) + (_COMMA_LENGTH if group else 0)
        if group and length + added > limit:
            yield group
            group, length, added = [], 0, added - _COMMA_LENGTH
        group.append(id_)
        length += added
    if group:
        yield group


def _can_be_asked(id_: str) -> bool:
    """Whether a filter can name an id: a comma separates ids, and an empty one may mean no filter."""
    return bool(id_) and "," not in id_ and len(quote_plus(id_)) <= MAX_IDS_LENGTH


def _filter(ids: Iterable[str]) -> dict[str, str]:
    return {f"filter[{USER_DEFINED_ID}]": ",".join(ids)}
