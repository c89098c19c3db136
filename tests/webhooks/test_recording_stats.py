from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.recordings import attribute_stats
from jebbitctl.webhooks.recordings.attribute_stats import AttributeStats
from jebbitctl.webhooks.recordings.reading import RecordedDelivery
from jebbitctl.webhooks.recordings.stats import RecordingStats
from jebbitctl.webhooks.recordings.time_counts import TimeCounts

from .recorded import START, delivered, numbered, outcome

if TYPE_CHECKING:
    import pytest


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
    assert (stats["deliveries"], stats["test"], stats["live"], stats["repeat"]) == (3, 1, 2, 1)
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
