from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.environment import Environment
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage import atomic_files, files
from jebbitctl.storage.atomic_files import replace_file
from jebbitctl.storage.completion_cache import CompletionCache
from jebbitctl.storage.profiles import Profile, ProfileStore
from jebbitctl.storage.token_cache import TokenCache
from tests.support import mode

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("~/config", "~"):
        monkeypatch.setenv("JEBBIT_CONFIG_DIR", named)
        assert config_dir() == tmp_path / named[2:]
    for named in ("", "$HOME/x", "/home/${USER}/x", "~ann/x", r"%USERPROFILE%\x"):
        monkeypatch.setenv("JEBBIT_CONFIG_DIR", named)
        with pytest.raises(UsageError, match=r"is set but empty|JEBBIT_CONFIG_DIR was not expanded: "):
            config_dir()
    (tmp_path / "$x").mkdir()
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "$x")
    assert config_dir() == tmp_path / "$x"
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", "~/x")
    monkeypatch.setenv("HOME", "")
    with pytest.raises(UsageError, match="not expanded"):
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


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_every_directory_that_is_created_is_private(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        files.ensure_private_dir(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/c")] == [0o700] * 3


def test_an_own_directory_is_made_private_but_its_parent_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "site" / "tokens").mkdir(parents=True)
    for path in (tmp_path / "site", tmp_path / "site" / "tokens"):
        path.chmod(0o755)
    assert mode(files.ensure_private_dir(tmp_path / "site" / "tokens")) == 0o700
    assert mode(tmp_path / "site") == 0o755


def test_a_directory_that_others_can_write_to_is_refused_and_not_changed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for attempt in (files.ensure_private_dir, files.create_config_dir):
        with pytest.raises(PermissionError, match=f"other users can write to {shared}"):
            attempt(shared / "new")
    assert (mode(shared), list(shared.iterdir())) == (0o777, [])


def test_only_a_regular_file_of_this_user_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, "x")
    assert files.is_private(path)
    (tmp_path / "link").symlink_to(path)
    assert not files.is_private(tmp_path / "link")
    assert not files.is_private(tmp_path)
    path.chmod(0o640)
    assert not files.is_private(path)
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert not files.is_private(path)


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


def test_a_file_with_hard_links_or_in_a_place_that_forbids_replacing_keeps_its_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "manifest", tmp_path / "link"
    path.write_text("a long old text")
    other.hardlink_to(path)
    files.write_public_file(path, "new")
    assert other.read_text() == "new"
    other.unlink()

    def busy(*_: object, **__: object) -> None:
        raise OSError(16, "Device or resource busy")  # as for a file that is mounted alone

    inode = path.stat().st_ino
    monkeypatch.setattr(files, "replace_file", busy)
    files.write_public_file(path, "newer")
    assert (path.read_text(), path.stat().st_ino) == ("newer", inode)


def test_a_file_that_cannot_be_written_in_place_gets_its_old_content_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "manifest"
    path.write_text("old")
    (tmp_path / "link").hardlink_to(path)
    calls: list[object] = []

    def full_once(*_: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_once)
    with pytest.raises(JebbitctlError, match="No space"):
        files.write_public_file(path, "a longer new text")
    assert path.read_text() == "old"


def test_text_is_appended_to_a_file_or_begins_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary"
    for text in ("ä\n", "b\n"):
        files.append_public_file(path, text, max_bytes=9)
    assert path.read_text(encoding="utf-8") == "ä\nb\n"

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JebbitctlError, match="summary could not be written: No space"):
        files.append_public_file(path, "c", max_bytes=9)


def test_an_error_of_removing_old_files_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Iterator[Path]:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "glob", fails)
        files.remove_old_files(tmp_path, "*", older_than=0)
        atomic_files.remove_leftovers(tmp_path)
        TokenCache(tmp_path, pytest.fail).put("key", {})
        CompletionCache(tmp_path).put("key", [])
        ProfileStore(tmp_path).save("a", Profile())


def test_only_a_small_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(files.MAX_BYTES + 1))
    (tmp_path / "small").write_bytes(b"x" * files.MAX_BYTES)
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "large", Path("/dev/zero")):
        with pytest.raises(OSError, match="it "):
            files.read_regular_file(path)
    assert len(files.read_regular_file(tmp_path / "small")) == files.MAX_BYTES
