from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.webhooks import Reason, Verification
from jebbitctl.webhooks.recordings import attribute_stats
from jebbitctl.webhooks.recordings.attribute_stats import AttributeStats
from jebbitctl.webhooks.recordings.reading import RecordedDelivery
from jebbitctl.webhooks.recordings.stats import RecordingStats
from jebbitctl.webhooks.recordings.time_counts import TimeCounts
from tests.strategies import JSON

from .recorded import START, delivered, numbered, outcome


def counted(*records: RecordedDelivery) -> RecordingStats:
    stats = RecordingStats()
    for record in records:
        stats.add(record)
    return stats


def test_reasons_and_kinds_are_counted() -> None:
    stats = counted(
        *numbered(
            delivered(time=START + 60, test=True),
            delivered(time=START, repeat=True),
            delivered(key="other", time=START + 65),
        )
    ).to_dict()
    assert stats["reasons"] == {"ok": 2, "mismatch": 1}
    assert [stats[name] for name in ("deliveries", "test", "live", "refused", "repeat")] == [3, 1, 1, 1, 1]
    assert (stats["first"], stats["last"]) == ("2026-09-21T14:13:20.000000Z", "2026-09-21T14:14:25.000000Z")
    assert stats["intervals"] == [
        {"time": "2026-09-21T14:13:00Z", "ok": 1, "refused": 0},
        {"time": "2026-09-21T14:14:00Z", "ok": 1, "refused": 1},
    ]


def test_an_empty_recording_has_no_times_and_no_share() -> None:
    stats = counted().to_dict()
    assert (stats["deliveries"], stats["first"], stats["attributes"], stats["intervals"]) == (0, None, [], [])
    assert stats["forward_milliseconds"] is None


def test_the_latency_is_of_forwards_that_were_answered() -> None:
    forwards = [outcome(milliseconds=number) for number in range(1, 101)]
    records = [RecordedDelivery(1, delivered(), (one,)) for one in (*forwards, outcome(None, 9999.0))]
    stats = counted(*records, RecordedDelivery(2, delivered(), None)).to_dict()
    assert stats["forward_milliseconds"] == {"min": 1, "median": 50, "p99": 99}
    assert stats["forwards"] == {"200": 100, "failed": 1, "unknown": 1}


def test_attributes_are_of_valid_deliveries_only_and_their_share_is_of_those() -> None:
    stats = counted(
        *numbered(
            delivered({"data": {"a": 1, "b": {"c": [1]}}, "event": {"n": 1}}),
            delivered({"data": {"a": 1}}),
            delivered({"data": {"forged": 1}}, key="other"),
            delivered(b"not JSON"),
        )
    ).to_dict()
    assert stats["json_bodies"] == 2
    assert [(one["name"], one["share"], one["distinct"]) for one in stats["attributes"]] == [
        ("a", 1.0, 1),
        ("b.c", 0.5, 1),
    ]


def test_examples_are_masked_different_and_short() -> None:
    stats = AttributeStats()
    for value in ("a@b.example", "c@d.example", "x" * 100, 5, None, "later"):
        stats.add({"any": value, "first_name": value, "address.line": "Main Street"})
    assert stats.counts["any"].examples == ["***@***", "x" * 40 + "\u2026", "5"]
    assert stats.counts["first_name"].examples == ["***@***", "***", ""]
    assert stats.counts["address.line"].examples == ["***"]
    assert (stats.counts["any"].present, stats.counts["any"].distinct) == (6, 6)


def test_distinct_values_are_exact_up_to_a_limit_and_then_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_stats, "MAX_DISTINCT", 10)
    stats = AttributeStats()
    for number in (*range(10), *range(10)):
        stats.add({"a": number, "b": {"x": [number]}})
    assert (stats.counts["a"].distinct, stats.counts["b"].distinct) == (10, 10)
    stats.add({"a": "one more"})
    assert stats.counts["a"].distinct is None
    stats.add({"a": "one more"})
    assert (stats.counts["a"].distinct, stats.counts["a"].present) == (None, 22)


def test_attributes_are_counted_up_to_a_limit_which_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_stats, "MAX_ATTRIBUTES", 2)
    stats = AttributeStats()
    stats.add({"a": 1, "b": 1})
    assert stats.is_complete
    stats.add({"b": 1, "c": 1})
    assert (list(stats.counts), stats.counts["b"].present, stats.is_complete) == (["a", "b"], 2, False)


def test_counts_are_added_up_when_there_are_too_many_minutes() -> None:
    times = TimeCounts(3)
    for minute in (0, 1, 2, 3, 61):
        times.add(minute * 60, "ok")
    assert times.seconds == 300
    assert [(start, counts["ok"]) for start, counts in times.counts()] == [(0, 4), (3600, 1)]


def test_a_chart_has_few_intervals_with_those_without_events_and_loses_none() -> None:
    times = TimeCounts(10_000)
    for day in range(100):
        times.add(day * 86_400 + day * 700, "ok")
    chart = times.chart(32)
    assert len(chart.with_gaps()) <= 32
    assert sum(counts.total() for _, counts in chart.with_gaps()) == 100
    assert times.seconds == 60
    assert [start for start, _ in TimeCounts(1).chart(5).with_gaps()] == []
    few = TimeCounts(10)
    for minute in (1, 4):
        few.add(minute * 60, "ok")
    assert [(start, counts["ok"]) for start, counts in few.chart(5).with_gaps()] == [
        (60, 1),
        (120, 0),
        (180, 0),
        (240, 1),
    ]


def test_times_of_many_years_are_counted_in_bounded_memory() -> None:
    times = TimeCounts(100)
    for year in range(60):
        times.add(year * 31_556_952, "ok")
    assert sum(counts.total() for _, counts in times.counts()) == 60
    assert len(times.chart(10).with_gaps()) < 70


REASONS = list(Reason)
OUTCOMES = st.builds(
    outcome,
    st.sampled_from([200, 200, 404, 500, None]),
    st.floats(0, 1e4).map(lambda number: round(number, 3)),
)
BODIES = st.one_of(
    st.fixed_dictionaries(
        {"data": st.dictionaries(st.sampled_from(["a", "b", "c.d"]), JSON, max_size=3)},
        optional={"event": st.just({"n": 1})},
    ).map(lambda body: json.dumps(body).encode()),
    st.sampled_from([b"", b"[]", b'{"data":7}', b"text"]),
)
RECORDS = st.builds(
    lambda body, time, reason, test, repeat, forwards: RecordedDelivery(
        1,
        replace(delivered(body, test=test, repeat=repeat), time=time, verification=Verification(reason)),
        forwards,
    ),
    BODIES,
    st.floats(START, START + 600),
    st.sampled_from(REASONS),
    st.booleans(),
    st.booleans(),
    st.none() | st.lists(OUTCOMES, max_size=2).map(tuple),
)


def flat(value: Any, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the leaves of a JSON object by dotted path, as JSON."""
    if isinstance(value, dict) and (value or not path):
        return {name: one for key, inner in value.items() for name, one in flat(inner, (*path, key)).items()}
    return {".".join(path): json.dumps(value, sort_keys=True)}


def data_of(record: RecordedDelivery) -> dict[str, str] | None:
    """Return the attributes of a valid delivery with a JSON object."""
    try:
        body = json.loads(record.delivery.body)
    except ValueError:
        return None
    if record.delivery.verification.reason is not Reason.OK or not isinstance(body, dict):
        return None
    return flat(body["data"]) if isinstance(body.get("data"), dict) else {}


@given(st.lists(RECORDS, min_size=1, max_size=12))
def test_the_numbers_are_those_of_an_independent_count(records: list[RecordedDelivery]) -> None:
    stats = counted(*records).to_dict()
    deliveries = [record.delivery for record in records]
    reasons = [one.verification.reason for one in deliveries]
    assert stats["deliveries"] == len(records)
    assert stats["reasons"] == {str(reason): reasons.count(reason) for reason in reasons}
    accepted = [one for one in deliveries if one.verification.reason is Reason.OK]
    assert stats["test"] == sum(one.test for one in accepted)
    assert stats["live"] == sum(not one.test for one in accepted)
    assert stats["refused"] == len(deliveries) - len(accepted)
    assert stats["repeat"] == sum(one.repeat for one in deliveries)

    outcomes = [one for record in records for one in record.forwards or ()]
    statuses = [str(one.status) if one.status else "failed" for one in outcomes]
    statuses += ["unknown"] * sum(record.forwards is None for record in records)
    assert stats["forwards"] == {status: statuses.count(status) for status in statuses}
    times = sorted(round(one.milliseconds, 1) for one in outcomes if one.status)
    ranks = {"min": 1, "median": (len(times) + 1) // 2, "p99": -(-len(times) * 99 // 100)}
    expected = {name: times[rank - 1] for name, rank in ranks.items()} if times else None
    assert stats["forward_milliseconds"] == expected

    bodies = [data for data in map(data_of, records) if data is not None]
    assert stats["json_bodies"] == len(bodies)
    names = {name for body in bodies for name in body}
    assert {one["name"]: (one["present"], one["distinct"]) for one in stats["attributes"]} == {
        name: (sum(name in body for body in bodies), len({body[name] for body in bodies if name in body}))
        for name in names
    }
    for one in stats["attributes"]:
        assert one["share"] == pytest.approx(one["present"] / len(bodies), abs=0.0001)

    minutes = [int(one.time) // 60 * 60 for one in deliveries]
    valid = [int(one.time) // 60 * 60 for one in deliveries if one.verification.reason is Reason.OK]
    assert [tuple(one.values()) for one in stats["intervals"]] == [
        (
            f"{datetime.fromtimestamp(minute, UTC):%Y-%m-%dT%H:%M:%SZ}",
            valid.count(minute),
            minutes.count(minute) - valid.count(minute),
        )
        for minute in sorted(set(minutes))
    ]
