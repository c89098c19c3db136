"""Reads a collection to its end, whether the service pages it by links, by numbers or not at all."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from jebbitctl.errors import JebbitctlError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.page_budget import PageBudget

_INCOMPLETE_HINT = "try again; if that does not help, ask Jebbit which resources these credentials cannot see"
PAGE_SIZE = 1000
"""The most that the service accepts."""
_FULL_SHARE = 0.9
"""A page may be full with this share of its size: the service may leave out what a credential may not see."""
_NO_SUCH_PAGE = {400, 404, 416, 422}
_COUNT_NAMES = {"recordcount", "totalcount", "total"}
"""Names in ``meta`` of the number of resources on all pages, in lower case and without separators."""

_Key: TypeAlias = tuple[str, str] | str


class Listing:
    """A collection that is being read.

    Args:
        client: of the business.
        path: such as ``/campaigns``.
        params: of every request, such as filters.
        whole: fail if the service says that it did not send everything; else this is a warning.
    """

    def __init__(
        self, client: Client, path: str, params: Mapping[str, str] | None = None, *, whole: bool = False
    ) -> None:
        self._client = client
        self._path = path
        self._params = dict(params or {})
        self._whole = whole
        self._seen: set[_Key] = set()
        self._reported: int | None = None
        self._page_length = 0
        """Of the latest page, including resources that earlier pages had."""

    def pages(self, *, paged: bool) -> Iterator[Any]:
        """Yield each page as a document, each resource once; see :meth:`Client.pages` for other errors.

        A page that is not full may be the last one, or all that the service sends at once. So pages are
        requested until one has nothing new, which includes those of a service that ignores ``page[number]``.
        Only a service whose first page was as long as requested has shown that it sends so many at once; a
        far shorter page is its last one. After a link to the next page, links lead to the end.

        Args:
            paged: whether the service pages this collection. If not, a second request is only made if the
                service reports more resources than it sent.

        Raises:
            RejectedError: the service says that it did not send everything, and that matters.
        """
        budget = self._client.page_budget()
        size, may_be_over, sends_full_pages = PAGE_SIZE, False, False
        for number in count(1):
            page = {"page[number]": str(number), "page[size]": str(size)} if paged or number > 1 else {}
            before, documents = len(self._seen), 0
            for document in self._read(page, budget, may_be_over=may_be_over):
                yield document
                documents += 1
            received = len(self._seen) - before
            if documents != 1 or not received or not (paged or self._is_incomplete):
                break
            if number == 1:
                size = min(size, received)  # a smaller limit of the service may decide where page 2 starts
                sends_full_pages = self._page_length == PAGE_SIZE
            elif sends_full_pages and self._page_length < _FULL_SHARE * PAGE_SIZE and not self._is_incomplete:
                break
            may_be_over = received < PAGE_SIZE or not paged
            budget.require_next()
        self._compare_count()

    def _read(self, page: dict[str, str], budget: PageBudget, *, may_be_over: bool) -> Iterator[Any]:
        """Yield the documents of a page, and of those that it links to.

        Args:
            page: the parameters of the page.
            budget: for the whole collection.
            may_be_over: accept that the service rejects the page, as some do after the last one.
        """
        try:
            for document in self._client.pages(self._path, self._params | page, budget):
                yield self._without_known(document)
        except JebbitctlError as error:
            if not may_be_over or error.status not in _NO_SUCH_PAGE:
                raise

    def _without_known(self, document: Any) -> Any:
        """Return a document without resources of earlier pages; note what it says about their number."""
        if not isinstance(document, dict) or not isinstance(data := document.get("data"), list):
            return document
        if (reported := reported_count(document.get("meta"))) is not None:
            self._reported = reported
        self._page_length = len(data)
        new = {key: found for found in data if (key := _key(found)) not in self._seen}
        self._seen |= new.keys()
        return {**document, "data": list(new.values())}

    @property
    def _is_incomplete(self) -> bool:
        return self._reported is not None and self._reported > len(self._seen)

    def _compare_count(self) -> None:
        if self._reported not in {None, len(self._seen)}:
            noun = self._path.partition("?")[0].rpartition("/")[2].replace("_", " ")
            message = f"Jebbit counts {self._reported:,} {noun}, but sent {len(self._seen):,}"
            if self._is_incomplete and self._whole:
                raise RejectedError(
                    f"{message}: what is missing from the list may exist", hint=_INCOMPLETE_HINT
                )
            if self._is_incomplete:
                warn = self._client.warn_of_gap or self._client.warn
                warn(f"{message}; this list may be incomplete")
            else:
                self._client.warn(message)


def reported_count(meta: Any) -> int | None:
    """Return the number of resources on all pages, None if the service does not say it."""
    if not isinstance(meta, dict):
        return None
    for members in (meta, meta.get("page"), meta.get("pagination")):
        for name, value in members.items() if isinstance(members, dict) else ():
            if re.sub("[_-]", "", name).lower() in _COUNT_NAMES and type(value) is int and value >= 0:
                return value
    return None


def _key(found: Any) -> _Key:
    """Return what identifies a resource: its type and id, or all of it if it has no id."""
    if isinstance(found, dict) and isinstance(id_ := found.get("id"), str):
        return str(found.get("type")), id_
    return json.dumps(found, sort_keys=True)
