from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UnavailableError
from jebbitctl.storage import run_lock
from jebbitctl.storage.run_lock import RunLock
from tests.support import mode, without_flock

if TYPE_CHECKING:
    from pathlib import Path


class Messages:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def lock(self, directory: Path | None, *names: str) -> RunLock:
        return RunLock(directory, names, note=self.notes.append, warn=self.warnings.append)


@pytest.fixture
def messages() -> Messages:
    return Messages()


def test_locks_are_private_and_can_be_taken_again_after_release(tmp_path: Path, messages: Messages) -> None:
    lock = messages.lock(tmp_path / "config", "b", "a", "b")
    for _ in range(2):
        lock.acquire()
        assert lock.held
        lock.release()
        assert not lock.held
    files = list((tmp_path / "config" / "locks").iterdir())
    assert sorted(path.name for path in files) == ["a.lock", "a.pid", "b.lock", "b.pid"]
    assert {mode(path) for path in files} == {0o600}
    assert mode(tmp_path / "config" / "locks") == 0o700
    assert messages.notes == messages.warnings == []


def test_a_run_that_waits_too_long_names_the_other_one_and_gives_up(
    tmp_path: Path, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "NOTICE_AFTER", 0.01)
    monkeypatch.setattr(run_lock, "MAX_WAIT", 0.1)
    holder, waiting = messages.lock(tmp_path, "a"), messages.lock(tmp_path, "0", "a")
    holder.acquire()
    with pytest.raises(UnavailableError, match=rf"another jebbitctl run \(pid {os.getpid()}\) has been"):
        waiting.acquire()
    assert not waiting.held
    assert messages.notes == [
        f"Waiting for another jebbitctl run (pid {os.getpid()}) that changes the same account."
    ]
    other = messages.lock(tmp_path, "0")
    other.acquire()
    assert other.held, "the locks that it had taken are released"
    other.release()
    holder.release()


def test_without_a_home_directory_the_command_continues_with_a_warning(messages: Messages) -> None:
    lock = messages.lock(None, "a")
    lock.acquire()
    assert not lock.held
    (warning,) = messages.warnings
    assert warning.startswith("cannot lock out other runs on this machine (there is no home directory")


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_without_flock_the_command_continues_with_a_warning_and_no_later_run_waits(
    tmp_path: Path, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_flock(monkeypatch)
    for _ in range(2):
        lock = messages.lock(tmp_path, "a")
        lock.acquire()
        assert not lock.held
        lock.release()
    assert len(messages.warnings) == 2
    assert messages.notes == []


def test_a_file_instead_of_the_directory_is_a_warning(tmp_path: Path, messages: Messages) -> None:
    (tmp_path / "locks").touch()
    lock = messages.lock(tmp_path, "a")
    lock.acquire()
    assert not lock.held
    assert "continuing without a lock" in messages.warnings[0]
