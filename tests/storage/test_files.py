from __future__ import annotations

import os
import pwd
import sys
import time
from pathlib import Path

import pytest

from jebbitctl.environment import Environment
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage import files
from tests.support import mode


def config_dir() -> Path | None:
    return files.config_dir(Environment(os.environ))


def no_such_user(uid: int) -> object:
    raise KeyError(uid)


def test_the_environment_names_the_config_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", str(tmp_path))
    assert config_dir() == tmp_path
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "here")
    assert config_dir() == tmp_path / "here"
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "")
    with pytest.raises(UsageError):
        config_dir()


def test_without_a_home_there_is_no_config_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JEBBIT_CONFIG_DIR", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for home in ("", "relative", "~"):
        monkeypatch.setenv("HOME", home)
        assert config_dir() is None
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_dir() is not None
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", no_such_user)  # as in a container
    assert config_dir() is None


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="the system's own directory")
def test_the_config_directory_is_found_from_the_environment_handed_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere/config")
    home, xdg = str(tmp_path / "home"), str(tmp_path / "xdg")
    assert files.config_dir(Environment({"HOME": home})) == tmp_path / "home" / ".config" / "jebbitctl"
    both = Environment({"HOME": home, "XDG_CONFIG_HOME": xdg})
    assert files.config_dir(both) == tmp_path / "xdg" / "jebbitctl"
    relative = Environment({"HOME": home, "XDG_CONFIG_HOME": "relative"})  # invalid, so it is ignored
    assert files.config_dir(relative) == tmp_path / "home" / ".config" / "jebbitctl"


def test_a_config_directory_with_control_characters_is_refused() -> None:
    with pytest.raises(UsageError, match="JEBBIT_CONFIG_DIR contains"):
        files.config_dir(Environment({"JEBBIT_CONFIG_DIR": "/a\nb"}))


def test_a_private_directory_is_created_or_made_private(tmp_path: Path) -> None:
    assert mode(files.ensure_private_dir(tmp_path / "a" / "b")) == 0o700
    (tmp_path / "open").mkdir(mode=0o755)
    assert mode(files.ensure_private_dir(tmp_path / "open")) == 0o700


def test_a_shared_directory_is_refused_and_not_changed(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(PermissionError, match="shared"):
        files.ensure_private_dir(shared)
    assert mode(shared) == 0o1777


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(PermissionError, match="another user"):
        files.ensure_private_dir(tmp_path)


def test_only_a_regular_file_of_this_user_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    files.replace_file(path, "x")
    assert files.is_private(path)
    (tmp_path / "link").symlink_to(path)
    assert not files.is_private(tmp_path / "link")
    assert not files.is_private(tmp_path)
    path.chmod(0o640)
    assert not files.is_private(path)
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert not files.is_private(path)


def test_a_private_file_is_replaced_and_has_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    files.replace_file(path, "new ü\n")
    assert path.read_bytes() == "new ü\n".encode()
    assert mode(path) == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_write_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full) if step == "fsync" else monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.replace_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_without_secrets_is_created_atomically_and_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest"
    umask = os.umask(0o022)
    try:
        files.write_public_file(path, "new")
    finally:
        os.umask(umask)
    assert (path.read_text(), mode(path)) == ("new", 0o644)
    path.chmod(0o664)
    files.write_public_file(path, "newer")
    assert (path.read_text(), mode(path)) == ("newer", 0o664)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JebbitctlError, match="No space"):
        files.write_public_file(tmp_path / "other", "new")
    assert list(tmp_path.iterdir()) == [path]


def test_old_leftovers_of_a_crash_are_removed(tmp_path: Path) -> None:
    new, old, other = tmp_path / ".jebbitctl-new", tmp_path / ".jebbitctl-old", tmp_path / "other"
    for path in (new, old, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 7200,) * 2)
    files.remove_old_files(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


def test_a_secret_is_written_to_a_private_file_or_to_a_device(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    files.write_secret_file(path, "abc")
    assert (path.read_text(), mode(path)) == ("abc\n", 0o600)
    files.write_secret_file(Path("/dev/null"), "abc")
    with pytest.raises(JebbitctlError, match="could not be written"):
        files.write_secret_file(tmp_path / "no" / "secret", "abc")


def test_a_path_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    files.require_secret_file_writable(tmp_path / "new")
    for wrong in (tmp_path, tmp_path / "no" / "secret"):
        with pytest.raises(UsageError):
            files.require_secret_file_writable(wrong)
