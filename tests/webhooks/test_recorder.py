"""A recording holds every delivery that was answered, whatever else happens to the file."""

from __future__ import annotations

import errno
import os
import random
import re
import signal
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jebbitctl
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.webhooks import Reason, Verification
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.reading import read
from jebbitctl.webhooks.recordings.recorder import LOOK_INTERVAL, Recorder
from tests.concurrent_processes import fork
from tests.support import mode

from .support import SECRET, make_delivery, post, record

if TYPE_CHECKING:
    from collections.abc import Callable

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX owners, modes and links")

VALID = replace(make_delivery(), verification=Verification(Reason.OK, 1, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deliveries.jsonl"


def bodies(path: Path) -> list[bytes]:
    return [found.delivery.body for found in read(path)]


def fails_to_record(path: Path, match: str) -> UsageError:
    with pytest.raises(UsageError, match=match) as caught, Recorder(path):
        pass
    return caught.value


@posix
def test_a_new_recording_is_private(path: Path) -> None:
    record(path, make_delivery())
    assert mode(path) == 0o600


def test_recording_again_appends(path: Path) -> None:
    record(path, make_delivery())
    record(path, make_delivery(body=b"2"))
    assert bodies(path) == [make_delivery().body, b"2"]


def test_a_delivery_is_recorded_before_the_response(path: Path) -> None:
    with Recorder(path) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        for number in range(3):
            assert post(receiver.url, b"%d" % number).status_code == 200
            assert bodies(path) == [b"%d" % n for n in range(number + 1)]


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


@pytest.mark.parametrize(
    "content",
    [
        "precious, and without a newline",
        "precious\n",
        '{"time": "2026-01-01", "mine": true}',
        '{"time": "2026-01-01", "mine": true}\n{"time": "2026-01-02"}\n',
        '{\n  "time": "2026-01-01"\n}\n',
        "[]\n",
        '{"time":1}\n' + "x\n" * 100,
        "\n\nprecious\n",
        "\0" * 5_000_000,
    ],
)
def test_a_file_that_is_not_a_recording_is_not_changed(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o644)
    before = mode(path)
    fails_to_record(path, "it is not a recording")
    assert (path.read_text(), mode(path)) == (content, before)


def test_an_empty_file_is_a_recording(path: Path) -> None:
    path.touch()
    record(path, make_delivery())
    assert len(list(read(path))) == 1


def limited_file_size(size: int) -> ExitStack:
    """Make files of this process end at a size, as a full disk would."""
    resource = pytest.importorskip("resource")
    stack = ExitStack()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    stack.callback(signal.signal, signal.SIGXFSZ, handler)
    stack.callback(resource.setrlimit, resource.RLIMIT_FSIZE, limits)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    return stack


@posix
def test_a_full_disk_is_an_error_and_the_sender_gets_500(path: Path) -> None:
    with (
        Recorder(path) as recorder,
        WebhookServer(SECRET, recorder.append) as receiver,
        limited_file_size(100),
    ):
        assert post(receiver.url, b"{}").status_code == 500
        assert isinstance(receiver.failure, JebbitctlError)
        assert "File too large" in receiver.failure.message


@posix
def test_a_line_that_was_written_in_part_stays_and_the_next_one_begins_after_it(path: Path) -> None:
    record(path, make_delivery())
    whole = path.read_bytes()
    with Recorder(path) as recorder:
        with (
            limited_file_size(len(whole) + 100),
            pytest.raises(JebbitctlError, match="File too large"),
        ):
            recorder.append(make_delivery(body=b"x" * 1000))
        assert path.stat().st_size == len(whole) + 100
        recorder.append(make_delivery(body=b"next"))
    assert path.read_bytes().startswith(whole)
    skipped: list[int] = []
    found = [one.delivery.body for one in read(path, on_invalid=skipped.append)]
    assert (found, skipped) == ([make_delivery().body, b"next"], [2])


@pytest.mark.parametrize("length", [1, 5, 60, 1000])
def test_a_last_line_without_its_end_stays_and_the_next_one_begins_after_it(path: Path, length: int) -> None:
    record(path, make_delivery(), make_delivery(body=b"last"))
    lines = path.read_bytes().splitlines()
    before = lines[0] + b"\n" + lines[1][:length]
    path.write_bytes(before)
    record(path, make_delivery(body=b"next"))
    assert path.read_bytes().startswith(before + b"\n")
    complete = length > len(lines[1])
    assert bodies(path) == [make_delivery().body, *([b"last"] if complete else []), b"next"]


@posix
@pytest.mark.parametrize("length", [1, 5, 60, 300])
def test_a_delivery_that_follows_what_a_killed_writer_left_is_read(path: Path, length: int) -> None:
    with Recorder(path) as killed, Recorder(path) as other:
        with limited_file_size(length), suppress(JebbitctlError):
            killed.append(make_delivery(body=b"x" * 1000))
        other.append(make_delivery(body=b"next"))
        other.append(make_delivery(body=b"last"))
    assert len(path.read_bytes().splitlines()) == 2
    assert bodies(path) == [b"next", b"last"]


@pytest.mark.parametrize("content", [b'{"time": "2023', b"\n", b"\0" * 100, b'\0{"time": "2023\n\0\0'])
def test_a_recording_with_damage_only_stays_usable(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    record(path, make_delivery())
    assert path.read_bytes().startswith(content)
    assert len(bodies(path)) == 1


def test_a_recording_whose_first_line_is_foreign_stays_usable(path: Path) -> None:
    record(path, make_delivery())
    path.write_bytes(b"\xef\xbb\xbfmonday\n" + path.read_bytes())
    record(path, make_delivery())
    assert len(bodies(path)) == 2


def test_starting_to_record_changes_nothing(path: Path) -> None:
    record(path, make_delivery())
    content = path.read_bytes() + b'{"time": "torn'
    path.write_bytes(content)
    with Recorder(path):
        pass
    assert path.read_bytes() == content


EMPTIES_ITS_OWN_FILE = {
    "storage/files.py": "a manifest that it exports to, if the file can only be written in place",
    "storage/run_lock.py": "the name of a lock's holder",
}


def test_no_file_of_a_user_is_ever_cut() -> None:
    """Whatever the program appends to may be written by another process at the same time."""
    package = Path(jebbitctl.__file__).parent
    cutting = re.compile(r"\b(f?truncate|O_TRUNC)\b")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if cutting.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(EMPTIES_ITS_OWN_FILE)


def append_numbers(path: Path, writer: int, acknowledgements: int) -> int:
    """Append deliveries without end; write the number of each to a pipe once it is recorded."""
    with Recorder(path) as recorder:
        number = 0
        while True:
            name = f"{writer}.{os.getpid()}.{number}"
            recorder.append(replace(VALID, body=name.encode() + b" " * 8000))
            os.write(acknowledgements, f"{name}\n".encode())
            number += 1


@pytest.mark.long
@posix
@pytest.mark.parametrize("kills", [60])
def test_no_acknowledged_delivery_is_lost_when_writers_of_one_file_are_killed(path: Path, kills: int) -> None:
    reading, writing = os.pipe()
    acknowledged: list[str] = []

    def collect() -> None:
        with os.fdopen(reading) as lines:
            acknowledged.extend(line.strip() for line in lines)

    def start(writer: int) -> int:
        return fork(lambda: append_numbers(path, writer, writing), (0, 1, 2))

    collecting = threading.Thread(target=collect)
    collecting.start()
    writers = [start(number) for number in range(3)]
    for number in range(kills):
        time.sleep(random.uniform(0, 0.03))  # noqa: S311 - not for cryptography
        victim = number % 3
        os.kill(writers[victim], signal.SIGKILL)
        os.waitpid(writers[victim], 0)
        writers[victim] = start(victim)
    time.sleep(0.05)
    for pid in writers:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.close(writing)
    collecting.join()
    recorded = [body.strip().decode() for body in bodies(path)]
    assert len(acknowledged) > 10 * 3
    assert set(acknowledged) - set(recorded) == set()
    assert len(recorded) == len(set(recorded))


def delete(path: Path) -> None:
    path.unlink()


def replace_with_another(path: Path) -> None:
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("moved"))


def move_its_directory_away(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


@posix
@pytest.mark.parametrize("disturb", [delete, replace_with_another, move_away, move_its_directory_away])
def test_a_delivery_is_not_acknowledged_once_the_file_is_gone(
    tmp_path: Path, disturb: Callable[[Path], None]
) -> None:
    path = tmp_path / "directory" / "deliveries.jsonl"
    path.parent.mkdir()
    with Recorder(path) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        assert post(receiver.url, b"{}").status_code == 200
        disturb(path)
        time.sleep(2 * LOOK_INTERVAL)
        assert post(receiver.url, b"{}").status_code == 500
        assert isinstance(receiver.failure, JebbitctlError)
        assert receiver.failure.message == f"cannot record to {path}: the file was deleted or replaced"


@posix
def test_a_link_is_refused_and_its_target_named(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "target")
    error = fails_to_record(path, "it is a symbolic link")
    assert error.hint == f"record to {tmp_path / 'target'}"
    assert not (tmp_path / "target").exists()
    path.unlink()
    path.symlink_to(path)
    fails_to_record(path, "it is a symbolic link")


@posix
@pytest.mark.parametrize("special", ["/dev/null", "fifo"])
def test_special_files_are_refused_without_waiting(tmp_path: Path, special: str) -> None:
    path = tmp_path / special
    if special == "fifo":
        os.mkfifo(path)
    fails_to_record(path, "it is not a regular file")


@posix
def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.touch()
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    fails_to_record(path, "it belongs to another user")


@posix
def test_a_file_that_others_can_open_is_made_private_with_a_warning(path: Path) -> None:
    path.touch(0o644)
    path.chmod(0o644)
    warnings: list[str] = []
    with Recorder(path, warnings.append):
        pass
    assert mode(path) == 0o600
    assert warnings == [f"other users of this machine could open {path} (mode 0644); it is 0600 now"]
    with Recorder(path, warnings.append):
        pass
    assert len(warnings) == 1


@posix
def test_a_mode_that_cannot_be_changed_is_a_warning(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no")

    monkeypatch.setattr("os.fchmod", fail)
    path.touch()
    path.chmod(0o640)
    warnings: list[str] = []
    with Recorder(path, warnings.append):
        pass
    assert warnings == [f"other users of this machine can open {path} (mode 0640)"]


def test_a_delivery_that_comes_after_the_end_of_the_recording_is_an_error(path: Path) -> None:
    with Recorder(path) as recorder:
        recorder.append(make_delivery())
    with pytest.raises(JebbitctlError, match="the recording has ended"):
        recorder.append(make_delivery())
    assert len(bodies(path)) == 1


def test_refused_deliveries_do_not_let_a_file_grow_without_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.recordings.recorder.MAX_BYTES_WITH_REFUSED", 1024 * 1024)
    warnings: list[str] = []
    for _ in range(2):
        with Recorder(path, warnings.append) as recorder:
            for _ in range(30):
                recorder.append(make_delivery(body=b"x" * 64 * 1024))
            assert path.stat().st_size < 1024 * 1024
    assert warnings == [f"{path} has 1 MiB: refused deliveries are no longer recorded"] * 2
    with Recorder(path) as recorder:
        for _ in range(20):
            recorder.append(replace(VALID, body=b"x" * 64 * 1024))
    assert path.stat().st_size > 1024 * 1024


def test_files_that_cannot_be_opened_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: No such file"):
        list(read(tmp_path / "none"))
    fails_to_record(tmp_path, r"cannot record to .*: Is a directory")
    fails_to_record(tmp_path / "none" / "file", r"cannot record to .*: No such file")
