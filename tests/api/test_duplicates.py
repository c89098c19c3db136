from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.creations import Creations
from jebbitctl.api.duplicates import Creation, age, identifying_keys
from jebbitctl.api.resources import Resource
from jebbitctl.errors import AmbiguousWriteError, RejectedError

MAPPING = {"integration_id": "L5m24mjs", "jebbit_var": "Outcome", "client_var": "bucket"}
TIMES = st.sampled_from(
    ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z", "2026-01-01T01:00:00+01:00", "soon", None, 7]
)
RESOURCES = st.builds(
    lambda id_, time: Resource("integrations", id_, {} if time is None else {"created_at": time}),
    st.text("ab", min_size=1, max_size=3),
    TIMES,
)


class NoteList:
    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []

    def add(self, note: dict[str, Any]) -> None:
        self.notes.append(note)

    def clear(self) -> None:
        self.notes.clear()


@given(st.lists(RESOURCES, min_size=2, unique_by=lambda resource: resource.id))
def test_the_oldest_of_some_is_the_oldest_of_all_or_older_than_what_others_see(
    resources: list[Resource],
) -> None:
    """Two runs that see different parts never remove their resources in favour of each other's."""
    for first in resources:
        for second in resources:
            assert (age(first) < age(second)) + (age(second) < age(first)) == (first is not second)
    assert min(resources, key=age) is min(reversed(resources), key=age)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z"),
        ("2026-01-01T00:30:00+01:00", "2026-01-01T00:00:00Z"),
    ],
)
def test_the_time_of_creation_counts_before_the_id(older: str, newer: str) -> None:
    assert age(Resource(None, "b", {"created_at": older})) < age(Resource(None, "a", {"created_at": newer}))


def test_an_endpoint_is_identified_in_any_spelling_and_is_not_revealed() -> None:
    (key,) = identifying_keys("integrations", {"endpoint": "https://Example.com:443"})
    assert [key] == identifying_keys("integrations", {"endpoint": "https://example.com/", "region": "us"})
    assert [key] != identifying_keys("integrations", {"endpoint": "https://example.com/x"})
    assert "example" not in key


def test_a_mapping_is_identified_by_its_integration_and_its_names() -> None:
    general, specific = identifying_keys("integration_mappings", MAPPING)
    assert general != specific
    other_name = identifying_keys("integration_mappings", {**MAPPING, "client_var": "x"})
    assert (other_name[0] == general, other_name[1] == specific) == (True, False)
    assert general not in identifying_keys("integration_mappings", {**MAPPING, "integration_id": "x"})


def test_a_creation_is_noted_before_its_post_and_a_rejected_one_is_forgotten() -> None:
    log = NoteList()
    creations = Creations(lambda _: None, log)

    def reject() -> Any:
        assert log.notes == [{"number": 1, "type": "integrations", "key": "k", "known": ["a"]}]
        raise RejectedError("no")

    with pytest.raises(RejectedError):
        creations.create(Creation("integrations", "k", frozenset("a")), reject)
    assert log.notes[-1] == {"number": 1, "failed": True}
    assert Creations.from_notes(log.notes, lambda _: None, log)._open == {}  # noqa: SLF001


def test_a_creation_without_a_response_is_remembered_without_an_id() -> None:
    log = NoteList()

    def time_out() -> Any:
        raise AmbiguousWriteError("no response")

    with pytest.raises(AmbiguousWriteError):
        Creations(lambda _: None, log).create(Creation("integrations", "k"), time_out)
    (left,) = Creations.from_notes(log.notes, lambda _: None, log)._open.values()  # noqa: SLF001
    assert (left.key, left.id) == ("k", None)


@pytest.mark.parametrize(
    "notes",
    [
        [{}],
        [{"number": "1", "type": "integrations", "key": "k", "known": []}],
        [{"number": 1, "type": "campaigns", "key": "k", "known": []}],
        [{"number": 1, "type": [], "key": "k", "known": []}],
        [{"number": 1, "type": "integrations", "key": "k", "known": 7}],
        [{"number": 1, "id": "L5m24mjs"}],
        [{"number": 1, "failed": True}],
    ],
)
def test_notes_that_no_run_writes_are_skipped(notes: list[dict[str, Any]]) -> None:
    assert Creations.from_notes(notes, lambda _: None, NoteList())._open == {}  # noqa: SLF001
