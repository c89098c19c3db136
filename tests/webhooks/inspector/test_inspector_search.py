"""The inspector's search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.inspector import search as search_module
from jebbitctl.webhooks.inspector.search import search
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.recordings.lines import DeliveryLine, to_line
from tests.webhooks.inspector.support import stored
from tests.webhooks.recorded import delivered

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ANN@", [2, 1]),
        ("caf\u00e9", [2]),
        ("Stra\u00dfe", [3]),
        ("STRASSE", [3]),
        ("/hooks?a=", [3]),
        ("nowhere", []),
    ],
)
def test_search_finds_text_in_bodies_and_paths_in_any_case(text: str, found: list[int]) -> None:
    store = stored(
        delivered({"data": {"email": "ann@example.com"}}),
        delivered(b'{"data": {"email": "Ann@example.com", "place": "Caf\\u00e9"}}'),
        delivered("stra\u00dfe \\".encode(), path="/Hooks", query="a=1"),
    )
    assert search(store, text) == {"numbers": found, "newest": 3, "before": None}


def test_search_is_limited_to_numbers_between_two_others() -> None:
    store = stored(*[delivered(b"x")] * 5)
    assert search(store, "x", after=1, before=4)["numbers"] == [3, 2]
    assert search(store, "x", after=5) == {"numbers": [], "newest": 5, "before": None}


def test_a_long_search_goes_on_where_its_last_step_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "STEP_SECONDS", -1.0)
    store = stored(delivered(b"x"), delivered(b"y"), delivered(b"x"))
    before, found, steps = None, [], 0
    while steps == 0 or before is not None:
        step = search(store, "x", before=before)
        before, steps = step["before"], steps + 1
        found += step["numbers"]
    assert (found, steps) == ([3, 1], 4)


def test_search_reads_bodies_of_a_recording_again(tmp_path: Path) -> None:
    path = tmp_path / "monday.jsonl"
    lines = [delivered(b"first"), delivered(b"second")]
    path.write_bytes(b"".join(map(to_line, lines)))
    store = InspectorStore(path)
    for number, offset in ((1, 0), (2, len(to_line(lines[0])))):
        store.add_recorded(number, DeliveryLine(lines[number - 1]), offset)
    assert search(store, "second")["numbers"] == [2]
