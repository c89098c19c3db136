from __future__ import annotations

import os
import pwd
import stat
import time
from pathlib import Path

import pytest

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage import files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def someone_else(uid: int) -> object:
    raise KeyError(uid)


def test_the_config_directory_is_the_one_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", str(tmp_path))
    assert files.config_dir() == tmp_path
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "here")
    assert files.config_dir() == tmp_path / "here"
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "")
    with pytest.raises(UsageError):
        files.config_dir()


def test_without_a_home_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JEBBIT_CONFIG_DIR", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for home in ("", "relative", "~"):
        monkeypatch.setenv("HOME", home)
        assert files.config_dir() is None
    monkeypatch.setenv("HOME", str(tmp_path))
    assert files.config_dir() is not None
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", someone_else)  # a container's user without an entry
    assert files.config_dir() is None


def test_a_private_directory_is_made_or_tightened(tmp_path: Path) -> None:
    assert mode(files.private_dir(tmp_path / "a" / "b")) == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    assert mode(files.private_dir(tmp_path / "open")) == 0o700


def test_a_directory_that_is_shared_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(PermissionError, match="shared"):
        files.private_dir(shared)
    assert mode(shared) == 0o1777


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(PermissionError, match="another user"):
        files.private_dir(tmp_path)


def test_only_a_plain_file_of_ones_own_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.write_private(path, "x")
    assert files.is_private(path)
    (tmp_path / "link").symlink_to(path)
    assert not files.is_private(tmp_path / "link")
    assert not files.is_private(tmp_path)
    path.chmod(0o640)
    assert not files.is_private(path)
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert not files.is_private(path)


def test_a_file_is_written_whole_with_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    files.write_private(path, "new ü\n")
    assert path.read_bytes() == "new ü\n".encode()
    assert mode(path) == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full) if step == "fsync" else monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write_private(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_behind_is_swept_some_time_later(tmp_path: Path) -> None:
    new, old, other = tmp_path / ".jebbitctl-new", tmp_path / ".jebbitctl-old", tmp_path / "other"
    for path in (new, old, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 7200,) * 2)
    files.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


def test_a_secret_file_is_private_and_a_pipe_gets_a_line(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    files.write_secret_file(path, "abc")
    assert (path.read_text(), mode(path)) == ("abc\n", 0o600)
    files.write_secret_file(Path("/dev/null"), "abc")
    with pytest.raises(JebbitctlError, match="could not be written"):
        files.write_secret_file(tmp_path / "no" / "secret", "abc")


def test_a_place_for_a_secret_is_checked_before_there_is_one(tmp_path: Path) -> None:
    files.require_writable(tmp_path / "new")
    for wrong in (tmp_path, tmp_path / "no" / "secret"):
        with pytest.raises(UsageError):
            files.require_writable(wrong)
