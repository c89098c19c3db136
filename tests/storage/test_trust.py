"""Files that another user could have written decide nothing."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.storage import trust
from jebbitctl.storage.trust import find_problem, require_own_target, require_trusted
from tests.support import mode

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
NOBODY = 65534


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in two directories that only this user can change."""
    (tmp_path / "home" / "config").mkdir(parents=True)
    path = tmp_path / "home" / "config" / "file"
    path.write_text("content")
    for step in (path, *path.parents[:2]):
        step.chmod(0o755)
    return path


def message(path: Path) -> str:
    problem = find_problem(path)
    assert problem is not None
    return problem.message


def test_a_file_that_only_this_user_can_change_is_trusted_even_if_others_can_read_it(file: Path) -> None:
    assert find_problem(file) is None
    assert find_problem(file.with_name("missing")) is None
    assert find_problem(file / "not a directory") is None


@pytest.mark.parametrize("step", ["home/config/file", "home/config", "home"])
@pytest.mark.parametrize("shared", [0o666, 0o777, 0o757])
def test_a_step_that_others_can_write_to_is_named_with_owner_and_cure(
    tmp_path: Path, file: Path, step: str, shared: int
) -> None:
    (tmp_path / step).chmod(shared | 0o111)
    problem = find_problem(file)
    assert problem is not None
    owner = trust.user_name(os.geteuid())
    expected = f"other users can write to {tmp_path / step} (mode {shared | 0o111:04o}, owner {owner})"
    assert problem.message == expected
    subprocess.run(shlex.split(problem.hint.partition("run: ")[2]), check=True)
    assert find_problem(file) is None


def test_who_cannot_change_a_mode_is_told_to_use_another_directory(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root of a Kubernetes volume: root's, with the pod's group, mode 2775."""
    (tmp_path / "home").chmod(0o2777)
    monkeypatch.setattr(trust, "_ROOT", os.geteuid())
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    problem = find_problem(file)
    assert problem is not None
    assert problem.message.startswith(f"other users can write to {tmp_path / 'home'} (mode 2777, owner ")
    assert problem.hint.startswith("set JEBBIT_CONFIG_DIR to a directory outside of it")


@pytest.mark.parametrize("step", ["home/config/file", "home/config"])
def test_the_users_own_group_may_write_but_not_another_group_as_with_umask_002(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (tmp_path / step).chmod(0o775)
    for is_private, trusted in ((True, True), (False, False)):
        monkeypatch.setattr(trust, "_is_private_group", lambda _, answer=is_private: answer)
        assert (find_problem(file) is None) is trusted
    (tmp_path / step).chmod(0o777)
    monkeypatch.setattr(trust, "_is_private_group", lambda _: True)
    assert find_problem(file) is not None


def test_nobody_is_told_to_change_the_mode_of_a_device(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to("/dev/zero")  # which is not a regular file, so it is not read
    assert find_problem(tmp_path / "file") is None


def test_a_group_is_private_only_with_the_users_name_and_without_members(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import grp
    import pwd

    class User:
        pw_name, pw_gid = "ann", 1000

    class Group:
        gr_name, gr_mem = "ann", list[str]()

    monkeypatch.setattr(pwd, "getpwuid", lambda _: User)
    monkeypatch.setattr(grp, "getgrgid", lambda _: Group)
    assert trust._is_private_group(1000)  # noqa: SLF001
    assert not trust._is_private_group(1001)  # noqa: SLF001
    Group.gr_mem = ["ann", "bob"]
    assert not trust._is_private_group(1000)  # noqa: SLF001
    Group.gr_name, Group.gr_mem = "staff", []
    assert not trust._is_private_group(1000)  # noqa: SLF001


def test_a_file_in_a_sticky_directory_is_trusted(file: Path) -> None:
    file.parent.chmod(0o1777)
    assert find_problem(file) is None


def test_both_ways_of_a_link_are_checked(tmp_path: Path, file: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link"
    link.symlink_to("../home/config/../config/file")
    assert find_problem(link) is None
    for step in (tmp_path / "links", file.parent, file):
        before = mode(step)
        step.chmod(0o777)
        assert f" {step} " in message(link)
        step.chmod(before)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links"):
        find_problem(loop)


@as_root
@pytest.mark.parametrize("step", ["home/config/file", "home/config", "home"])
def test_files_of_another_user_are_not_trusted_even_by_root(tmp_path: Path, file: Path, step: str) -> None:
    os.chown(tmp_path / step, NOBODY, -1)
    with pytest.raises(CredentialsError) as caught:
        require_trusted(file)
    name = trust.user_name(NOBODY)
    assert caught.value.message == f"{file} is not used: {tmp_path / step} belongs to another user, {name}"
    assert "JEBBIT_CONFIG_DIR" in str(caught.value.hint)


@as_root
def test_a_link_of_another_user_is_not_trusted(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    os.chown(link, NOBODY, -1, follow_symlinks=False)
    assert f"{link} belongs to another user" in message(link)
    with pytest.raises(UsageError, match="belongs to another user"):
        require_own_target(link)


def test_own_files_links_and_pipes_and_devices_may_be_written_to(tmp_path: Path, file: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(file)
    reader, writer = os.pipe()
    targets = [tmp_path / name for name in ("pipe", "link", "new", "no/where", "home")]
    for target in (*targets, file, Path("/dev/null"), Path("/dev/stdout"), Path(f"/dev/fd/{writer}")):
        require_own_target(target)
    os.close(reader)
    os.close(writer)


def test_a_new_file_may_be_written_to_a_shared_directory_but_not_through_a_link_there(
    tmp_path: Path, file: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    require_own_target(shared / "new")
    (shared / "link").symlink_to(file)
    with pytest.raises(UsageError, match="other users can replace the link"):
        require_own_target(shared / "link")


@as_root
@pytest.mark.parametrize("kind", ["file", "pipe", "directory"])
def test_files_of_another_user_are_not_written_to(tmp_path: Path, kind: str) -> None:
    target = tmp_path / kind
    {"file": target.touch, "pipe": lambda: os.mkfifo(target), "directory": target.mkdir}[kind]()
    os.chown(target, NOBODY, -1)
    with pytest.raises(UsageError, match=f"{target} is not written: {target} belongs to another user"):
        require_own_target(target)


@as_root
def test_another_user_may_hand_down_a_descriptor(tmp_path: Path) -> None:
    """As ``sudo jebbitctl … | cat`` does."""
    reader, writer = os.pipe()
    os.fchown(writer, NOBODY, -1)
    require_own_target(Path(f"/proc/self/fd/{writer}"))
    os.close(reader)
    os.close(writer)
    assert tmp_path.exists()


def test_a_loop_of_links_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="cannot be written"):
        require_own_target(tmp_path / "loop")
