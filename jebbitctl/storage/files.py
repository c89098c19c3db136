"""The configuration directory, private directories, and files that are read or written whole."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jebbitctl.environment import CONFIG_DIR, XDG_CONFIG_HOME
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.storage.atomic_files import replace_file
from jebbitctl.storage.trust import find_problem, require_own_target

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.environment import Environment

_UNEXPANDED = r"\$[A-Za-z_{]|%\w+%|^~"
"""Such as ``$HOME`` in an environment file, or another user's home directory."""
MAX_BYTES = 1024 * 1024
"""The size of the largest file that is read."""


def config_dir(environment: Environment) -> Path | None:
    """Return the directory of this user's profiles and tokens, None if there is no home directory.

    It may not exist yet.

    Raises:
        UsageError: JEBBIT_CONFIG_DIR is empty, or stands in quotes, or contains control characters or a
            variable that nothing has expanded.
    """
    directory = environment.setting(CONFIG_DIR)
    if directory is not None:
        path = environment.expand_home(directory)
        if re.search(_UNEXPANDED, str(path)) and not path.exists():
            raise UsageError(
                f"{CONFIG_DIR} was not expanded: {directory}",
                hint="write out the path; only ~/ at its beginning stands for the home directory",
            )
        return path.absolute()
    parent = _posix_config_parent(environment) if os.name == "posix" else None
    if os.name == "posix" and (parent is None or sys.platform != "darwin"):
        return parent and parent / "jebbitctl"
    import platformdirs

    try:
        path = platformdirs.user_config_path("jebbitctl", appauthor=False)
    except (RuntimeError, KeyError, OSError):
        return None
    return path if path.is_absolute() else None


def _posix_config_parent(environment: Environment) -> Path | None:
    """Return the directory that the XDG specification names, which ignores relative paths."""
    if named := environment.directory(XDG_CONFIG_HOME):
        return named
    home = environment.home()
    return home and home / ".config"


def create_directory(path: Path) -> None:
    """Create a directory and its missing parents with mode 0700; existing ones are left as they are.

    Raises:
        OSError: it cannot be created.
    """
    missing = []
    while not path.is_dir() and path != path.parent:
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(mode=0o700, exist_ok=True)


def create_config_dir(path: Path) -> None:
    """Create the configuration directory unless it exists.

    Raises:
        PermissionError: another user could replace it or write to it.
        OSError: it cannot be created.
    """
    _require_safe(path)  # and again when it exists, as somebody may have been faster
    create_directory(path)
    _require_safe(path)


def ensure_private_dir(path: Path) -> Path:
    """Create a directory of jebbitctl's own in the configuration directory, or make it private; return it.

    Raises:
        OSError: it cannot be created, belongs to another user, or another user could replace it.
    """
    create_config_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix":
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o077:
            path.chmod(0o700)
    _require_safe(path)
    return path


def _require_safe(directory: Path) -> None:
    if problem := find_problem(directory):
        raise PermissionError(errno.EPERM, problem.message, str(directory))


def is_private(path: Path) -> bool:
    """Whether a path is a regular file that only this user can access, in a place that is safe.

    Windows' permissions are not checked.

    Raises:
        OSError: it does not exist.
    """
    status = path.lstat()
    if os.name != "posix":
        return stat.S_ISREG(status.st_mode)
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid == os.geteuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
        and find_problem(path.parent) is None
    )


def read_regular_file(path: Path) -> bytes:
    """Return the content of a small regular file. A pipe, a device or an endless file does not block.

    Raises:
        OSError: it cannot be read, is not a regular file, or has more than MAX_BYTES.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MAX_BYTES // 1024} KiB", str(path))
    return content


def write_public_file(path: Path, content: str) -> None:
    """Create or replace a file that holds no secret; an existing one keeps its owner, mode and links.

    Replaced atomically, except for a file with hard links, with another owner or group, or in a place where
    it can be written but not replaced, such as one that is mounted alone. A device or a pipe is written to
    directly.

    Raises:
        JebbitctlError: it cannot be written; the old content is unchanged.
    """
    data = content.encode()
    try:
        if not path.exists():
            replace_file(path.resolve(), content, mode=0o666 & ~_umask())
        elif not path.is_file():
            path.write_bytes(data)
        elif _is_replaceable(status := path.stat()):
            try:
                replace_file(path.resolve(), content, mode=stat.S_IMODE(status.st_mode))
            except OSError as error:
                if error.errno not in {errno.EBUSY, errno.EACCES, errno.EPERM, errno.EXDEV}:
                    raise
                _overwrite(path, data)
        else:
            _overwrite(path, data)
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None


def append_public_file(path: Path, content: str, *, max_bytes: int) -> None:
    """Append to a file that holds no secret, and create it if it is missing.

    Raises:
        UsageError: another user could redirect or has made it.
        JebbitctlError: it would be too large; or it cannot be written, and may have a part of the content.
    """
    require_own_target(path)
    try:
        never_wait = getattr(os, "O_NONBLOCK", 0)  # for somebody to read a pipe
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | never_wait, 0o666)
        try:
            rest = content.encode()
            if os.fstat(descriptor).st_size + len(rest) > max_bytes:
                raise JebbitctlError(f"{path} would be larger than {max_bytes:,} bytes")
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None


def _is_replaceable(status: os.stat_result) -> bool:
    """Whether a new file would have the same owner, and no other name leads to the old one."""
    if os.name != "posix":
        return True
    return (status.st_uid, status.st_gid, status.st_nlink) == (os.geteuid(), os.getegid(), 1)


def _overwrite(path: Path, data: bytes) -> None:
    """Write to an existing file in place; if that fails, put its old content back."""
    with path.open("r+b", buffering=0) as file:
        old = file.read()
        try:
            write_all(file.fileno(), data)
        except OSError:
            with suppress(OSError):
                write_all(file.fileno(), old)
            raise


def write_all(descriptor: int, data: bytes) -> None:
    """Replace the content of an open file."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    written = 0
    while written < len(data):
        written += os.write(descriptor, data[written:])
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def _umask() -> int:
    """Return the mode bits that new files must not have; they can only be read by setting them."""
    current = os.umask(0o077)
    os.umask(current)
    return current


def remove_old_files(directory: Path, pattern: str, *, older_than: float) -> None:
    """Remove files that were last written more than ``older_than`` seconds ago; errors are ignored."""
    with suppress(OSError):
        for path in directory.glob(pattern):
            with suppress(OSError):
                if path.lstat().st_mtime < time.time() - older_than:
                    path.unlink()


def remove_file(path: Path, *, what: str) -> None:
    """Remove a file if it exists.

    Args:
        path: of the file.
        what: its description for the error, such as ``a cached token``.

    Raises:
        JebbitctlError: it exists, but cannot be removed.
    """
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise JebbitctlError(f"{what} cannot be removed: {path}: {error.strerror}") from None
