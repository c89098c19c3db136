from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, sign
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recorder import Recorder
from jebbitctl.webhooks.recordings import read, select

from .support import SECRET, make_delivery, post, record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.jsonl"


def test_recorded_deliveries_are_read_back_unchanged(path: Path) -> None:
    first, second = make_delivery(), make_delivery(1_700_000_001, b"")
    record(path, first, second)
    assert [(record.number, record.delivery) for record in read(path)] == [(1, first), (2, second)]


def test_a_line_has_the_documented_fields(path: Path) -> None:
    record(path, make_delivery())
    assert json.loads(path.read_text()) == {
        "time": "2023-11-14T22:13:20.250000Z",
        "status": 400,
        "ok": False,
        "reason": "stale",
        "timestamp": 1_600_000_000,
        "age_seconds": 100_000_000,
        "test": True,
        "repeat": False,
        "headers": {"x-a": "caf\u00e9"},
        "body": "/w0Ke30=",
    }


def test_a_line_of_an_older_version_is_read(path: Path) -> None:
    record(path, make_delivery())
    line = json.loads(path.read_text())
    line["valid"] = line.pop("ok")
    line["reason"] = "malformed-header"
    path.write_text(json.dumps(line) + "\n")
    (record_,) = read(path)
    assert record_.delivery.verification.reason is Reason.MALFORMED_HEADER


def test_a_file_that_is_not_a_recording_is_not_read(path: Path) -> None:
    path.write_text("precious, and without a newline")
    with pytest.raises(UsageError, match=r"line 1: not a recorded delivery"):
        list(read(path))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0" * 4096,
        b'{"time": "2023-11-14T22:13:20.25',
        b"not json",
        b"[]",
        b"{}",
        b'\xef\xbb\xbf{"time":1}',
        b"\x00",
        b"\xff",
        b"[" * 100_000,
        b"9" * 5000,
        b'{"time":"yesterday","body":"","headers":{}}',
        b'{"time":1,"body":"","headers":{}}',
        (
            b'{"time":"2026-01-31","body":"","headers":{},"reason":"ok","timestamp":1,"age_seconds":1,"test":true,'
            b'"repeat":false,"status":Infinity}'
        ),
    ],
)
def test_an_invalid_line_is_skipped_and_reported_with_its_number(path: Path, line: bytes) -> None:
    record(path, make_delivery())
    path.write_bytes(path.read_bytes() + line + b"\n" + path.read_bytes())
    skipped: list[int] = []
    assert [found.number for found in read(path, on_invalid=skipped.append)] == [1, 3]
    assert skipped == [2]


def test_a_line_that_is_too_long_is_skipped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.recordings._MAX_LINE_BYTES", 1000)
    record(path, make_delivery(), make_delivery(body=b"x" * 3000), make_delivery())
    skipped: list[int] = []
    assert [found.number for found in read(path, on_invalid=skipped.append)] == [1, 3]
    assert skipped == [2]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0" * 4096, b'{"time": "2023'])
def test_a_file_without_a_complete_line_has_no_deliveries(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert list(read(path)) == []


def test_a_long_file_that_is_not_a_recording_is_not_read_to_its_end(path: Path) -> None:
    path.write_text("text\n" * 10_000)
    skipped: list[int] = []
    with pytest.raises(UsageError, match="line 1: not a recorded delivery"):
        list(read(path, on_invalid=skipped.append))
    assert len(skipped) < 100


def test_header_names_are_compared_without_case(path: Path) -> None:
    record(path, make_delivery())
    line = json.loads(path.read_text())
    line["headers"] = {"X-Jebbit-Signature": "t=1,v1=x", "Accept": "a", "ACCEPT": "b"}
    path.write_text(json.dumps(line) + "\n")
    (found,) = read(path)
    assert found.delivery.headers == {"x-jebbit-signature": "t=1,v1=x", "accept": "a, b"}


def test_the_part_of_a_body_that_was_not_kept_is_recorded_as_a_number(path: Path) -> None:
    delivery = replace(make_delivery(), omitted_bytes=7)
    record(path, delivery)
    assert json.loads(path.read_text())["omitted_bytes"] == 7
    (found,) = read(path)
    assert found.delivery == delivery


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "a!=="),
        ("reason", "fine"),
        ("headers", []),
        ("status", None),
        ("time", ""),
        ("timestamp", ...),
    ],
)
def test_a_line_with_an_invalid_or_missing_field_is_reported_with_its_number(
    path: Path, field: str, value: object
) -> None:
    record(path, make_delivery())
    line = json.loads(path.read_text())
    if value is ...:
        del line[field]
    else:
        line[field] = value
    path.write_text(json.dumps(line) + "\n")
    with pytest.raises(UsageError, match="line 1"):
        list(read(path))


def test_all_deliveries_are_selected_by_default(path: Path) -> None:
    record(path, *(make_delivery(time) for time in (10, 20, 30)))
    assert [record.number for record in select(read(path))] == [1, 2, 3]
    assert [record.number for record in select(read(path), only={3, 1})] == [1, 3]
    assert [record.number for record in select(read(path), since=20)] == [2, 3]
    assert [record.number for record in select(read(path), only=[1, 2], since=20)] == [2]


def test_an_unknown_number_is_reported(path: Path) -> None:
    record(path, make_delivery())
    with pytest.raises(UsageError, match=r"^no delivery number 7: the recording has 1 delivery$"):
        select(read(path), only={1, 7})


def test_times_are_rfc_3339_in_utc(path: Path) -> None:
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        post(receiver.url, b"{}", sign(SECRET, b"{}"))
    time = json.loads(path.read_text())["time"]
    assert time.endswith("Z")
    assert abs(datetime.now().astimezone() - datetime.fromisoformat(time)).total_seconds() < 60
