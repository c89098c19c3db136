"""Collections that page, that do not, and that say how much they contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api import listing
from jebbitctl.api.listing import Listing
from jebbitctl.api.page_budget import PageBudget
from tests.api.faults import api, http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from tests.api.faults import FaultServer


def collection(*ids: str, **members: Any) -> bytes:
    return api({"data": [{"id": id_, "type": "things"} for id_ in ids], **members})


def counting(count: int, *ids: str) -> bytes:
    return collection(*ids, meta={"record_count": count})


def read(client: Client, *, paged: bool = False) -> tuple[list[str], list[str]]:
    """Return the ids of all resources, and the warnings."""
    warnings: list[str] = []
    client.warn = warnings.append
    documents = list(Listing(client, "/things").pages(paged=paged))
    return [found["id"] for document in documents for found in document["data"]], warnings


def test_a_collection_that_does_not_page_is_requested_once_and_without_parameters(
    server: FaultServer, client: Client
) -> None:
    server.script = [collection(*map(str, range(1000)))]
    assert len(read(client)[0]) == 1000
    assert server.calls == ["GET /api/v1/things"]


def test_a_reported_count_makes_a_collection_that_does_not_page_ask_for_the_rest(
    server: FaultServer, client: Client
) -> None:
    server.script = [counting(5, "1", "2"), counting(5, "3", "4"), counting(5, "5")]
    assert read(client) == (["1", "2", "3", "4", "5"], [])
    assert [path.partition("?")[2] for path in server.calls] == [
        "",
        "page%5Bnumber%5D=2&page%5Bsize%5D=2",
        "page%5Bnumber%5D=3&page%5Bsize%5D=2",
    ]


@pytest.mark.parametrize("second", [counting(3, "1", "2"), counting(3), http(400), http(404)])
def test_a_rest_that_does_not_come_is_a_warning(server: FaultServer, client: Client, second: bytes) -> None:
    server.script = [counting(3, "1", "2"), second]
    warning = "Jebbit counts 3 things, but sent 2; this list may be incomplete"
    assert read(client) == (["1", "2"], [warning])
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "meta",
    [
        {"record_count": 1},
        {"record-count": 1},
        {"recordCount": 1},
        {"total_count": 1},
        {"total": 1},
        {"page": {"total": 1}},
        {"pagination": {"total-count": 1}},
    ],
)
def test_a_count_has_several_names(server: FaultServer, client: Client, meta: Any) -> None:
    server.script = [collection("1", "2", meta=meta)]
    assert read(client) == (["1", "2"], ["Jebbit counts 1 things, but sent 2"])


@pytest.mark.parametrize(
    "meta", [None, [], "3", {"record_count": "3"}, {"total": True}, {"total": -1}, {"pages": {"total": 3}}]
)
def test_anything_else_is_no_count(server: FaultServer, client: Client, meta: Any) -> None:
    server.script = [collection("1", meta=meta)]
    assert read(client) == (["1"], [])


@pytest.mark.parametrize("paged", [True, False])
def test_links_lead_to_the_end_and_a_resource_on_two_pages_is_read_once(
    server: FaultServer, client: Client, paged: bool
) -> None:
    server.script = [
        collection("1", "2", links={"next": "?cursor=a"}, meta={"total": 3}),
        collection("2", "3", links={"next": None}, meta={"total": 3}),
    ]
    assert read(client, paged=paged) == (["1", "2", "3"], [])
    assert len(server.seen) == 2


@dataclass
class PagedThings:
    """A client of a service with things, whose pages are as large as it likes.

    Attributes:
        total: how many there are.
        limit: the largest page.
        limit_moves_pages: whether page 2 begins after ``limit`` things, however many were requested.
        ignores_pages: whether it sends all things, whatever is requested.
        hidden: things that the client may not see, and that are left out after paging, but no whole page.
    """

    total: int
    limit: int
    limit_moves_pages: bool
    ignores_pages: bool
    hidden: frozenset[int]

    def pages(self, _path: str, params: dict[str, str], _budget: PageBudget) -> Iterator[Any]:
        number, requested = int(params["page[number]"]), int(params["page[size]"])
        size = min(requested, self.limit)
        start = (number - 1) * (size if self.limit_moves_pages else requested)
        selected = range(self.total) if self.ignores_pages else range(self.total)[start : start + size]
        yield {"data": [{"id": str(n)} for n in selected if n not in self.hidden]}

    def page_budget(self) -> PageBudget:
        return PageBudget(60)


def test_a_reported_count_makes_a_short_page_not_the_last_one(server: FaultServer, client: Client) -> None:
    ids = [str(n) for n in range(5)]
    server.script = [counting(5, *ids[:3]), counting(5, *ids[3:4]), counting(5, *ids[4:])]
    with mock.patch.object(listing, "PAGE_SIZE", 3):
        assert read(client, paged=True) == (ids, [])
    assert len(server.seen) == 3


@given(
    st.builds(
        PagedThings,
        st.integers(0, 40),
        st.integers(3, 12),
        st.booleans(),
        st.booleans(),
        st.frozensets(st.integers(0, 39), max_size=1),
    )
)
def test_every_thing_is_read_once_however_large_the_pages_are(service: PagedThings) -> None:
    with mock.patch.object(listing, "PAGE_SIZE", 10):
        documents = list(Listing(cast("Client", service), "/things").pages(paged=True))
    read_ids = [int(found["id"]) for document in documents for found in document["data"]]
    assert read_ids == [n for n in range(service.total) if n not in service.hidden]
