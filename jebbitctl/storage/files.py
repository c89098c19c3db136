"""Files that only their owner reads, written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from jebbitctl.errors import JebbitctlError, UsageError

CONFIG_DIR_VARIABLE = "JEBBIT_CONFIG_DIR"
_PREFIX = ".jebbitctl-"
LEFTOVERS = f"{_PREFIX}*"
"""What interrupted writes leave behind."""


def config_dir() -> Path | None:
    """Return the directory of this user's profiles and tokens, None where there is no home to put one in.

    It need not exist yet.

    Raises:
        UsageError: JEBBIT_CONFIG_DIR is empty.
    """
    named = os.environ.get(CONFIG_DIR_VARIABLE)
    if named is not None:
        if not named:
            raise UsageError(f"{CONFIG_DIR_VARIABLE} is set, but empty", hint="unset it, or name a directory")
        return Path(named).absolute()
    if os.name == "posix" and not _absolute_or_unset("HOME") and not os.environ.get("XDG_CONFIG_HOME"):
        return None  # what platformdirs makes of such a HOME depends on its version
    import platformdirs

    try:
        path = platformdirs.user_config_path("jebbitctl", appauthor=False)
    except (RuntimeError, KeyError, OSError):
        return None
    return path if path.is_absolute() else None


def private_dir(path: Path) -> Path:
    """Create ``path`` with mode 0700, or tighten the mode it has; return it.

    Raises:
        OSError: it cannot be created, belongs to somebody else, or is shared by design, as ``/tmp`` is.
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
    """Whether ``path`` is a plain file of this user's that nobody else can read; always True on Windows.

    Raises:
        OSError: there is no such file.
    """
    status = path.lstat()
    if os.name != "posix":
        return stat.S_ISREG(status.st_mode)
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid == os.geteuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )


def write_private(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Replace ``path`` by a file of this mode: readers see the old content or the new, never a part.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode != 0o600:  # noqa: PLR2004 - what it has
            Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_shared(path: Path, content: str) -> None:
    """Replace a file of the user's, which holds no secret and keeps its mode; what is missing is made.

    Raises:
        JebbitctlError: it cannot be written; the old file is as it was.
    """
    try:
        if path.is_file():
            write_private(path.resolve(), content, mode=stat.S_IMODE(path.stat().st_mode))
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise JebbitctlError(f"{path} could not be written: {error.strerror}") from None


def sweep(directory: Path, pattern: str = LEFTOVERS, *, older_than: float = 3600) -> None:
    """Remove files that nobody has written to for ``older_than`` seconds: by default what was interrupted."""
    for path in directory.glob(pattern):
        with suppress(OSError):
            if path.lstat().st_mtime < time.time() - older_than:
                path.unlink()


def remove(path: Path, *, what: str) -> None:
    """Remove a file, which may be gone already.

    Raises:
        JebbitctlError: it is there, and cannot be removed.
    """
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise JebbitctlError(f"{what} cannot be removed: {path}: {error.strerror}") from None


def write_secret_file(path: Path, secret: str) -> None:
    """Write a secret where the user asked for it: mode 0600, or into what stands there (a pipe, a device).

    Raises:
        JebbitctlError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as stream:
                stream.write(secret + "\n")
        else:
            write_private(path, secret + "\n")
    except OSError as error:
        raise JebbitctlError(f"{path}: the secret could not be written: {error.strerror}") from None


def require_writable(path: Path) -> None:
    """Refuse a place that a secret could not be written to, while nothing has happened yet.

    Raises:
        UsageError: the directory is missing or read-only, or ``path`` is a directory, or a link to a file,
            which would be replaced: ``/dev/stdout``, say.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory")
    if path.is_symlink() and path.is_file():
        raise UsageError(f"{path} is a link", hint="name the file that it leads to")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a directory")
    if not os.access(path.parent if not path.exists() or path.is_file() else path, os.W_OK):
        raise UsageError(f"{path} cannot be written")


def _absolute_or_unset(variable: str) -> bool:
    value = os.environ.get(variable)
    return value is None or Path(value).is_absolute()
