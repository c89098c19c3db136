from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jebbitctl.storage import atomic_files
from jebbitctl.storage.atomic_files import leftovers, remove_leftovers, replace_file
from tests.support import mode


@pytest.fixture(params=["unnamed", "named", "no /proc"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A system with files without a name, one without, or one that cannot name them later."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif request.param == "no /proc":
        monkeypatch.setattr(atomic_files, "_link", lambda *_: False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system has none")
    return str(request.param)


@pytest.mark.usefixtures("system")
def test_a_file_is_created_or_replaced_and_has_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, "first")
    assert (path.read_text(), mode(path)) == ("first", 0o600)
    path.chmod(0o644)
    replace_file(path, "new ü\n")
    assert path.read_bytes() == "new ü\n".encode()
    assert mode(path) == 0o600
    replace_file(path, "public", mode=0o644)
    assert (path.read_text(), mode(path)) == ("public", 0o644)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failed_write_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, step: str
) -> None:
    assert system
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "replace":
        monkeypatch.setattr(Path, "replace", full)
    else:
        monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name")
def test_content_has_no_name_until_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Path]] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(list(tmp_path.iterdir())))
    replace_file(tmp_path / "file", "first")
    replace_file(tmp_path / "file", "second")
    assert seen == [[], [tmp_path / "file"]]


@pytest.mark.parametrize("named", ["", "del os.O_TMPFILE"])
def test_files_of_a_killed_process_are_removed_at_once(tmp_path: Path, named: str) -> None:
    if named and not hasattr(os, "O_TMPFILE"):
        pytest.skip("files always have names here")
    path = tmp_path / "file"
    path.write_text("old")
    script = (
        f"import os; from pathlib import Path; {named}\n"
        "from jebbitctl.storage.atomic_files import replace_file\n"
        "Path.replace = lambda *_: os._exit(9)\n"
        f"replace_file(Path({str(path)!r}), 'new')"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    (left,) = leftovers(tmp_path)
    assert left.read_text() == "new"
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


def test_a_temporary_file_that_is_being_written_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    replace = Path.replace

    def sweep_and_replace(source: Path, target: Path) -> Path:
        remove_leftovers(tmp_path)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", sweep_and_replace)
    replace_file(path, f"new {system}")
    assert path.read_text() == f"new {system}"


def test_an_empty_temporary_file_is_a_leftover_only_after_an_hour(tmp_path: Path) -> None:
    """A process may have created it and be about to lock it."""
    new, old, other = tmp_path / ".jebbitctl-new", tmp_path / ".jebbitctl-old", tmp_path / "other"
    for path in (new, old, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 7200,) * 2)
    assert leftovers(tmp_path) == [old]
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]


def test_without_locks_a_temporary_file_is_a_leftover_after_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_files, "lock", lambda _: None)
    path = tmp_path / ".jebbitctl-x"
    path.write_text("content")
    assert leftovers(tmp_path) == []
    os.utime(path, (time.time() - 7200,) * 2)
    assert leftovers(tmp_path) == [path]


def test_a_pipe_or_a_link_is_no_leftover_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".jebbitctl-pipe")
    (tmp_path / ".jebbitctl-link").symlink_to("/etc/passwd")
    assert leftovers(tmp_path) == []
