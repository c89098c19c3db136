"""Whether another user could have written or replaced a file, as sshd checks it before it reads one.

Windows' permissions are not checked.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.environment import CONFIG_DIR
from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = 0
_MAX_LINKS = 40
"""Links in one path. Linux follows as many."""


class PathStep(NamedTuple):
    """A directory, link or file that decides what a path leads to.

    Attributes:
        path: of the step itself; its parent is free of links.
        status: of the step itself, not of a link's target.
        inherited: whether it is a descriptor of this process, such as ``/dev/stdout``.
    """

    path: Path
    status: os.stat_result
    inherited: bool = False

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.status.st_mode)


class TrustProblem(NamedTuple):
    """Why a path is not trusted, and what to do about it."""

    message: str
    hint: str


def steps(path: Path) -> Iterator[PathStep]:
    """Yield what a path leads through, from the root to the file; links come before their targets.

    Raises:
        FileNotFoundError: the path ends at this step, as the next one does not exist.
        OSError: a step cannot be read.
    """
    first, *rest = path.absolute().parts
    current, pending, links = Path(first), rest[::-1], 0
    yield PathStep(current, current.lstat())
    while pending:
        name = pending.pop()
        if name == "..":
            current = current.parent
            continue
        step = PathStep(current / name, (current / name).lstat())
        yield step
        if not step.is_link:
            current = step.path
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        target = step.path.readlink()
        if not os.path.lexists(current / target) and step.path.exists():  # such as pipe:[4711] in /proc
            yield PathStep(step.path, step.path.stat(), inherited=True)
            return
        if target.is_absolute():
            current = Path(target.anchor)
        pending += [part for part in reversed(target.parts) if part != target.anchor]


def find_problem(path: Path) -> TrustProblem | None:
    """Return why another user could have written or replaced a file or directory, None if nobody could.

    Each step must belong to this user or root and be writable by nobody else. Others may write to a directory
    with the sticky bit, such as ``/tmp``, as they cannot replace what belongs to somebody else in it. Of a
    path that does not exist, the existing part is checked.

    Raises:
        OSError: a step cannot be read.
    """
    if os.name != "posix":
        return None
    try:
        for step in steps(path):
            if step.status.st_uid not in {os.geteuid(), _ROOT}:
                return _foreign(step)
            if not step.is_link and _others_can_write(step.status):
                owner = user_name(step.status.st_uid)
                mode = stat.S_IMODE(step.status.st_mode)
                return TrustProblem(
                    f"other users can write to {step.path} (mode {mode:04o}, owner {owner})",
                    _mode_fix(step),
                )
    except (FileNotFoundError, NotADirectoryError):
        pass
    return None


def find_config_problem(path: Path) -> TrustProblem | None:
    """Return why a file of the configuration directory is not trusted, as :func:`find_problem` does.

    Others must not write to its directory, not even with the sticky bit: they could add files to it.
    """
    if (problem := find_problem(path)) or os.name != "posix":
        return problem
    try:
        status = path.parent.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not _others_can_write(status, sticky_is_safe=False):
        return None
    mode, owner = stat.S_IMODE(status.st_mode), user_name(status.st_uid)
    return TrustProblem(
        f"other users can write to {path.parent} (mode {mode:04o}, owner {owner})",
        f"set {CONFIG_DIR} to a directory that only you can write to, such as one in it",
    )


def require_trusted(path: Path) -> None:
    """Check that no other user could have written or replaced a file of the configuration directory.

    Raises:
        CredentialsError: another user could; the message names path and owner.
        OSError: a part of the path cannot be read.
    """
    if problem := find_config_problem(path):
        raise CredentialsError(f"{path} is not used: {problem.message}", hint=problem.hint)


def require_own_target(path: Path) -> None:
    """Check that what is about to be written to a path goes where this user wants it.

    Refused are files, pipes and directories of another user, directories that others can write to, and links
    that another user has made or could replace. Own links and pipes, devices, descriptors such as
    ``/dev/stdout`` and new files are allowed.

    Raises:
        UsageError: the path is refused, or cannot be read.
    """
    if os.name != "posix":
        return
    last: PathStep | None = None
    exists = False
    try:
        for last in steps(path):
            if last.is_link and last.status.st_uid not in {os.geteuid(), _ROOT}:
                raise UsageError(f"{path} is not written: {_foreign(last).message}", hint=_ANOTHER_PATH)
            if last.is_link and _others_can_write(last.path.parent.lstat()):
                raise UsageError(
                    f"{path} is not written: other users can replace the link {last.path}", hint=_ANOTHER_PATH
                )
        exists = True
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    if last is None or not exists or last.inherited or stat.S_ISCHR(last.status.st_mode):
        return
    if last.status.st_uid not in {os.geteuid(), _ROOT}:
        raise UsageError(f"{path} is not written: {_foreign(last).message}", hint=_ANOTHER_PATH)
    if stat.S_ISDIR(last.status.st_mode) and _others_can_write(last.status, sticky_is_safe=False):
        raise UsageError(
            f"{path} is not written: other users can write to this directory",
            hint=f"run: chmod go-w {shell.quote(str(path))}",
        )


def user_name(uid: int) -> str:
    """Return a user's name, or its number if it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


_ANOTHER_PATH = "choose a path that only you can write to"


def _mode_fix(step: PathStep) -> str:
    """Return what to do about a mode, which only the owner and root can change: not in a volume's root."""
    command = f"chmod go-w {shell.quote(str(step.path))}"
    if os.geteuid() in {step.status.st_uid, _ROOT}:
        return f"check that nobody has changed it, then run: {command}"
    return (
        f"set {CONFIG_DIR} to a directory outside of it that only you can write to, or have its owner run:"
        f" {command}"
    )


def _foreign(step: PathStep) -> TrustProblem:
    return TrustProblem(
        f"{step.path} belongs to another user, {user_name(step.status.st_uid)}",
        f"run jebbitctl as that user, or set {CONFIG_DIR} to a directory of your own",
    )


def _others_can_write(status: os.stat_result, *, sticky_is_safe: bool = True) -> bool:
    """Whether others can change a file or a directory. A device or a pipe is not read at all."""
    is_directory = stat.S_ISDIR(status.st_mode)
    if not is_directory and not stat.S_ISREG(status.st_mode):
        return False
    if is_directory and sticky_is_safe and status.st_mode & stat.S_ISVTX:
        return False
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid):
        return True
    return bool(status.st_mode & stat.S_IWOTH)


def _is_private_group(gid: int) -> bool:
    """Whether a group has this user's name and no other member, as Debian, Ubuntu and Fedora create them.

    There, umask 002 lets the group write to new files and directories.
    """
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and user.pw_name == group.gr_name and set(group.gr_mem) <= {user.pw_name}
