from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, sign
from jebbitctl.webhooks.delivery import ForwardOutcome
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.lines import forwarded_line, to_line
from jebbitctl.webhooks.recordings.numbers import parse_numbers
from jebbitctl.webhooks.recordings.reading import STDIN, RecordedDelivery, read
from jebbitctl.webhooks.recordings.recorder import Recorder

from .support import SECRET, make_delivery, post, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.delivery import Delivery


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
        "id": "",
        "method": "POST",
        "path": "/",
        "query": "",
        "status": 400,
        "ok": False,
        "reason": "stale",
        "timestamp": 1_600_000_000,
        "age_seconds": 100_000_000,
        "test": True,
        "repeat": False,
        "secret": None,
        "headers": {"x-a": "caf\u00e9"},
        "body": "/w0Ke30=",
    }


def test_a_line_of_an_older_version_is_read(path: Path) -> None:
    record(path, make_delivery())
    line = json.loads(path.read_text())
    for key in ("id", "method", "path", "query", "secret"):
        del line[key]
    line["valid"] = line.pop("ok")
    line["reason"] = "malformed-header"
    path.write_text(json.dumps(line) + "\n")
    (record_,) = read(path)
    assert record_.delivery.verification.reason is Reason.MALFORMED_HEADER


def test_a_file_that_is_not_a_recording_is_not_read(path: Path) -> None:
    path.write_text("precious, and without a newline")
    with pytest.raises(UsageError, match=r"line 1: not a recorded delivery"):
        list(read(path))


OUTCOME = ForwardOutcome("http://localhost/a", 500, 12.5, "caf\u00e9", None, 2)
UNREACHED = ForwardOutcome("http://localhost/b", None, 0.0, error="connection refused")


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def pending(id_: str) -> tuple[Delivery, bytes]:
    """Return a delivery that was recorded before it was forwarded, and its line."""
    delivery = replace(make_delivery(), id=id_)
    return delivery, to_line(delivery, None)


def test_requests_and_their_outcomes_are_read_back(path: Path) -> None:
    delivery = replace(
        make_delivery(), path="/a%20b", query="c=1", secret="file s", id="1f", masked=True, method="PUT"
    )
    (found,) = read(write(path, to_line(delivery, [OUTCOME, UNREACHED])))
    assert found == RecordedDelivery(1, delivery, (OUTCOME, UNREACHED))


def test_an_outcome_that_was_recorded_later_is_joined(path: Path) -> None:
    (first, a), (second, b) = pending("a"), pending("b")
    lines = [a, b, forwarded_line(5, "b", [UNREACHED]), forwarded_line(6, "a", [OUTCOME])]
    found = list(read(write(path, *lines), join=True))
    assert found == [RecordedDelivery(1, first, (OUTCOME,)), RecordedDelivery(2, second, (UNREACHED,))]


def test_an_outcome_that_is_missing_is_not_known(path: Path) -> None:
    lines = [pending("a")[1], to_line(make_delivery()), forwarded_line(5, "c", [OUTCOME]), pending("b")[1]]
    found = list(read(write(path, *lines), join=True))
    assert [(one.number, one.forwards) for one in found] == [(1, None), (2, ()), (4, None)]


def test_an_outcome_is_looked_for_in_a_bounded_part_of_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.recordings.reading.MAX_WAITING_BYTES", 50_000)
    others = [to_line(make_delivery(body=b"x" * 1000))] * 100
    far = write(path, pending("a")[1], *others, forwarded_line(5, "a", [OUTCOME]))
    assert next(read(far, join=True)).forwards is None
    near = write(path, pending("a")[1], *others[:10], forwarded_line(5, "a", [OUTCOME]), *others)
    assert next(read(near, join=True)).forwards == (OUTCOME,)


def test_lines_of_outcomes_are_not_reported_as_invalid(path: Path) -> None:
    skipped: list[int] = []
    lines = [forwarded_line(5, "z", [OUTCOME]), pending("a")[1], forwarded_line(6, "a", [OUTCOME])]
    assert [found.number for found in read(write(path, *lines), on_invalid=skipped.append)] == [2]
    assert skipped == []


def test_the_file_is_read_only_as_far_as_needed(path: Path) -> None:
    lines = [to_line(make_delivery())] * 10
    skipped: list[int] = []
    write(path, *lines[:3], b"broken\n", *lines, b"broken\n" * 1000)
    (second,) = read(path, skipped.append, numbers=parse_numbers("2"), join=True)
    assert (second.number, skipped) == (2, [])
    assert [one.number for one in read(path, skipped.append, numbers=parse_numbers("3-5"))] == [3, 5]
    assert skipped == [4]


def test_nothing_is_read_after_the_last_wanted_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    line = to_line(make_delivery())
    content = io.BytesIO(line * 100)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content))
    for join in (False, True):
        content.seek(0)
        assert [one.number for one in read(STDIN, numbers=parse_numbers("2-3"), join=join)] == [2, 3]
        assert content.tell() == 4 * len(line)


@pytest.mark.parametrize("source", ["file", "-"])
@pytest.mark.parametrize("size", [10, 100_000])
def test_lines_added_while_a_file_is_read_are_left_out(
    path: Path, monkeypatch: pytest.MonkeyPatch, source: str, size: int
) -> None:
    line = to_line(make_delivery(body=b"x" * size))
    write(path, line * 3)
    skipped: list[int] = []
    numbers: list[int] = []
    with path.open() as stdin, path.open("ab", buffering=0) as more:
        monkeypatch.setattr(sys, "stdin", stdin)
        for found in islice(read(path if source == "file" else STDIN, skipped.append), 100):
            more.write(line)
            numbers.append(found.number)
    assert (numbers, skipped) == ([1, 2, 3], [])


@pytest.mark.parametrize(
    "forwards",
    [5, [5], [{}], [{"url": "a", "status": "x"}], [{"url": "", "status": 1, "milliseconds": "inf"}]],
)
def test_a_line_with_invalid_outcomes_is_skipped(path: Path, forwards: object) -> None:
    line = json.loads(to_line(make_delivery()))
    joined = {"time": line["time"], "forwarded": "a", "forwards": forwards}
    lines = [to_line(make_delivery()), *(json.dumps(one).encode() + b"\n" for one in (joined, line | joined))]
    skipped: list[int] = []
    assert [one.number for one in read(write(path, *lines), skipped.append)] == [1]
    assert skipped == [2, 3]


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
        (
            b'{"time":"2026-01-31","body":"","headers":{},"reason":"ok","timestamp":{},"age_seconds":"x","test":true,'
            b'"repeat":false,"status":200}'
        ),
    ],
)
def test_an_invalid_line_is_skipped_and_reported_with_its_number(path: Path, line: bytes) -> None:
    record(path, make_delivery())
    path.write_bytes(path.read_bytes() + line + b"\n" + path.read_bytes())
    skipped: list[int] = []
    assert [found.number for found in read(path, on_invalid=skipped.append)] == [1, 3]
    assert skipped == [2]


TORN = b'{"time": "2023-11-14T22:13:20.25'


@pytest.mark.parametrize(
    "before",
    [
        to_line(make_delivery()).rstrip(),
        to_line(make_delivery()).replace(b"\n", b"\r"),
        TORN,
        b"\0" * 100,
        to_line(make_delivery()).partition(b'{"x-a"')[0],
    ],
    ids=["no line feed", "carriage return", "torn", "zeros", "torn before the headers"],
)
@pytest.mark.parametrize("header", ["x-a", "time"])
def test_text_before_a_delivery_on_its_line_is_reported(path: Path, before: bytes, header: str) -> None:
    last = replace(make_delivery(body=b"last"), headers={header: "a"})
    write(path, to_line(make_delivery()), before, to_line(last), to_line(make_delivery()))
    skipped: list[int] = []
    partial: list[int] = []
    found = list(read(path, skipped.append, on_partial=partial.append))
    assert [(one.number, one.delivery.body) for one in found if one.number == 2] == [(2, b"last")]
    assert ([one.number for one in found], skipped, partial) == ([1, 2, 3], [], [2])


def test_a_delivery_that_an_outcome_follows_on_its_line_is_reported(path: Path) -> None:
    lines = [pending("a")[1], TORN, forwarded_line(5, "a", [OUTCOME])]
    skipped: list[int] = []
    (found,) = read(write(path, *lines), skipped.append, join=True)
    assert (found.forwards, skipped) == ((OUTCOME,), [2])


def test_a_line_that_is_too_long_is_skipped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.recordings.reading.MAX_LINE_BYTES", 1000)
    monkeypatch.setattr("jebbitctl.webhooks.recordings.lines.MAX_LINE_BYTES", 1000)
    record(path, make_delivery(), make_delivery(body=b"x" * 3000), make_delivery())
    skipped: list[int] = []
    assert [found.number for found in read(path, on_invalid=skipped.append)] == [1, 3]
    assert skipped == [2]


def test_a_recording_without_an_end_of_line_is_not_read_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.recordings.reading.MAX_LINE_BYTES", 1000)
    monkeypatch.setattr("jebbitctl.webhooks.recordings.reading.MAX_DAMAGE_BYTES", 5000)
    with pytest.raises(UsageError, match="/dev/zero: not a recording: a line is longer than"):
        list(read(Path("/dev/zero")))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0" * 4096, b'{"time": "2023'])
def test_a_file_without_a_complete_line_has_no_deliveries(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert list(read(path)) == []


def test_a_file_is_judged_by_all_of_its_first_lines_even_if_one_is_wanted(path: Path) -> None:
    path.write_text("text\n" * 3)
    with pytest.raises(UsageError, match="line 1: not a recorded delivery"):
        list(read(path, numbers=parse_numbers("1")))
    path.write_bytes(b"text\n" * 3 + to_line(make_delivery()) * 2)
    assert [one.number for one in read(path, numbers=parse_numbers("1,5"))] == [5]


@pytest.mark.parametrize(
    ("encode", "hint"),
    [
        (gzip.compress, "gunzip -c FILE"),
        (lambda content: content.decode().encode("utf-16"), "save it as UTF-8"),
        (lambda content: codecs.BOM_UTF16_BE + content.decode().encode("utf-16-be"), "save it as UTF-8"),
    ],
    ids=["gzip", "UTF-16 LE", "UTF-16 BE"],
)
def test_a_recording_in_another_encoding_is_neither_read_nor_written_to(
    path: Path, encode: Callable[[bytes], bytes], hint: str
) -> None:
    content = encode(to_line(make_delivery()) * 5)
    write(path, content)
    with pytest.raises(UsageError, match="line 1: not a recorded delivery") as caught:
        list(read(path))
    assert hint in str(caught.value.hint)
    with pytest.raises(UsageError, match="it is not a recording"):
        record(path, make_delivery())
    assert path.read_bytes() == content


@pytest.mark.parametrize("end", [b"\r\n", b" \t\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_lines_that_editors_have_changed_are_read(path: Path, start: bytes, end: bytes) -> None:
    skipped: list[int] = []
    write(path, start, *[to_line(make_delivery()).replace(b"\n", end)] * 3)
    assert [one.number for one in read(path, skipped.append, on_partial=skipped.append)] == [1, 2, 3]
    assert skipped == []
    record(path, make_delivery())
    assert len(list(read(path, skipped.append))) == 4


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


def test_times_are_rfc_3339_in_utc(path: Path) -> None:
    with Recorder(path) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        post(receiver.url, b"{}", sign(SECRET, b"{}"))
    time = json.loads(path.read_text())["time"]
    assert time.endswith("Z")
    assert abs(datetime.now().astimezone() - datetime.fromisoformat(time)).total_seconds() < 60
