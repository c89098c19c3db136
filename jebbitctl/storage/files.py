"""Files, written atomically; private unless they hold no secret."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jebbitctl.environment import CONFIG_DIR, XDG_CONFIG_HOME
from jebbitctl.errors import JebbitctlError, UsageError

if TYPE_CHECKING:
    from jebbitctl.environment import Environment

_PREFIX = ".jebbitctl-"
LEFTOVERS = f"{_PREFIX}*"
"""A pattern for the temporary files that interrupted writes leave behind."""


def config_dir(environment: Environment) -> Path | None:
    """Return the directory of this user's profiles and tokens, None if there is no home directory.

    It may not exist yet.

    Raises:
        UsageError: JEBBIT_CONFIG_DIR is empty or contains control characters.
    """
    directory = environment.setting(CONFIG_DIR)
    if directory is not None:
        return Path(directory).absolute()
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
    named = Path(environment.values.get(XDG_CONFIG_HOME, ""))
    if named.is_absolute():
        return named
    home = environment.home()
    return home and home / ".config"


def ensure_private_dir(path: Path) -> Path:
    """Create a directory with mode 0700, or make an existing one private; return it.

    Raises:
        OSError: it cannot be created, belongs to another user, or has the sticky bit, as ``/tmp`` has.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        status = path.stat()
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "the directory belongs to another user", str(path))
        if status.st_mode & stat.S_ISVTX:
            raise PermissionError(errno.EPERM, "the directory is shared with other users", str(path))
        if status.st_mode & 0o077:
            path.chmod(0o700)
    return path


def is_private(path: Path) -> bool:
    """Whether a path is a regular file that only this user can access. Windows' permissions are not checked.

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
    )


def replace_file(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Replace a file atomically: readers see the old content or the new, never a part.

    Raises:
        OSError: it cannot be written; the old file is unchanged.
    """
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:  # noqa: PLR2004 - the mode that mkstemp sets
            Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_public_file(path: Path, content: str) -> None:
    """Create or replace a file that holds no secret, atomically; an existing one keeps its mode.

    A device or a pipe is written to directly.

    Raises:
        JebbitctlError: it cannot be written; the old file is unchanged.
    """
    try:
        if path.is_file() or not path.exists():
            mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
            replace_file(path.resolve(), content, mode=mode)
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None


def _umask() -> int:
    """Return the mode bits that new files must not have; they can only be read by setting them."""
    current = os.umask(0o077)
    os.umask(current)
    return current


def remove_old_files(directory: Path, pattern: str = LEFTOVERS, *, older_than: float = 3600) -> None:
    """Remove files that were last written more than ``older_than`` seconds ago; by default temporary ones."""
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


def write_secret_file(path: Path, secret: str) -> None:
    """Write a secret to a file with mode 0600, or into an existing pipe or device.

    Raises:
        JebbitctlError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                stream.write(secret + "\n")
        else:
            replace_file(path, secret + "\n")
    except OSError as error:
        raise JebbitctlError(f"{path}: the secret could not be written: {error.strerror}") from None


def require_secret_file_writable(path: Path) -> None:
    """Check that a secret can be written to a path, before anything is created at Jebbit.

    Raises:
        UsageError: the directory is missing or read-only; or the path is a directory, or a link to a file:
            a link such as ``/dev/stdout`` would be replaced.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory")
    if path.is_symlink() and path.is_file():
        raise UsageError(f"{path} is a link", hint="give the path of the file that it points to")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a directory")
    if not os.access(path.parent if not path.exists() or path.is_file() else path, os.W_OK):
        raise UsageError(f"{path} cannot be written")
