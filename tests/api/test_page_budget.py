"""Endless, huge and slow collections end with an error."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api import page_budget
from jebbitctl.api.client import Client
from jebbitctl.errors import JebbitctlError
from jebbitctl.util import text
from jebbitctl.util.text import count_json_values, parse_json
from tests.api.faults import FaultServer, api
from tests.api.support import Tokens

if TYPE_CHECKING:
    from jebbitctl.api.transport import Transport
    from tests.api.faults import ReceivedRequest


class EndlessPages(FaultServer):
    """Each page has another next page, with another URL."""

    def __init__(self, page: object) -> None:
        super().__init__()
        self._page = page
        self._numbers = count(1)

    def choose(self, request: ReceivedRequest) -> bytes:
        assert request.method == "GET"
        return api({"data": self._page, "links": {"next": f"?page={next(self._numbers)}"}})


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_PAGES", 5, "Jebbit's list has more than 5 pages"),
        ("MAX_RESPONSE_BYTES", 1000, "Jebbit's list is larger than 0 MiB"),
        ("MAX_JSON_VALUES", 60, "Jebbit's list has more than 60 values"),
        ("MAX_TIMEOUTS", 0, "Jebbit sent 1 pages in 0 s, and there are more"),
    ],
)
def test_endless_pages_end_with_an_error_that_names_the_limit(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str
) -> None:
    monkeypatch.setattr(page_budget, limit, value)
    with EndlessPages([{"id": "a"}] * 10) as server:
        with pytest.raises(JebbitctlError, match=message) as caught:
            list(Client(transport, server.url, Tokens()).pages("/things"))
        assert len(server.seen) <= 10
    assert caught.value.exit_code == (5 if limit == "MAX_TIMEOUTS" else 1)


def test_a_list_of_many_pages_is_read_to_its_end(transport: Transport) -> None:
    with FaultServer(
        *[api({"data": [], "links": {"next": f"?{n}"}}) for n in range(200)], api({"data": []})
    ) as server:
        assert len(list(Client(transport, server.url, Tokens()).pages("/things"))) == 201


def test_json_with_more_values_than_memory_allows_is_rejected_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text, "MAX_JSON_VALUES", 100)
    documents: list[Any] = [[[]] * 60, [{}] * 60, list(range(101)), {str(n): n for n in range(101)}]
    for value in documents:
        for written in (json.dumps(value), json.dumps(value).encode()):
            with pytest.raises(ValueError, match="too many values"):
                parse_json(written)
    assert parse_json(json.dumps(list(range(99)))) == list(range(99))


@pytest.mark.parametrize("document", ["1", "[]", "[1, 2]", '{"a": [{}, {"b": "c"}]}', '"a, b"'])
def test_the_count_of_values_is_never_too_low(document: str) -> None:
    def values(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return 1 + sum(map(values, inner))

    assert count_json_values(document) >= values(json.loads(document))
    assert count_json_values(document.encode()) == count_json_values(document)
