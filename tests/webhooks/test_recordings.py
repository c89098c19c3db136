from __future__ import annotations

import json
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.webhooks import Reason, Verification, sign
from jebbitctl.webhooks.receiver import Delivery, Receiver
from jebbitctl.webhooks.recordings import Recorder, read, select
from tests.support import mode

from .support import SECRET, post

if TYPE_CHECKING:
    from pathlib import Path


def make_delivery(time: float = 1_700_000_000.25, body: bytes = b"\xff\r\n{}") -> Delivery:
    verification = Verification(Reason.STALE, 1_600_000_000, 100_000_000)
    return Delivery(time, body, {"x-a": "caf\u00e9"}, verification, test=True, repeat=False, status=400)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.jsonl"


def record(path: Path, *deliveries: Delivery) -> None:
    with Recorder(path) as recorder:
        for one in deliveries:
            recorder.append(one)


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


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file modes")
def test_a_new_recording_is_private(path: Path) -> None:
    record(path, make_delivery())
    assert mode(path) == 0o600


def test_recording_again_appends(path: Path) -> None:
    record(path, make_delivery())
    record(path, make_delivery(body=b"2"))
    assert [record.delivery.body for record in read(path)] == [make_delivery().body, b"2"]


def test_a_delivery_is_recorded_before_the_response(path: Path) -> None:
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        for number in range(3):
            assert post(receiver.url, b"%d" % number).status_code == 200
            assert [record.delivery.body for record in read(path)] == [b"%d" % n for n in range(number + 1)]


def test_lines_of_several_threads_are_not_mixed(path: Path) -> None:
    with Recorder(path) as recorder:

        def append_25() -> None:
            for _ in range(25):
                recorder.append(make_delivery(body=b"x" * 20_000))

        threads = [threading.Thread(target=append_25) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(1 for _ in read(path)) == 100


@pytest.mark.parametrize("length", [1, 5, 60])
def test_an_incomplete_last_line_is_skipped_and_removed_by_the_next_recording(
    path: Path, length: int
) -> None:
    record(path, make_delivery(), make_delivery(body=b"torn"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:length])
    assert [record.number for record in read(path)] == [1]
    record(path, make_delivery(body=b"next"))
    assert [record.delivery.body for record in read(path)] == [make_delivery().body, b"next"]


def test_an_incomplete_first_line_is_removed(path: Path) -> None:
    path.write_bytes(b'{"time": "2023')
    record(path, make_delivery())
    assert [record.number for record in read(path)] == [1]


def test_a_file_that_is_not_a_recording_is_not_read(path: Path) -> None:
    path.write_text("precious, and without a newline")
    with pytest.raises(UsageError, match=r"line 1: not a recorded delivery"):
        list(read(path))


def test_a_file_that_is_not_a_recording_is_not_changed(path: Path) -> None:
    path.write_text("precious, and without a newline")
    with pytest.raises(UsageError, match="it is not a recording"), Recorder(path):
        pass
    assert path.read_text() == "precious, and without a newline"


def test_an_empty_file_is_a_recording(path: Path) -> None:
    path.touch()
    record(path, make_delivery())
    assert len(list(read(path))) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"",
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
def test_an_invalid_line_is_reported_with_its_number(path: Path, line: bytes) -> None:
    record(path, make_delivery())
    path.write_bytes(path.read_bytes() + line + b"\n" + path.read_bytes())
    with pytest.raises(UsageError, match=r"deliveries\.jsonl, line 2: not a recorded delivery"):
        list(read(path))


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


def test_files_that_cannot_be_opened_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        list(read(tmp_path / "none"))
    with pytest.raises(UsageError, match=r"cannot record to .*: Is a directory"), Recorder(tmp_path):
        pass


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
def test_a_full_disk_is_an_error_and_the_sender_gets_500() -> None:
    from pathlib import Path

    with Recorder(Path("/dev/full")) as recorder, Receiver(SECRET, recorder.append) as receiver:
        assert post(receiver.url, b"{}").status_code == 500
        assert isinstance(receiver.failure, JebbitctlError)
        assert "No space left" in receiver.failure.message


def test_a_partly_written_line_is_removed(path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    record(path, make_delivery())
    whole = path.read_bytes()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with Recorder(path) as recorder:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 100, limits[1]))
            with pytest.raises(JebbitctlError, match="File too large"):
                recorder.append(make_delivery(body=b"x" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == whole


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
