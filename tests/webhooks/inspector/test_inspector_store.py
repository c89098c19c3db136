"""What the inspector keeps of deliveries, and what it forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.inspector import store as store_module
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.recordings.lines import forwarded_line, to_line
from tests.webhooks.inspector.support import following, rows_of, stored, wait_until
from tests.webhooks.recorded import START, delivered, outcome, save

if TYPE_CHECKING:
    from pathlib import Path


def numbers_of(store: InspectorStore) -> list[int]:
    return [row["number"] for row in rows_of(store)]


def test_changes_since_a_version_are_the_new_and_the_changed_rows() -> None:
    store = stored(delivered(), delivered(test=True), forwards=1)
    first = store.changes(0)
    assert [row["number"] for row in first["rows"]] == [1, 2]
    assert store.changes(first["version"])["rows"] == []
    store.add_outcome(1, outcome(500))
    store.add(3, delivered(key="another key"))
    second = store.changes(first["version"])
    assert [(row["number"], row["verdict"], row["forward"]) for row in second["rows"]] == [
        (1, "ok", "failed"),
        (3, "mismatch", "none"),
    ]
    assert (second["total"], second["first"], second["more"]) == (3, 1, False)


def test_many_changes_come_in_several_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_CHANGES", 2)
    store = stored(*[delivered()] * 5)
    version, found = 0, []
    for _ in range(3):
        changes = store.changes(version)
        version = changes["version"]
        found.append(([row["number"] for row in changes["rows"]], changes["more"]))
    assert found == [([1, 2], True), ([3, 4], True), ([5], False)]


def test_a_row_says_what_became_of_all_its_forwards() -> None:
    store = stored(delivered(), forwards=2)
    states = [(rows_of(store)[0]["forward"], rows_of(store)[0]["statuses"])]
    for one in (outcome(200), outcome(None)):
        store.add_outcome(1, one)
        states.append((rows_of(store)[0]["forward"], rows_of(store)[0]["statuses"]))
    assert states == [("pending", ""), ("pending", "200"), ("failed", "200, failed")]
    store.add(2, delivered(), forwards=1)
    store.add_outcome(2, outcome(204))
    assert rows_of(store)[-1]["forward"] == "ok"


def test_the_oldest_deliveries_are_dropped_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_DELIVERIES", 3)
    store = stored(*[delivered()] * 5)
    store.add_outcome(1, outcome())
    assert numbers_of(store) == [3, 4, 5]
    assert (store.changes(0)["first"], store.changes(0)["total"]) == (3, 5)
    assert list(store.read([1, 2])) == []


def test_the_oldest_deliveries_are_dropped_when_their_bodies_take_too_much_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", 10_000)
    assert numbers_of(stored(*[delivered(b"x" * 3000)] * 5)) == [3, 4, 5]


@pytest.mark.parametrize("later", [False, True])
def test_the_oldest_deliveries_are_dropped_when_the_responses_to_forwards_take_too_much_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, later: bool
) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", 10_000)
    path, long = tmp_path / "monday.jsonl", [outcome(200, response="x" * 3000)]
    for number in range(1, 6):
        line = to_line(delivered(id=str(number)), None if later else long)
        with path.open("ab") as file:
            file.write(line + (forwarded_line(START, str(number), long) if later else b""))
    with following(path) as store:
        wait_until(lambda: store.changes(0)["total"] == 5 and len(numbers_of(store)) == 3)
        assert rows_of(store)[-1]["forward"] == "ok"


def test_deliveries_that_come_at_the_same_time_are_kept_in_any_order() -> None:
    store = InspectorStore()
    for number in (2, 1, 3):
        store.add(number, delivered())
    assert store.changes(0)["first"] == 1
    assert store.numbers(after=0, before=None) == [3, 2, 1]


def test_a_recording_is_read_and_followed_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "monday.jsonl"
    torn = b'{"time": "2026'
    save(path, torn, delivered(b'{"a": 1}'), torn + b"\n", to_line(delivered(id="a"), None))
    with following(path) as store, path.open("ab", buffering=0) as file:
        wait_until(lambda: numbers_of(store) == [1, 3])
        assert store.invalid_lines == 2
        assert rows_of(store)[-1]["forward"] == "unknown"
        line = to_line(delivered(b"{}", test=True))
        file.write(line[:20])
        file.write(line[20:] + forwarded_line(START, "a", [outcome(200)]))
        wait_until(lambda: numbers_of(store) == [1, 4, 3])
        assert rows_of(store)[-1]["forward"] == "ok"
        (record,) = store.read([4])
        assert (record.delivery.test, record.delivery.body) == (True, b"{}")


def test_a_line_that_is_still_being_written_is_neither_shown_nor_counted_as_invalid(tmp_path: Path) -> None:
    path, line = tmp_path / "monday.jsonl", to_line(delivered())
    save(path, line, line[:-30])
    with following(path) as store, path.open("ab", buffering=0) as file:
        wait_until(lambda: numbers_of(store) == [1])
        file.write(line[-30:] + line)
        wait_until(lambda: numbers_of(store) == [1, 2, 3])
        assert store.invalid_lines == 0


@pytest.mark.parametrize("change", ["delete", "replace", "cut"])
def test_a_recording_that_is_replaced_or_deleted_is_reported(tmp_path: Path, change: str) -> None:
    path = tmp_path / "monday.jsonl"
    save(path, delivered(), delivered())
    with following(path) as store:
        wait_until(lambda: len(numbers_of(store)) == 2)
        if change == "delete":
            path.unlink()
        elif change == "replace":
            save(tmp_path / "new", delivered())
            (tmp_path / "new").rename(path)
        else:
            save(path, delivered())
        wait_until(lambda: store.problem)
        assert ("deleted" if change == "delete" else "replaced") in (store.problem or "")
        assert numbers_of(store) == [1, 2]
