"""Reads a collection of any path to its end, whether its pages are linked, numbered or neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from jebbitctl.api.listing import PAGE_SIZE, Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client

NUMBER, SIZE = "page[number]", "page[size]"
_OTHER_PAGING = re.compile("page|limit|offset|cursor|size")
"""Matches the names of query parameters that choose a page in other APIs."""


class RawListing(Listing):
    """A collection at any path that a user typed.

    Args:
        client: sends the requests.
        path: below the API's root, with a query that may ask for a page.
    """

    def __init__(self, client: Client, path: str) -> None:
        path, self._first = _split_page(path)
        super().__init__(client, path)
        names = (parameter.partition("=")[0] for parameter in path.partition("?")[2].split("&"))
        self._pages_otherwise = any(map(_OTHER_PAGING.search, map(unquote_plus, names)))
        self._start = _positive(self._first.get(NUMBER, "")) or 1

    def read(self) -> Iterator[Any]:
        """Yield each page as a document, each resource once; see :meth:`Client.pages` for errors.

        Without a link to the next page, pages are requested by number until one has nothing new, or until
        there are as many resources as Jebbit counts. A warning says so if that does not show that these are
        all.
        """
        budget = self._client.page_budget()
        size = _positive(self._first.get(SIZE, ""))
        page, number = self._first, self._start
        while True:
            before, documents, is_first = len(self._seen), 0, page is self._first
            may_be_over = not (is_first or self._counts_more)
            for document in self._read(page, budget, may_be_over=may_be_over):
                documents += 1
                if is_first or _has_data(document):
                    yield document
            received = len(self._seen) - before
            if documents != 1 or not received or (self._counts_no_more and not is_first):
                break  # a count of the first page may be that of the page alone
            if number == 1:  # a smaller limit of the service may decide where page 2 starts
                size = min(size or PAGE_SIZE, received)
            number += 1
            page = {NUMBER: str(number), **({SIZE: str(size)} if size else {})}
            budget.require_next()
        if self._start == 1 and self._reported is not None:
            self._compare_count()
        elif not is_first and not received:
            self._warn_if_unknown(number, size, rejected=not documents)

    @property
    def _counts_more(self) -> bool:
        return self._start == 1 and self._is_incomplete

    @property
    def _counts_no_more(self) -> bool:
        return self._start == 1 and self._reported == len(self._seen)  # a smaller count is wrong

    def _is_full(self, size: int | None) -> bool:
        """Whether the last page is as long as the user asked for."""
        return SIZE in self._first and size is not None and self._page_length >= size

    def _warn_if_unknown(self, number: int, size: int | None, *, rejected: bool) -> None:
        """Warn if the last page does not show that there are no more."""
        if rejected:
            self._client.warn(f"Jebbit rejected page {number}: there may be more than what is printed")
        elif self._page_length and (self._pages_otherwise or self._is_full(size)):
            self._client.warn(
                f"Jebbit's page {number} repeats another one: there may be more than what is printed"
            )


def _split_page(path: str) -> tuple[str, dict[str, str]]:
    """Return a path with its query, but without the parameters that ask for a page; and those."""
    path, _, query = path.partition("?")
    others, page = [], {}
    for parameter in filter(None, query.split("&")):
        name, _, value = parameter.partition("=")
        if unquote_plus(name) in {NUMBER, SIZE}:
            page[unquote_plus(name)] = unquote_plus(value)
        else:
            others.append(parameter)
    return f"{path}?{'&'.join(others)}" if others else path, page


def _has_data(document: Any) -> bool:
    return bool(document.get("data")) if isinstance(document, dict) else True


def _positive(text: str) -> int | None:
    return int(text) if re.fullmatch("[1-9][0-9]{0,8}", text) else None
