from __future__ import annotations

from typing import Any

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.recordings import table as recording_table
from jebbitctl.webhooks.recordings.reading import RecordedDelivery
from jebbitctl.webhooks.recordings.table import Columns, rows

from .recorded import delivered, numbered, outcome


def table(*records: RecordedDelivery) -> list[dict[str, Any]]:
    columns = Columns()
    for record in records:
        columns.add(record)
    return [dict(zip(columns.names, row, strict=True)) for row in rows(records, columns.names)]


def test_members_of_all_bodies_are_columns() -> None:
    first, second = table(
        *numbered(
            delivered({"data": {"a": "x", "b": {"c": True}}, "event": {"n": 1.5}}),
            delivered({"data": {"d": None}}),
        )
    )
    assert {"data.a": "x", "data.b.c": True, "event.n": 1.5, "data.d": None}.items() <= first.items()
    assert (second["data.a"], second["data.d"]) == (None, None)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (["a", "b"], "a, b"),
        ([], "[]"),
        ([1, "a"], '[1, "a"]'),
        ([{"a": 1}], '[{"a": 1}]'),
        ({}, "{}"),
        (10**20, 10**20),
    ],
)
def test_lists_of_texts_are_joined_and_others_are_json(value: object, cell: object) -> None:
    assert table(*numbered(delivered({"data": {"a": value}})))[0]["data.a"] == cell


def test_a_body_that_is_no_json_object_has_a_column_of_its_own() -> None:
    text, part, whole = table(
        *numbered(delivered(b"caf\xe9"), delivered({"a": 1}, omitted_bytes=3), delivered({"a": 1, "body": 2}))
    )
    assert text["body"] == "caf\\xe9"
    assert (part["body"], part["bytes"], part["a"]) == ('{"a": 1}', 11, None)
    assert (whole["body"], whole["a"], whole["body.body"]) == (None, 1, 2)


def test_a_member_that_is_named_like_a_column_does_not_replace_it() -> None:
    (row,) = table(*numbered(delivered({"number": "forged", "reason": "forged"})))
    assert (row["number"], row["reason"], row["body.number"]) == (1, "ok", "forged")


def test_the_outcome_of_a_delivery_is_in_its_row() -> None:
    (row,) = table(*numbered(delivered(), forwards=[outcome(500), outcome(None)]))
    assert row["forwarded"] == "500, failed"
    (unknown,) = table(RecordedDelivery(1, delivered(), None))
    assert unknown["forwarded"] == "unknown"


def test_too_many_members_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_table, "MAX_COLUMNS", 15)
    with pytest.raises(UsageError, match="more than 15 different members"):
        table(*numbered(delivered({"data": {str(number): 1 for number in range(10)}})))
