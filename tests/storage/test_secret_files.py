from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from jebbitctl.errors import ConflictError, JebbitctlError, UsageError
from jebbitctl.storage.secret_files import (
    SecretFiles,
    require_secret_file_usable,
    reserved_secret_file,
    write_secret_file,
)
from tests.support import mode


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    return SecretFiles(tmp_path / "secrets")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webhook.secret"


def test_a_reserved_secret_is_pending_until_it_is_written(secrets: SecretFiles) -> None:
    assert not secrets.is_pending("spring")
    secrets.reserve("spring", alone=True)
    assert secrets.is_pending("spring")
    secrets.write("spring", "shared")
    assert not secrets.is_pending("spring")
    assert secrets.path("spring").read_text() == "shared\n"


def test_files_and_their_directory_are_private(secrets: SecretFiles) -> None:
    secrets.reserve("spring", alone=True)
    path = secrets.path("spring")
    assert mode(path.parent) == 0o700
    assert mode(path) == 0o600
    secrets.write("spring", "shared")
    assert mode(path) == 0o600


def test_a_secret_that_would_be_overwritten_is_refused(secrets: SecretFiles) -> None:
    secrets.reserve("pending", alone=True)
    secrets.write("written", "shared")
    secrets.require_free(["new", "pending"])
    with pytest.raises(UsageError, match=r"written\.secret already exists, but integration written does not"):
        secrets.require_free(["new", "written"])
    secrets.path("link").symlink_to("elsewhere")
    with pytest.raises(UsageError, match=r"link\.secret is a link"):
        secrets.require_free(["link"])
    for attempt in (
        partial(secrets.reserve, "written", alone=True),
        partial(secrets.write, "written", "another"),
    ):
        with pytest.raises(ConflictError, match="someone else has just written"):
            attempt()
    assert secrets.path("written").read_text() == "shared\n"


def test_a_file_instead_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    secrets = SecretFiles(tmp_path / "secrets")
    with pytest.raises(UsageError, match="is not a directory"):
        secrets.require_free([])
    with pytest.raises(JebbitctlError, match="the secret could not be written"):
        secrets.reserve("spring", alone=True)


def test_a_directory_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    for shared in (0o777, 0o1777):
        (tmp_path / "secrets").mkdir(exist_ok=True)
        (tmp_path / "secrets").chmod(shared)
        with pytest.raises(UsageError, match="other users can write to this directory"):
            SecretFiles(tmp_path / "secrets").require_free([])


def test_a_secret_is_written_to_a_private_file_or_to_a_device(path: Path) -> None:
    write_secret_file(path, "abc")
    assert (path.read_text(), mode(path)) == ("abc\n", 0o600)
    write_secret_file(Path("/dev/null"), "abc")
    with pytest.raises(JebbitctlError, match="could not be written"):
        write_secret_file(path.parent / "no" / "secret", "abc")


def test_writing_the_same_secret_again_changes_nothing_and_another_one_is_refused(path: Path) -> None:
    write_secret_file(path, "abc")
    before = path.stat().st_mtime_ns
    write_secret_file(path, "abc")
    with pytest.raises(JebbitctlError, match="already exists and is not empty"):
        write_secret_file(path, "other")
    assert (path.read_text(), path.stat().st_mtime_ns) == ("abc\n", before)


def test_an_empty_file_is_filled_in_place_and_made_private(path: Path) -> None:
    path.touch()
    path.chmod(0o644)
    inode = path.stat().st_ino
    with reserved_secret_file(path) as tightened:
        assert tightened
        write_secret_file(path, "abc")
    assert (path.read_text(), mode(path), path.stat().st_ino) == ("abc\n", 0o600, inode)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_overwritten_only_on_demand_and_holds_its_content_until_then(path: Path) -> None:
    for old in ("abc", "a much longer secret than the new one"):
        path.write_text(old)
        inode = path.stat().st_ino
        with suppress(KeyboardInterrupt), reserved_secret_file(path, force=True):
            raise KeyboardInterrupt
        assert path.read_text() == old
        with reserved_secret_file(path, force=True):
            write_secret_file(path, "new", force=True)
        assert (path.read_text(), path.stat().st_ino, mode(path)) == ("new\n", inode, 0o600)
    path.write_bytes(bytes(2**20))
    with pytest.raises(JebbitctlError, match="too large to be a secret"):
        write_secret_file(path, "new", force=True)


def test_a_file_whose_mode_cannot_be_changed_is_refused_beforehand(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: int) -> None:
        raise OSError(1, "Operation not permitted")  # as on a mounted FAT file system

    path.touch()
    path.chmod(0o644)
    monkeypatch.setattr(os, "fchmod", fails)
    with (
        pytest.raises(UsageError, match="and its mode cannot be changed: Operation not"),
        reserved_secret_file(path),
    ):
        pytest.fail("reserved")


def test_a_file_system_that_ignores_modes_is_refused_beforehand_and_keeps_no_file(
    secrets: SecretFiles, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, others_can = os.open, 0o755

    def ignores_modes(path: Path, flags: int, _: int = 0) -> int:
        return create(path, flags, others_can)  # as Windows' drives in WSL

    monkeypatch.setattr(os, "open", ignores_modes)
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    with pytest.raises(UsageError, match=r"others can read .*: Operation not"), reserved_secret_file(path):
        pytest.fail("reserved")
    with pytest.raises(JebbitctlError, match=r"others can read .*: Operation not"):
        secrets.reserve("a", alone=True)
    assert not path.exists()
    assert not secrets.path("a").exists()
    path.touch(mode=0o644)
    path.write_text("abc")
    with pytest.raises(JebbitctlError, match=r"others can read .*: Operation not"):
        write_secret_file(path, "abc")


def test_a_reserved_file_is_removed_if_the_secret_never_came(path: Path) -> None:
    with suppress(KeyboardInterrupt), reserved_secret_file(path):
        assert path.exists()
        raise KeyboardInterrupt
    assert not path.exists()
    path.touch()
    with suppress(KeyboardInterrupt), reserved_secret_file(path):
        raise KeyboardInterrupt
    assert path.exists(), "it was there before"


def test_a_file_is_reserved_by_one_process_only(path: Path) -> None:
    with (
        reserved_secret_file(path),
        pytest.raises(UsageError, match="reserved by another process"),
        reserved_secret_file(path),
    ):
        pytest.fail("reserved twice")


def test_a_write_that_fails_leaves_the_file_empty(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JebbitctlError, match="No space"):
        write_secret_file(path, "abc")
    assert path.read_bytes() == b""
    path.write_text("old")
    with pytest.raises(JebbitctlError, match="No space"):
        write_secret_file(path, "longer", force=True)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_became_a_link_or_anothers_after_the_check_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = path.with_name("target")
    target.touch()
    path.symlink_to(target)
    with pytest.raises(JebbitctlError, match="could not be written"):
        write_secret_file(path, "abc")
    path.unlink()
    path.touch()
    os.chown(path, 65534, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(JebbitctlError, match="it belongs to another user"):
        write_secret_file(path, "abc")
    assert target.read_bytes() == path.read_bytes() == b""


def test_a_path_that_cannot_be_written_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    require_secret_file_usable(tmp_path / "new")
    require_secret_file_usable(tmp_path / "file")
    for wrong in (tmp_path, tmp_path / "no" / "secret", tmp_path / "link", tmp_path / "dangling", Path("-")):
        with pytest.raises(UsageError):
            require_secret_file_usable(wrong)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="cannot be written: Permission denied"):
        require_secret_file_usable(tmp_path / "new")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(UsageError, match="cannot be written: Read-only file system"):
        require_secret_file_usable(tmp_path / "new")
